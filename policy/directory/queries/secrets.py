"""PINs and passwords as they are stored: sealing what is clear, sealing anew, looking at keys."""

from __future__ import annotations

from typing import Final

# $1 the last id of the batch before, $2 how many. A sealed PIN has dots, a clear one never had.
FIND_CLEAR_PINS: Final = """
SELECT id, pin, guest_pin FROM room
WHERE id > $1 AND (position('.' IN pin) = 0 OR position('.' IN guest_pin) = 0)
ORDER BY id
LIMIT $2
"""

# Sealing changes nothing for anybody but whoever reads the table: no trigger need look at it.
PAUSE_ROOM_TRIGGERS: Final = "SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE room DISABLE TRIGGER USER"
RESUME_ROOM_TRIGGERS: Final = "ALTER TABLE room ENABLE TRIGGER USER"

# $1 ids, $2 and $3 what the PINs were, $4 and $5 what they are to be. A room that somebody has
# changed in between is left as they left it.
WRITE_PINS: Final = """
UPDATE room SET pin = new.pin, guest_pin = new.guest_pin
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
    AS new (id, old_pin, old_guest_pin, pin, guest_pin)
WHERE room.id = new.id
    AND room.pin IS NOT DISTINCT FROM new.old_pin
    AND room.guest_pin IS NOT DISTINCT FROM new.old_guest_pin
"""

VALIDATE_PINS: Final = """
ALTER TABLE room
VALIDATE CONSTRAINT a_pin_is_sealed,
VALIDATE CONSTRAINT pins_have_4_to_20_characters,
VALIDATE CONSTRAINT both_pins_are_sealed_with_one_key,
VALIDATE CONSTRAINT pins_differ,
VALIDATE CONSTRAINT pins_have_the_same_length_or_both_end_with_hash
"""

# Any one, and more of rooms in the order of their ids, which are random. No two sealed PINs are
# alike. Whoever lost the key of a room may delete it: nobody opens its PINs any more.
SAMPLE_PINS: Final = """
(SELECT pin FROM room WHERE pin IS NOT NULL AND state <> 'deleted' LIMIT 1)
UNION
SELECT pin FROM (SELECT pin, state FROM room ORDER BY id LIMIT 200) AS sampled
WHERE pin IS NOT NULL AND state <> 'deleted'
"""

COUNT_SEALED: Final = """
SELECT (SELECT count(*) FROM room WHERE pin IS NOT NULL)
    + (SELECT count(*) FROM device WHERE sealed_password IS NOT NULL)
"""

# $1 the last id of the batch before, $2 how many.
FIND_PINS: Final = """
SELECT id, pin, guest_pin, state = 'deleted' AS is_deleted FROM room
WHERE id > $1 AND pin IS NOT NULL
ORDER BY id
LIMIT $2
"""

# $1 the last id of the batch before, $2 how many.
FIND_PASSWORDS: Final = """
SELECT id, sealed_password FROM device
WHERE id > $1 AND sealed_password IS NOT NULL
ORDER BY id
LIMIT $2
"""

# $1 ids, $2 what the passwords were, $3 what they are to be.
WRITE_PASSWORDS: Final = """
UPDATE device SET sealed_password = new.sealed
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS new (id, old, sealed)
WHERE device.id = new.id AND device.sealed_password = new.old
"""
