"""The log of what has changed, and what a node says of itself."""

from __future__ import annotations

from typing import Final

# The channel that the triggers of the log wake.
CHANNEL: Final = "vdx_policy_changes"

# $1 the oldest transaction that may still have been under way at the last read, null for none;
# $2 the numbers seen already. One statement is one snapshot: what it does not see, a transaction
# from `oldest` on has still to commit. A row with a later `xid` than the snapshot knows was brought
# here by a restored dump. `discarded_at` changes when PostgreSQL has recovered from a crash, which
# `started_at` does not when it was one of its processes that crashed.
READ_LOG: Final = """
SELECT told.*, log.seq, log.xid, log.kind, log.key
FROM (
    SELECT
        pg_snapshot_xmin(pg_current_snapshot()) AS oldest,
        pg_snapshot_xmax(pg_current_snapshot()) AS beyond,
        clock_timestamp() AS at,
        pg_is_in_recovery() AS in_recovery,
        pg_postmaster_start_time() AS started_at,
        (SELECT stats_reset FROM pg_stat_wal) AS discarded_at,
        EXISTS (SELECT FROM pg_stat_wal_receiver WHERE pid IS NOT NULL) AS is_receiving
) AS told
LEFT JOIN change_log AS log
    ON log.xid >= coalesce($1, told.oldest) AND log.xid < told.beyond
    AND log.seq NOT IN (SELECT unnest($2::bigint[]))
ORDER BY log.seq
"""

# On a standby, before the log: what is replayed by now is in the snapshot of the next statement.
REPLAYED: Final = "SELECT pg_last_wal_replay_lsn()"

# Null on a standby.
WRITTEN: Final = "SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn() END"

# A primary's log files are named by its time line, and who is promoted begins the next one.
LOOK_AT_NODE: Final = """
SELECT
    recovery.here AS in_recovery,
    CASE
        WHEN recovery.here THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn()
    END AS position,
    CASE
        WHEN recovery.here THEN '' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8)
    END AS time_line,
    EXISTS (SELECT FROM pg_stat_wal_receiver WHERE pid IS NOT NULL) AS is_receiving
FROM (SELECT pg_is_in_recovery() AS here) AS recovery
"""

WAKE: Final = f"NOTIFY {CHANNEL}"

PRUNE_LOG: Final = "DELETE FROM change_log WHERE at < clock_timestamp() - interval '1 day'"
