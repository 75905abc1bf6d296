"""The names of what exists on the platform."""

from __future__ import annotations

from typing import Final

READ_PLATFORM_NAMES: Final = "SELECT kind, names FROM platform_names"

FORGET_PLATFORM_NAMES: Final = "DELETE FROM platform_names"

KEEP_PLATFORM_NAMES: Final = "INSERT INTO platform_names (kind, names) VALUES ($1, $2)"

FIND_UNKNOWN_NAMES: Final = """
SELECT room.service_name, name_fault(room_document(room)) AS fault
FROM room
WHERE name_fault(room_document(room)) IS NOT NULL
ORDER BY room.service_name
"""
