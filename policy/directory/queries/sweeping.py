"""What time alone makes due: meetings that are over, addresses and rooms whose time has run out.

Each area has three kinds of statements: one finds what is due and locks nothing, one locks those of
them that are still due and that nobody else is busy with, and the others change what is locked.
"""

from __future__ import annotations

from typing import Final

# Several machines may sweep at once: who comes second passes by.
_LOCK: Final = "FOR UPDATE SKIP LOCKED"

# One that was ended early or cancelled stays until its planned end: its number rests from then on.
_IS_OVER: Final = """
swept_at IS NULL AND ends_at < now()
    AND (cancelled_at IS NOT NULL OR now() > closes_at(booking))
"""
FIND_MEETINGS_OVER: Final = f"""
SELECT id FROM booking WHERE {_IS_OVER} ORDER BY ends_at, id LIMIT $1
"""  # noqa: S608  constants of this file, as below
LOCK_MEETINGS_OVER: Final = f"""
SELECT id FROM booking WHERE id = ANY ($1::uuid[]) AND {_IS_OVER} ORDER BY id {_LOCK}
"""  # noqa: S608
# $1 meetings, $2 for how many days.
QUARANTINE_OF_MEETINGS: Final = """
UPDATE address SET state = 'quarantined', since = now(), until = now() + make_interval(days => $2)
FROM booking
WHERE booking.id = ANY ($1::uuid[]) AND address.room_id = booking.room_id
    AND address.state = 'active'
RETURNING address.id
"""
END_MEETINGS: Final = """
UPDATE booking SET
    swept_at = now(),
    ended_at = CASE WHEN cancelled_at IS NULL THEN closes_at(booking) END
WHERE id = ANY ($1::uuid[])
RETURNING id
"""

FIND_RESERVATIONS_OVER: Final = """
SELECT id FROM reservation WHERE until <= now() ORDER BY until, id LIMIT $1
"""
LOCK_RESERVATIONS_OVER: Final = f"""
SELECT id FROM reservation WHERE id = ANY ($1::uuid[]) AND until <= now() ORDER BY id {_LOCK}
"""  # noqa: S608
# The reservation goes with its room, and so would its addresses: but those are whose by their room.
REMOVE_ADDRESSES_OF_RESERVATIONS: Final = """
DELETE FROM address USING reservation
WHERE reservation.id = ANY ($1::uuid[]) AND address.room_id = reservation.room_id
RETURNING address.id
"""
REMOVE_RESERVATIONS: Final = """
DELETE FROM room USING reservation
WHERE reservation.id = ANY ($1::uuid[]) AND room.id = reservation.room_id
RETURNING room.id
"""

_HAS_RUN_OUT: Final = "until <= now() AND state IN ('held', 'quarantined')"
FIND_ADDRESSES_OVER: Final = f"""
SELECT id FROM address
WHERE {_HAS_RUN_OUT} AND state <> 'free'  -- the words of the index
ORDER BY until, id LIMIT $1
"""  # noqa: S608
LOCK_ADDRESSES_OVER: Final = f"""
SELECT id FROM address WHERE id = ANY ($1::bigint[]) AND {_HAS_RUN_OUT} ORDER BY id {_LOCK}
"""  # noqa: S608
FREE_ADDRESSES: Final = """
UPDATE address SET state = 'free', since = now(), until = NULL, organisation_id = NULL
WHERE id = ANY ($1::bigint[])
RETURNING id
"""

# $2 for how many days nobody has called, $3 the state of a room. A new room has its time too.
_IS_UNUSED: Final = """
room.kind = 'permanent' AND room.state = $3 AND room.created_at < now() - make_interval(days => $2)
    AND NOT EXISTS (
        SELECT FROM address JOIN address_use ON address_use.address_id = address.id
        WHERE address.room_id = room.id
            AND address_use.last_used_at >= now() - make_interval(days => $2)
    )
"""
FIND_UNUSED_ROOMS: Final = f"""
SELECT room.id FROM room WHERE {_IS_UNUSED} ORDER BY room.id LIMIT $1
"""  # noqa: S608
LOCK_UNUSED_ROOMS: Final = f"""
SELECT room.id FROM room WHERE room.id = ANY ($1::uuid[]) AND {_IS_UNUSED}
ORDER BY room.id {_LOCK}
"""  # noqa: S608
# $2 as above.
_IS_USED_AGAIN: Final = """
room.kind = 'permanent' AND room.state = 'unused-warned' AND EXISTS (
    SELECT FROM address JOIN address_use ON address_use.address_id = address.id
    WHERE address.room_id = room.id
        AND address_use.last_used_at >= now() - make_interval(days => $2)
)
"""
FIND_ROOMS_USED_AGAIN: Final = f"""
SELECT room.id FROM room WHERE {_IS_USED_AGAIN} ORDER BY room.id LIMIT $1
"""  # noqa: S608
LOCK_ROOMS_USED_AGAIN: Final = f"""
SELECT room.id FROM room WHERE room.id = ANY ($1::uuid[]) AND {_IS_USED_AGAIN}
ORDER BY room.id {_LOCK}
"""  # noqa: S608
SET_STATE_OF_ROOMS: Final = """
UPDATE room SET state = $2, updated_at = now() WHERE id = ANY ($1::uuid[]) RETURNING id
"""

# $2 how many days it is kept where the organisation has not said otherwise; what it said last holds
# on, even if the agreement has lapsed since.
_IS_PURGED: Final = """
booking.swept_at IS NOT NULL AND booking.ends_at < now() - make_interval(days => 1)
    AND coalesce(booking.ended_at, booking.ends_at) < now() - make_interval(days => coalesce((
        SELECT (instruction #>> '{retention_days,bookings}')::integer FROM agreement
        WHERE agreement.organisation_id = booking.organisation_id AND kind = 'dpa'
            AND valid_from <= day_of(now())
        ORDER BY valid_from DESC LIMIT 1
    ), $2))
"""
FIND_PURGED_MEETINGS: Final = f"""
SELECT id FROM booking WHERE {_IS_PURGED} ORDER BY ends_at, id LIMIT $1
"""  # noqa: S608
LOCK_PURGED_MEETINGS: Final = f"""
SELECT id FROM booking WHERE id = ANY ($1::uuid[]) AND {_IS_PURGED} ORDER BY id {_LOCK}
"""  # noqa: S608
# An address that still rests outlives its meeting, and is known as its organisation's.
KEEP_RESTING_ADDRESSES: Final = """
UPDATE address SET room_id = NULL, organisation_id = booking.organisation_id
FROM booking
WHERE booking.id = ANY ($1::uuid[]) AND address.room_id = booking.room_id
    AND address.state = 'quarantined' AND address.until > now()
RETURNING address.id
"""
REMOVE_ADDRESSES_OF_MEETINGS: Final = """
DELETE FROM address USING booking
WHERE booking.id = ANY ($1::uuid[]) AND address.room_id = booking.room_id
RETURNING address.id
"""
# The meeting goes with its room.
REMOVE_MEETINGS: Final = """
DELETE FROM room USING booking
WHERE booking.id = ANY ($1::uuid[]) AND room.id = booking.room_id
RETURNING room.id
"""

# $2 days. Whoever drew a number may have freed it: `until` is then when it might be.
_IS_FORGOTTEN: Final = """
state = 'free' AND since < now() - make_interval(days => $2)
    AND coalesce(until, since) < now() - make_interval(days => $2)
"""
FIND_FORGOTTEN_ADDRESSES: Final = f"""
SELECT id FROM address WHERE {_IS_FORGOTTEN} ORDER BY since, id LIMIT $1
"""  # noqa: S608
LOCK_FORGOTTEN_ADDRESSES: Final = f"""
SELECT id FROM address WHERE id = ANY ($1::bigint[]) AND {_IS_FORGOTTEN} ORDER BY id {_LOCK}
"""  # noqa: S608
REMOVE_ADDRESSES: Final = "DELETE FROM address WHERE id = ANY ($1::bigint[]) RETURNING id"

# An hour of the audit at a time: whoever commits waits for as long as it takes.
NEXT_OF_AUDIT: Final = """
SELECT least(at + interval '1 hour', now() - interval '13 months')
FROM (SELECT at FROM audit ORDER BY chain_no LIMIT 1) AS oldest
WHERE at < now() - interval '13 months'
"""

COUNT_OLD_AUDIT: Final = "SELECT count(*) FROM audit WHERE at < now() - interval '13 months'"

COUNT_OLD_LOG: Final = """
SELECT count(*) FROM change_log WHERE at < clock_timestamp() - interval '1 day'
"""

# $1 names of conferences that run; gives those whose meeting ends on time, and is over.
FIND_OVERDUE: Final = """
SELECT room.service_name FROM room JOIN booking ON booking.room_id = room.id
WHERE room.service_name = ANY ($1::text[])
    AND booking.end_meeting_on_end_time AND booking.ends_at < now()
"""
