"""How often addresses are called."""

from __future__ import annotations

from typing import Final

# The share that is left of a count after some time: it is worth half after each week. A row of
# three years ago would be too small for the column; a hundred weeks are as good as never.
_LEFT: Final = """power(0.5::float8, least(100, greatest(0,
    extract(epoch FROM now() - last_used_at)::float8 / 604800
)))"""

# $1 ids of addresses, $2 how often each was called. In the order of the ids, so that two servers
# never wait for each other; an address that has gone in the meantime is passed over.
COUNT_CALLS: Final = f"""
INSERT INTO address_use AS known (address_id, last_used_at, calls)
SELECT address.id, now(), called.number
FROM unnest($1::bigint[], $2::real[]) AS called (address_id, number)
JOIN address ON address.id = called.address_id
ORDER BY address.id
ON CONFLICT (address_id) DO UPDATE
SET calls = known.calls * {_LEFT.replace("last_used_at", "known.last_used_at")} + excluded.calls,
    last_used_at = now()
"""  # noqa: S608  constants of this file

# $1 how many. Cut off before the join, which would else be with every address ever called; fewer
# come when some of them cannot be called any more.
MOST_CALLED: Final = f"""
WITH most_called AS MATERIALIZED (
    SELECT address_id, calls * {_LEFT} AS worth
    FROM address_use
    ORDER BY worth DESC
    LIMIT $1
)
SELECT address.local, coalesce(address.domain, '') AS domain
FROM most_called
JOIN address ON address.id = most_called.address_id AND address.state = 'active'
ORDER BY most_called.worth DESC, address.id
"""  # noqa: S608  constants of this file
