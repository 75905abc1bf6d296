"""Regular expressions of conditions: RE2 alone, and what it lacks said by name. Pure."""

from __future__ import annotations

import re
from typing import Final

import re2

# By how it is written, what it is called and what to do instead; the first that fits is told.
_LACKING: Final = (
    (r"\(\?=", "look-ahead, '(?=…)', is not known here"),
    (r"\(\?!", "negative look-ahead, '(?!…)', is not known here: use a condition with not"),
    (r"\(\?<=", "look-behind, '(?<=…)', is not known here"),
    (r"\(\?<!", "negative look-behind, '(?<!…)', is not known here: use a condition with not"),
    (r"\(\?>", "an atomic group, '(?>…)', is not known here: use '(?:…)'"),
    (r"\(\?\(", "a group that depends on another, '(?(…)…)', is not known here"),
    (r"\(\?#", "a comment, '(?#…)', is not known here: use note"),
    (r"\(\?P=", "a back-reference, '(?P=…)', is not known here"),
    (r"\\(?:[1-9]|g<|k<)", "a back-reference such as '\\1' is not known here"),
    (r"[*+?}]\+", "a possessive repetition such as '*+' is not known here: leave out the '+'"),
    (r"\\Z", "'\\Z' is not known here, and not needed: a regex fits the whole text"),
    (r"\\[hHRKXGu]", "'\\h', '\\R', '\\K', '\\X', '\\G' and '\\u' are not known here"),
)
# By how RE2's own message begins.
_WRONG: Final = (
    ("missing )", "a '(' is not closed"),
    ("missing ]", "a '[' is not closed"),
    ("unexpected )", "a ')' closes nothing"),
    ("no argument for repetition", "nothing stands in front of '*', '+', '?' or '{' to repeat"),
    ("bad repetition operator", "two repetitions stand side by side"),
    ("invalid repetition size", "'{at}' repeats more than 1000 times in all, or backwards"),
    ("invalid character class range", "'{at}' is no class of characters"),
    ("trailing \\", "ends with a lone backslash"),
    ("invalid named capture group", "'{at}' is no name of a group, write it as '(?P<name>…)'"),
    ("invalid perl operator", "'{at}' is not known here"),
    ("invalid escape sequence", "'{at}' is not known here"),
    ("pattern too large", "is too large: repeat fewer characters"),
    ("failed to compile", "is too large: repeat fewer characters"),
)
# What one pattern of a set may take; see `table.py`.
PATTERN_BYTES: Final = 8 << 20
_ESCAPED: Final = re.compile(r"\\\\")


def check_regex(value: str) -> str:
    """Say what is wrong with a regular expression, and what RE2 lacks; raises ValueError."""
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(value, options=options)
        if "{" in value or "\\p" in value:  # what may take more memory in a set than alone
            options.max_mem = PATTERN_BYTES
            alone = re2.Set.FullMatchSet(options)
            alone.Add(value)
            alone.Compile()
    except re2.error as exc:
        said = exc.args[0].decode(errors="replace") if isinstance(exc.args[0], bytes) else str(exc)
        raise ValueError(f"'{value}': {_worded(value, said)}") from exc
    return value


def _worded(pattern: str, said: str) -> str:
    # What is lacking may show as something else: of `*+` RE2 says that it repeats a repetition.
    if said.startswith(("invalid", "bad")):
        plain = _ESCAPED.sub("", pattern)
        for written, text in _LACKING:
            if re.search(written, plain):
                return text
    at = said.partition(": ")[2]
    found = (text.replace("{at}", at) for begin, text in _WRONG if said.startswith(begin))
    return next(found, said)
