"""Every metric: name, help, labels. Labels never carry aliases, names or addresses of people."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

REQUESTS: Final = Counter(
    "policy_handlers_requests_total",
    "Policy requests answered, by request type, action and reason.",
    ("request", "action", "reason"),
)
ANSWER_SECONDS: Final = Histogram(
    "policy_handlers_answer_seconds",
    "Time from a policy request read to its answer ready, in seconds.",
    ("request",),
    buckets=(0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5),
)
JOINS: Final = Counter(
    "policy_handlers_joins_total",
    "Participants let through, by protocol; browser callers ask twice and count once.",
    ("protocol",),
)
REFUSED: Final = Counter(
    "policy_handlers_refused_total",
    "Requests turned away before they were read: by wrong credentials or from a foreign network.",
    ("cause",),
)
DECISIONS_DROPPED: Final = Counter(
    "policy_handlers_decisions_dropped_total",
    "Entries of the decision log that were not kept: too fast, disk full, or not writable.",
)
FORWARDED: Final = Counter(
    "policy_handlers_forwarded_total",
    "Requests for another policy server, by server and what became of them.",
    ("upstream", "outcome"),
)
FORWARD_SECONDS: Final = Histogram(
    "policy_handlers_forward_seconds",
    "Time that another policy server took, in seconds, answer or none.",
    ("upstream",),
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5),
)
RULES_MATCHED: Final = Counter(
    "policy_rules_matched_total",
    "Requests that a rule decided, and that a shadow rule would have, by rule and mode.",
    ("rule", "mode"),
)
RULES_FAILED: Final = Counter(
    "policy_rules_failed_total",
    "Requests for which a rule spoke and could not be carried out, by rule.",
    ("rule",),
)
DIRECTORY_LOOKUPS: Final = Counter(
    "policy_directory_lookups_total",
    "Directory look-ups: hit and miss of the cache, and stale when the database was away.",
    ("outcome",),
)
DIRECTORY_HIT: Final = DIRECTORY_LOOKUPS.labels("hit")
DIRECTORY_MISS: Final = DIRECTORY_LOOKUPS.labels("miss")
DIRECTORY_STALE: Final = DIRECTORY_LOOKUPS.labels("stale")
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
