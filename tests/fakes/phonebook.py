"""A phone book in memory, made from a directory file; it keeps the contract of the real one.

Nothing here is fast: every entry is looked at, and every rule is written as the pages tell it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from policy.directory.document import DirectoryFile, RoomRow, key_of
from policy.directory.records import AddressKey, PhonebookEntry, RoomState
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from policy.directory.document import DeviceRow
    from policy.directory.records import PhonebookSearch

CALLABLE: Final = frozenset({RoomState.ACTIVE, RoomState.UNUSED_WARNED})
NO_WORD: Final = 4
LIKE: Final = 0.5

_SEPARATORS: Final = re.compile("[\x00-/:-`{-\xbf\u2000-\u206f]+")
_FORGIVEN: Final = re.compile("[^0-9]{4,}")
_LONG: Final = (
    {"a\u030a": "aa", "a\u0308": "ae", "o\u0308": "oe"}
    | dict.fromkeys("æÆ", "ae")
    | dict.fromkeys("øØœŒ", "oe")
)
_ALPHABET: Final = (
    {"a\u030a": "}", "aa": "}", "a\u0308": "{", "o\u0308": "|", "u\u0308": "y"}
    | dict.fromkeys("æÆ", "{")
    | dict.fromkeys("øØœŒ", "|")
)
_OTHERS: Final = (
    dict.fromkeys("ðÐđĐ", "d") | dict.fromkeys("łŁ", "l") | dict.fromkeys("þÞ", "th") | {"ß": "ss"}
)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A listed room or device that can be called."""

    organisation: str
    entry: PhonebookEntry
    words: str
    order: str
    device: str = ""


class FakePhonebook:
    """Answers at once from memory, counts what it was asked, and can be away."""

    def __init__(self, file: DirectoryFile | None = None) -> None:
        self.asked: list[PhonebookSearch] = []
        self.is_away = False
        self._file = file or DirectoryFile()
        self._domains = {each.domain for each in self._file.domains if not each.history_only}
        self._active = {each.code for each in self._file.organisations if each.state.may_call}
        self._listed = tuple(self._entries())
        self._askers: Mapping[AddressKey, DeviceRow] = {
            key_of(each.alias): each
            for each in self._file.devices
            if each.enabled and each.organisation in self._active
        }

    async def search(self, search: PhonebookSearch) -> Sequence[PhonebookEntry]:
        """Give what the rows say; raises DirectoryError while it is away."""
        self.asked.append(search)
        if self.is_away:
            raise DirectoryError("database: is away")
        asker = self._asker(search.asker)
        words = short(long(search.typed)).split(" ")
        if asker is None or words == [""]:
            return []
        seen = self._seen_by(asker.organisation)
        hits = [
            (max(_quality(word, each.words) for word in words), each)
            for each in self._listed
            if each.organisation in seen and each.device != asker.alias
        ]
        hits.sort(key=lambda hit: (hit[0], hit[1].order, *_told_apart(hit[1].entry)))
        return [each.entry for quality, each in hits if quality < NO_WORD][: search.limit]

    def _asker(self, key: AddressKey) -> DeviceRow | None:
        if key.domain and key.domain not in self._domains:
            return None
        return self._askers.get(key) or self._askers.get(AddressKey(key.local, ""))

    def _seen_by(self, organisation: str) -> set[str]:
        seen = {organisation}
        for each in self._file.organisations:  # a parent stands before what is below it
            if each.parent in seen:
                seen.add(each.code)
        grants = self._file.phonebook_grants
        seen |= {each.organisation for each in grants if each.seen_by == organisation}
        return seen & self._active

    def _entries(self) -> Iterator[_Listed]:
        for room in self._file.rooms:
            if room.listed and room.state in CALLABLE:
                yield from self._entry(room, room.aliases)
        for device in self._file.devices:
            if device.listed and device.enabled:
                yield from self._entry(device, (device.alias,))

    def _entry(self, row: RoomRow | DeviceRow, aliases: Sequence[str]) -> Iterator[_Listed]:
        keys = [key for key in map(key_of, aliases) if key.domain in {"", *self._domains}]
        keys.sort(key=lambda key: not key.domain)
        if not keys:
            return
        alias = f"{keys[0].local}@{keys[0].domain}".rstrip("@")
        entry = PhonebookEntry(alias, row.description or alias)
        spelled = long(" ".join([row.description or "", *(key.local for key in keys)]))
        words = " ".join(dict.fromkeys([spelled, short(spelled)]))
        device = "" if isinstance(row, RoomRow) else row.alias
        yield _Listed(row.organisation, entry, f" {words} ", order(entry.description), device)


def _told_apart(entry: PhonebookEntry) -> tuple[str, str]:
    return entry.description, entry.alias


def long(written: str) -> str:
    """Write Danish letters as two of ASCII, each word behind a single space."""
    return _unmarked(_replaced(_plain(written), _LONG))


def short(spelled: str) -> str:
    """Write them as one."""
    return re.sub("oe+", "o", re.sub("a[ae]+", "a", spelled))


def order(written: str) -> str:
    """Give what sorts as the Danish alphabet does: æ, ø, å come after z."""
    return _unmarked(_replaced(_plain(written), _ALPHABET))


def _plain(written: str) -> str:
    decomposed = unicodedata.normalize("NFKD", written)
    lower = re.sub("[A-Z]", lambda letter: letter[0].lower(), decomposed)
    return _SEPARATORS.sub(" ", lower).strip(" ")


def _replaced(text: str, letters: Mapping[str, str]) -> str:
    return re.sub("|".join(letters), lambda letter: letters[letter[0]], text)


def _unmarked(text: str) -> str:
    return _replaced(re.sub("[\u0300-\u036f]", "", text), _OTHERS)


def _quality(word: str, words: str) -> int:
    if f" {word}" in words:
        return 1
    if len(word) > 1 and word in words:
        return 2
    if _FORGIVEN.fullmatch(word) and _likeness(word, words.split()) >= LIKE:
        return 3
    return NO_WORD


def _likeness(word: str, words: Sequence[str]) -> float:
    """Give the share of common trigrams, with the run of neighbours that has the greatest."""
    wanted = _trigrams(word)
    best = 0.0
    for first in range(len(words)):
        found: set[str] = set()
        for neighbour in words[first:]:
            found |= _trigrams(neighbour)
            best = max(best, len(wanted & found) / len(wanted | found))
    return best


def _trigrams(word: str) -> set[str]:
    padded = f"  {word} "
    return {padded[place : place + 3] for place in range(len(padded) - 2)}
