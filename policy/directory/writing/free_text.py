"""Keeps civil registration numbers (CPR) out of what people write: a number tells who is ill."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from policy.errors import RefusedError
from policy.wire.masking import without_civil_numbers

_SEPARATED: Final = re.compile(r"\s*([./_-])\s*|\s+")
_MINUS: Final = "\u2212"


def refuse_cpr(field: str, text: str) -> None:
    """Refuse ten digits whose first four may be a day and a month; raises RefusedError.

    Nothing else of the number is looked at: its last digit has proved nothing since 2007.
    """
    folded = _folded(text)
    if without_civil_numbers(folded) != folded:
        raise RefusedError(f"{field}: holds ten digits that may be a CPR number, leave them out")


def _folded(text: str) -> str:
    """Write a text as the eye sees it: any digit as 0 to 9, any dash as one, nothing invisible."""
    visible = [
        _folded_character(each)
        for each in unicodedata.normalize("NFKC", text)
        if unicodedata.category(each) not in {"Cf", "Mn"}
    ]
    return _SEPARATED.sub(lambda match: match[1] or " ", "".join(visible))


def _folded_character(character: str) -> str:
    if character == _MINUS or unicodedata.category(character) == "Pd":
        return "-"
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)
