"""Every metric: name, help, labels. Labels never carry aliases, names or addresses of people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import Counter, Gauge

from policy.counting import Counts, Timings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.merging import Way

REQUESTS: Final = Counts(
    "policy_handlers_requests_total",
    "Policy requests answered, by request type, action and reason.",
    ("request", "action", "reason"),
)
ANSWER_SECONDS: Final = Timings(
    "policy_handlers_answer_seconds",
    "Time from a policy request read to its answer ready, in seconds.",
    ("request",),
    buckets=(0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5),
)
JOINS: Final = Counts(
    "policy_handlers_joins_total",
    "Participants let through, by protocol; browser callers ask twice and count once.",
    ("protocol",),
)
REFUSED: Final = Counts(
    "policy_handlers_refused_total",
    "Requests turned away before they were read: by wrong credentials or from a foreign network.",
    ("cause",),
)
DECISIONS_DROPPED: Final = Counter(
    "policy_handlers_decisions_dropped_total",
    "Entries of the decision log that were not kept: too fast, disk full, or not writable.",
)
FORWARDED: Final = Counts(
    "policy_handlers_forwarded_total",
    "Requests for another policy server, by server and what became of them.",
    ("upstream", "outcome"),
)
FORWARD_SECONDS: Final = Timings(
    "policy_handlers_forward_seconds",
    "Time that another policy server took, in seconds, answer or none.",
    ("upstream",),
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5),
)
RULES_MATCHED: Final = Counts(
    "policy_rules_matched_total",
    "Requests that a rule decided, and that a shadow rule would have, by rule and mode.",
    ("rule", "mode"),
)
RULES_FAILED: Final = Counts(
    "policy_rules_failed_total",
    "Requests for which a rule spoke and could not be carried out, by rule.",
    ("rule",),
)
DIRECTORY_LOOKUPS: Final = Counts(
    "policy_directory_lookups_total",
    "Directory look-ups: hit and miss of the cache, stale when the database was away; refresh "
    "ahead of need, overtaken by a change and asked again.",
    ("outcome",),
)
DIRECTORY_HIT: Final = DIRECTORY_LOOKUPS.labels("hit")
DIRECTORY_MISS: Final = DIRECTORY_LOOKUPS.labels("miss")
DIRECTORY_STALE: Final = DIRECTORY_LOOKUPS.labels("stale")
DIRECTORY_REFRESH: Final = DIRECTORY_LOOKUPS.labels("refresh")
DIRECTORY_OVERTAKEN: Final = DIRECTORY_LOOKUPS.labels("overtaken")
CACHE_ENTRIES: Final = Gauge(
    "policy_directory_cache_entries",
    "Aliases kept in memory: those that somebody owns, and those that nobody does.",
    ("store",),
)
CACHE_BYTES: Final = Gauge(
    "policy_directory_cache_bytes",
    "Memory that the kept aliases take, as estimated.",
    ("store",),
)
CACHE_EVICTIONS: Final = Counts(
    "policy_directory_cache_evictions_total",
    "Kept aliases that had to go before their time, to make room.",
    ("store",),
)
SNAPSHOT_WRITTEN_AT: Final = Gauge(
    "policy_directory_snapshot_timestamp_seconds",
    "When the snapshot on disk was written, in seconds since 1970; 0 while there is none.",
)
FEED_READS: Final = Counter(
    "policy_directory_feed_reads_total",
    "Times that the log of changes was read, or could not be: ok, failed.",
    ("outcome",),
)
FEED_READ: Final = FEED_READS.labels("ok")
FEED_FAILED: Final = FEED_READS.labels("failed")
FEED_CHANGES: Final = Counter(
    "policy_directory_feed_changes_total",
    "Entries of the log of changes that were read.",
)
FEED_RESTARTS: Final = Counter(
    "policy_directory_feed_restarts_total",
    "Times that all that was known became doubtful: at start, after a fail-over or a long silence.",
)
FEED_WAKEUPS: Final = Counter(
    "policy_directory_feed_wakeups_total",
    "Times that the database told of changes.",
)
FEED_AGE: Final = Gauge(
    "policy_directory_feed_age_seconds",
    "How long ago nothing was known to be missing, in seconds; infinite before the first time.",
)
FEED_CURRENT: Final = Gauge(
    "policy_directory_feed_current",
    "1 while every change is known in time, else 0: then rows in memory may be out of date.",
)
RULES_IN_FORCE: Final = Gauge(
    "policy_rules_in_force",
    "Rules that are enabled and in force.",
)
RULES_RELOADS: Final = Counter(
    "policy_rules_reloads_total",
    "Attempts to reload the rules: swapped, unchanged, kept_out for problems, or failed to build.",
    ("outcome",),
)
RULES_KEPT_OUT: Final = Gauge(
    "policy_rules_kept_out",
    "1 while the rules of the folder are kept out and older ones serve on, else 0.",
)
RULES_LOADED_AT: Final = Gauge(
    "policy_rules_last_success_timestamp_seconds",
    "When the rules of the folder were last found right and in force, in seconds since 1970.",
)

# What several processes say together: the worst, so that an alert misses nobody. A process that is
# behind with its rules shows by fewer rules, or by older ones, until it has caught up.
GAUGES: Final[Mapping[str, Way]] = {
    "policy_directory_cache_entries": sum,
    "policy_directory_cache_bytes": sum,
    "policy_directory_snapshot_timestamp_seconds": max,  # one process writes it for all
    "policy_directory_feed_age_seconds": max,
    "policy_directory_feed_current": min,
    "policy_rules_in_force": min,
    "policy_rules_kept_out": max,
    "policy_rules_last_success_timestamp_seconds": min,
}
