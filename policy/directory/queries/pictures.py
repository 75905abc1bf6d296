"""Who shows which picture."""

from __future__ import annotations

from typing import Final

# Whoever is called at an address, and their picture; the address stays theirs until the end of the
# transaction. As in FIND_ADDRESSES one with the asked domain wins over a bare one.
FIND_SHOWN: Final = """
SELECT
    address.room_id,
    address.device_id,
    coalesce(room.organisation_id, device.organisation_id) AS organisation_id,
    picture.id AS picture_id,
    picture.image,
    picture.width,
    picture.height,
    picture.added_at
FROM address
LEFT JOIN room ON room.id = address.room_id
LEFT JOIN device ON device.id = address.device_id
LEFT JOIN picture ON picture.id = coalesce(room.picture_id, device.picture_id)
WHERE address.local = $1 AND address.state = 'active'
    AND num_nonnulls(address.room_id, address.device_id) = 1
    AND (
        address.domain = $2
        OR address.domain IS NULL
        AND ($2 = '' OR EXISTS (SELECT FROM domain WHERE domain = $2 AND NOT history_only))
    )
ORDER BY address.domain NULLS LAST
LIMIT 1
FOR UPDATE OF address
"""

# A picture that the organisation has already is that one.
ADD_PICTURE: Final = """
INSERT INTO picture (organisation_id, image, width, height) VALUES ($1, $2, $3, $4)
ON CONFLICT (organisation_id, sha256) DO UPDATE SET added_at = picture.added_at
RETURNING id
"""

SHOW_IN_ROOM: Final = "UPDATE room SET picture_id = $2 WHERE id = $1"

SHOW_IN_DEVICE: Final = "UPDATE device SET picture_id = $2 WHERE id = $1"

REMOVE_UNSHOWN_PICTURE: Final = """
DELETE FROM picture
WHERE id = $1
    AND NOT EXISTS (SELECT FROM room WHERE picture_id = $1)
    AND NOT EXISTS (SELECT FROM device WHERE picture_id = $1)
"""
