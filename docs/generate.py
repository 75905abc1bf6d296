"""Writes what is made from code: settings.md, metrics.md, the parameters in rules.md.

`make docs` runs it; a test holds the committed pages against it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml
from prometheus_client.metrics import MetricWrapperBase

from policy import metrics
from policy.cli.schema import FILES, schema_text
from policy.counting import Counts, Timings
from policy.documents import Document
from policy.rules.parameters import PARAMETERS, Kind, requests_of
from policy.settings import Settings
from policy.settings_file import variable_of

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE: Final = Path(__file__).parent
SCHEMAS: Final = HERE.parent / "schemas"

SETTINGS_INTRODUCTION: Final = """# Settings

<!-- Made from policy/settings.py by `make docs`. -->

One YAML file, given with `--config` or in `VDX_POLICY_CONFIG`; then the environment, which wins.
A variable's value is read as YAML, so lists and mappings work there too. Paths count from the
folder of the file. Unknown keys and variables are errors; `vdx-policy check` tells them all.
"""

METRICS_INTRODUCTION: Final = """# Metrics

<!-- Made from policy/metrics.py by `make docs`. -->

`GET /metrics`, in Prometheus' text form, for whoever may ask the policy paths. No label carries an
alias, a name or an address of a person. The usual `process_…` and `python_…` metrics come along.
"""

PARAMETERS_MARK: Final = (
    "<!-- Made from policy/rules/parameters.py by `make docs`, up to the end of the page. -->\n"
)
KINDS: Final = {
    Kind.TEXT: "text",
    Kind.TEXTS: "text",
    Kind.WORD: "word",
    Kind.FLAG: "yes or no",
    Kind.NUMBER: "number",
    Kind.ADDRESS: "address",
    Kind.ADDRESSES: "address",
    Kind.VERSION: "version",
}


def settings_page() -> str:
    """Give the text of settings.md."""
    return SETTINGS_INTRODUCTION + "".join(_sections(Settings, ()))


def _sections(model: type[Document], above: tuple[str, ...]) -> Iterator[str]:
    sections: list[tuple[tuple[str, ...], type[Document]]] = []
    for name, field in model.model_fields.items():
        path = (*above, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, Document):
            sections.append((path, field.annotation))
            continue
        default = field.get_default(call_default_factory=True)
        yield f"\n### `{'.'.join(path)}`\n\n{field.description}\n\n"
        example = _yaml((field.examples or [])[0])
        yield f"Default: {_shown(default)} · example: `{example}` · `{variable_of(path)}`\n"
    for path, section in sections:
        yield f"\n## {'.'.join(path)}\n\n{(section.__doc__ or '').strip()}\n"
        yield from _sections(section, path)


def _shown(default: object) -> str:
    if default is None or default in ((), {}):
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _yaml(value: object) -> str:
    """Write a value in YAML's flow style, as it may stand in the file or in the environment."""
    text = yaml.safe_dump(value, default_flow_style=True, width=1000, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")


def metrics_page() -> str:
    """Give the text of metrics.md."""
    rows = [METRICS_INTRODUCTION, "\n| metric | labels | what |\n|---|---|---|\n"]
    for family in vars(metrics).values():
        if isinstance(family, Counts | Timings):
            label_names = family.label_names
        elif isinstance(family, MetricWrapperBase) and not family._labelvalues:  # noqa: SLF001  a child of another
            label_names = family._labelnames  # noqa: SLF001  no public way
        else:
            continue
        described = next(iter(family.describe()))
        suffix = "_total" if described.type == "counter" else ""
        labels = ", ".join(f"`{label}`" for label in label_names) or "none"
        name = f"{described.name}{suffix}"
        rows.append(f"| `{name}` | {labels} | {described.documentation} |\n")
    return "".join(rows)


def rules_page() -> str:
    """Give the text of rules.md, of which all but the last table is written by hand."""
    written, mark, _ = (HERE / "rules.md").read_text(encoding="utf-8").partition(PARAMETERS_MARK)
    return written + mark + "".join(_parameters())


def _parameters() -> Iterator[str]:
    yield "\n| parameter | what it says | compared as | in |\n|---|---|---|---|\n"
    for name, parameter in PARAMETERS.items():
        said = " ".join(f"`{word}`" for word in parameter.words or ()) or KINDS[parameter.kind]
        letters = " ".join(each for each in "SPLADR" if requests_of(each) <= parameter.requests)
        yield f"| `{name}` | {parameter.about} | {said} | {letters} |\n"


PAGES: Final = {
    "settings.md": settings_page,
    "metrics.md": metrics_page,
    "rules.md": rules_page,
}


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
    for name in FILES:
        (SCHEMAS / f"{name}.schema.json").write_text(schema_text(name), encoding="utf-8")


if __name__ == "__main__":
    main()
