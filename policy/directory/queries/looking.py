"""What commands and the ready message ask."""

from __future__ import annotations

from typing import Final

# An address that a newcomer can call: what the ready message shows.
FIND_EXAMPLE: Final = """
WITH example AS (
    SELECT address.id, address.domain,
        address.local || coalesce('@' || address.domain, '') AS alias
    FROM address
    JOIN room ON room.id = address.room_id
    JOIN organisation ON organisation.id = room.organisation_id
    WHERE address.state = 'active' AND address.kind = 'permanent'
        AND room.state IN ('active', 'unused-warned') AND organisation.state = 'active'
    ORDER BY address.id
    LIMIT 100
)
SELECT alias FROM example ORDER BY domain IS NULL, id LIMIT 1
"""

# To count millions would take longer than all the rest of a start.
MOST_COUNTED: Final = 100_000
COUNT_ADDRESSES: Final = f"""
SELECT count(*) FROM (
    SELECT FROM address WHERE state <> 'free' LIMIT {MOST_COUNTED} + 1
) AS counted
"""  # noqa: S608  a number of ours

# How many connections whoever is no superuser may have.
COUNT_CONNECTIONS: Final = """
SELECT current_setting('max_connections')::integer
    - current_setting('superuser_reserved_connections')::integer
"""
