"""Writes values as Jinja literals that no text can break out of. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

Write = Callable[[str], str]

# Where Jinja, or whoever reads over a script, could see its own marks.
_MARKS: Final = re.compile(r"\{(?=[{%#])|[}%#](?=\})")
_ESCAPED: Final = re.compile(r'[\\"]')


class UnfitError(ValueError):
    """A script of local policy cannot say this; the text is why."""


def quoted(text: str) -> str:
    r"""Write a text in double quotes; Jinja reads `\xNN`, `\uNNNN` and `\UNNNNNNNN` as Python does.

    Not by JSON: its escapes for characters beyond U+FFFF are pairs, which Jinja would not join.
    """
    marked = _MARKS.sub(lambda found: f"\0{ord(found[0]):02x}", text.replace("\0", "\0" + "00"))
    escaped = _ESCAPED.sub(r"\\\g<0>", marked)
    hexed = re.sub("\0([0-9a-f]{2})", r"\\x\1", escaped)
    return f'"{"".join(each if each.isprintable() else _escape(each) for each in hexed)}"'


def _escape(character: str) -> str:
    code = ord(character)
    if code > 0xFFFF:  # noqa: PLR2004  the last that four digits can write
        return f"\\U{code:08x}"
    return f"\\u{code:04x}"


def literal(value: object, write: Write = quoted) -> str:
    """Write a document; `write` is asked for each text in it but the keys."""
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return write(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        pairs = [f"{quoted(str(key))}: {literal(each, write)}" for key, each in value.items()]
        return f"{{{', '.join(pairs)} }}" if pairs else "{}"  # never two braces side by side
    if isinstance(value, list | tuple):
        return f"[{', '.join(literal(each, write) for each in value)}]"
    raise UnfitError(f"{type(value).__name__} has no place in a script")


def comment(text: str) -> str:
    """Write a text into a comment, which ends where Jinja sees its mark."""
    printable = "".join(each if each.isprintable() or each == "\n" else "?" for each in text)
    return printable.replace("{#", "{ #").replace("#}", "# }")


def joined(word: str, parts: list[str]) -> str:
    """Join conditions by `and` or `or` in nested pairs: Python reads some 200 levels, no more."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return f"({joined(word, parts[:middle])} {word} {joined(word, parts[middle:])})"
