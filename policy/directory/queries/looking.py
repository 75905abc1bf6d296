"""What commands and the ready message ask."""

from __future__ import annotations

from typing import Final

# An address that a newcomer can call: what the ready message shows.
FIND_EXAMPLE: Final = """
SELECT address.local || coalesce('@' || address.domain, '')
FROM address
JOIN room ON room.id = address.room_id
JOIN organisation ON organisation.id = room.organisation_id
WHERE address.state = 'active' AND address.kind = 'permanent'
    AND room.state IN ('active', 'unused-warned') AND organisation.state = 'active'
ORDER BY address.domain IS NULL, address.id
LIMIT 1
"""

COUNT_ADDRESSES: Final = "SELECT count(*) FROM address WHERE state <> 'free'"

# How many connections whoever is no superuser may have.
COUNT_CONNECTIONS: Final = """
SELECT current_setting('max_connections')::integer
    - current_setting('superuser_reserved_connections')::integer
"""
