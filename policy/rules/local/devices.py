"""Tells the family of a device in a script, from the tables of `wire/devices.py`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.rules.local.writing import literal, quoted
from policy.wire.devices import (
    BROWSERS,
    DEVICES,
    IMPOSTER,
    MAX_LOOKED_AT,
    SCANNER_STARTS,
    SCANNERS,
    DeviceFamily,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


def device_lines(name: str, source: str) -> str:
    """Give the lines that set a variable to the family, as `family_of` gives it."""
    said, family = f"{name}_said", f"{{% set {name} = "
    scanners = literal(sorted(SCANNERS))
    starts = f"({literal(list(SCANNER_STARTS))[1:-1]},)"
    tool = f'{said}|pex_regex_replace("[/ ].*", "")'
    return "\n".join(
        (
            f'{{% set {said} = ({source}|default("", true))|trim %}}',
            f"{{% set {said} = {said}|pex_head({MAX_LOOKED_AT})|trim %}}",
            f"{family}{quoted(DeviceFamily.UNKNOWN)} %}}",
            f"{{% if {said} == {quoted(IMPOSTER)} %}}",
            f"{family}{quoted(DeviceFamily.SCANNER)} %}}",
            "{% else %}",
            f"{{% set {said} = {said}|lower %}}",
            f'{{% if {said}.startswith(("mozilla/", "opera/")) %}}',
            *_chain(name, said, BROWSERS),
            f"{{% elif {said} in {scanners} or {said}.startswith({starts})",
            f"    or {tool} in {scanners} %}}",
            f"{family}{quoted(DeviceFamily.SCANNER)} %}}",
            f'{{% elif {said}.startswith("poly") %}}',
            f"{family}{quoted(DeviceFamily.POLYCOM)} %}}",
            "{% else %}",
            *_chain(name, said, DEVICES),
            "{% endif %}",
            "{% endif %}",
        )
    )


def _chain(name: str, said: str, marks: tuple[tuple[str, DeviceFamily], ...]) -> Iterable[str]:
    for number, (mark, family) in enumerate(marks):
        word = "elif" if number else "if"
        yield (f"{{% {word} {quoted(mark)} in {said} %}}{{% set {name} = {quoted(family)} %}}")
    yield "{% endif %}"
