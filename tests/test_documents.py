"""YAML as an operator sees it, and messages that show where something is wrong."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, Field, StrictInt

from policy.documents import (
    MAX_BYTES,
    MAX_DEPTH,
    Document,
    LinesError,
    Place,
    Tree,
    load,
    parse,
    read_file,
    read_tree,
    validate,
)
from policy.errors import DocumentError

if TYPE_CHECKING:
    from pathlib import Path


class Pump(Document):
    """A part of the document under test."""

    kind: Literal["pump"]
    litres: Annotated[int, Field(ge=1)] = 1


class Valve(Document):
    """Another part, of another kind."""

    kind: Literal["valve"]
    colour: Literal["red", "green"] = "red"


class Plant(Document):
    """The document under test."""

    name: str
    pin: Annotated[str, Field(min_length=4)] = "0000"
    parts: tuple[Annotated[Pump | Valve, Field(discriminator="kind")], ...] = ()
    spare: Pump | None = None
    labels: dict[str, StrictInt] = Field(default_factory=dict)


def _check_lines(value: str) -> str:
    wrong = [(n, "bad") for n, line in enumerate(value.splitlines(), 1) if "bad" in line]
    if wrong:
        raise LinesError(wrong)
    return value


def _read(text: str) -> object:
    return read_tree(text, "plant.yaml").value


def _said(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        parse(text, "plant.yaml", Plant)
    return [str(problem).removeprefix("plant.yaml:").lstrip() for problem in caught.value.problems]


@pytest.mark.parametrize(
    "text",
    [
        *("on", "off", "yes", "no", "y", "n", "Yes", "tRue"),
        *("0123", "00", "1.10", "1.0", "+45", "-0", "-01", "1e3", "0x1f", "0o7", "1_000"),
        *(".inf", ".nan", "2026-05-04", "12:30", "190:20:30", "<<", "=", "+45 12 34 56 78"),
        "12345678901234567890",
    ],
)
def test_plain_text_stays_what_it_looks_like(text: str) -> None:
    """Nothing but `true`, `false`, `null` and whole numbers is anything but text."""
    assert _read(f"- {text}") == [text]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        *(("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False)),
        *(("null", None), ("Null", None), ("~", None), ("", None)),
        *(
            ("0", 0),
            ("7", 7),
            ("-7", -7),
            ("721834", 721834),
            ("123456789012345678", 10**17 + 23456789012345678),
        ),
    ],
)
def test_constants_and_whole_numbers_are_read(text: str, want: object) -> None:
    """The few forms that are not text are what YAML 1.2 has them be."""
    got = _read(f"- {text}")

    assert got == [want]
    assert repr(got) == repr([want])  # true is 1 to Python


@pytest.mark.parametrize("text", ["'true'", '"7"', "'null'", '"0123"', '"on"', "''"])
def test_what_stands_in_quotes_stays_text(text: str) -> None:
    """Quotes make text of whatever is in them."""
    assert _read(f"- {text}") == [text[1:-1]]


def test_block_text_stays_text() -> None:
    """A block is text, whatever it looks like."""
    assert _read("a: |\n  7\nb: >-\n  true\n") == {"a": "7\n", "b": "true"}


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n", "---\n# nothing\n"])
def test_an_empty_file_is_an_empty_document(text: str) -> None:
    """A file that says nothing has no keys, and so the message is about those that it lacks."""
    with pytest.raises(DocumentError) as caught:
        parse(text, "plant.yaml", Plant)

    assert [problem.text for problem in caught.value.problems] == ["key 'name' is missing"]


def test_anchors_repeat_what_they_name() -> None:
    """A few aliases are convenient, and `<<` is a key like any other."""
    assert _read("a: &a {b: 1}\nc: *a\nd: {<<: *a}") == {
        "a": {"b": 1},
        "c": {"b": 1},
        "d": {"<<": {"b": 1}},
    }


def test_letters_and_a_byte_order_mark_are_read() -> None:
    """Files of every editor are read, in all languages."""
    assert _read("\ufeffmøde: 会議 🎥\n") == {"møde": "会議 🎥"}


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("name: a\nname: b", "2:1: key 'name' stands twice, first in line 1"),
        ("a: {b: 1, 'b': 2}", "1:11: key 'b' stands twice, first in line 1"),
        ("1: a\n'1': b", "2:1: key '1' stands twice, first in line 1"),
        ("? [a]\n: b", "1:3: a key must be plain text"),
        ("name: !!int 7", "1:7: tag 'tag:yaml.org,2002:int' is not used here, remove it"),
        ("name: !ref 7", "1:7: tag '!ref' is not used here, remove it"),
        ("a: \udcff", "is not UTF-8 text"),
    ],
)
def test_what_is_not_read_is_told_with_its_place(text: str, want: str) -> None:
    """Each problem of form has line and column where the reader stumbled, if there is one."""
    assert _said(text) == [want]


@pytest.mark.parametrize(
    ("text", "place", "want"),
    [
        (
            "a: 1\n---\nb: 2",
            "2:1: ",
            "'---' begins a second document: a file is one",
        ),
        (
            "a:\n\tb: 1",
            "2:1: ",
            "a tab: indent by spaces",
        ),
        (
            "a: [1",
            "1:4: ",
            "the '[' of line 1 is not closed, or a comma is missing in front of this",
        ),
        (
            "a: b: c",
            "1:5: ",
            "a ': ' that is not expected: put text with ': ' in quotes, or mend the indentation",
        ),
        ("a: *b", "1:4: ", "text that begins with '*' must stand in quotes"),
        ("a: \x07", "1:4: ", "the control character #x07 is not allowed, remove it"),
        ("a: 1\nb: \x00", "2:4: ", "the control character #x00 is not allowed, remove it"),
        (
            'a: "\\ud800"',
            "1:7: ",
            "in double quotes a backslash begins a special character: use single quotes",
        ),
    ],
)
def test_what_is_no_yaml_is_told_with_its_place(text: str, place: str, want: str) -> None:
    """What YAML itself does not allow is told in our words, with what is likely to be wrong."""
    assert _said(text) == [f"{place}not valid YAML: {want}"]


def test_all_problems_of_form_are_told_at_once() -> None:
    """Doubled keys and tags do not hide each other."""
    assert _said("name: a\nname: b\nparts: !!seq []\npin: !x 1\n") == [
        "2:1: key 'name' stands twice, first in line 1",
        "4:6: tag '!x' is not used here, remove it",
    ]


@pytest.mark.parametrize(("open_", "close"), [("[", "]"), ("{a: ", "}"), ("- ", "")])
@pytest.mark.parametrize("depth", [MAX_DEPTH + 2, 200_000])
def test_deep_nesting_is_refused(open_: str, close: str, depth: int) -> None:
    """However deep a file nests, it gets a message and the process goes on."""
    (said,) = _said(open_ * depth + close * depth)

    assert said.endswith("the document is nested too deeply or too large")


def test_nesting_that_people_write_is_read() -> None:
    """The limit is far beyond what any document needs."""
    assert isinstance(_read("[" * MAX_DEPTH + "]" * MAX_DEPTH), list)


@pytest.mark.parametrize("text", ["&a [*a]", "a: &a {b: *a}"])
def test_a_document_cannot_hold_itself(text: str) -> None:
    """An anchor within itself ends at a limit."""
    (said,) = _said(text)

    assert said.endswith("the document is nested too deeply or too large")


def test_aliases_cannot_multiply_without_end() -> None:
    """A few lines that stand for a billion values are refused before these are built."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]

    (said,) = _said("\n".join(lines))

    assert said.endswith("the document is nested too deeply or too large")


@given(st.text() | st.text(alphabet="ab:-,[]{}&*!?|>'\"%@`#~ \n\t").map(lambda text: text[:200]))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes reading fail in any other way than with its problems."""
    try:
        tree = read_tree(text, "any.yaml")
    except DocumentError as exc:
        assert exc.problems  # noqa: PT017  either way is right
        return

    assert tree.marks.source == "any.yaml"


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("nam: a", ["1:1: key 'name' is missing", "1:1: unknown key 'nam', did you mean 'name'?"]),
        (
            "name: a\nzzz: 1",
            ["2:1: unknown key 'zzz'; known here: labels, name, parts, pin, spare"],
        ),
        ("name: [a]", ["1:7: name: needs text, got a list"]),
        ("name:", ["1:6: name: needs text, got nothing"]),
        ("name: true", ["1:7: name: needs text, got true"]),
        ("name: a\nparts: 7", ["2:8: parts: needs a list, got 7"]),
        ("name: a\nparts: [x]", ["2:9: parts: needs a mapping, got 'x'"]),
        ("name: a\nparts: [{}]", ["2:9: key 'kind' is missing"]),
        (
            "name: a\nparts:\n  - {kind: pumpe}",
            ["3:12: kind: 'pumpe' is not allowed, did you mean 'pump'?"],
        ),
        (
            "name: a\nparts:\n  - {kind: pump, colour: red}",
            ["3:18: unknown key 'colour'; known here: kind, litres"],
        ),
        (
            "name: a\nparts:\n  - {kind: valve, colour: blue}",
            ["3:27: colour: 'blue' is not allowed; known here: red, green"],
        ),
        (
            "name: a\nspare: {kind: pump, litres: 0}",
            ["2:29: litres: must be at least 1, got 0"],
        ),
        (
            "name: a\nlabels: {x: 1.10}",
            ["2:13: x: needs a whole number, got '1.10'"],
        ),
        ("- name: a", ["1:1: needs a mapping, got a list"]),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(text: str, want: list[str]) -> None:
    """Each problem of content says where it stands, what is wrong and what would be right."""
    assert _said(text) == want


def test_all_problems_of_content_are_told_in_order() -> None:
    """One reading of the messages is enough to put a file right."""
    text = "parts:\n  - {kind: pump, litres: x}\n  - {kind: valve, color: red}\nname: a\nnote: b\n"

    said = _said(text)

    assert [each.partition(": ")[0] for each in said] == ["2:26", "3:19", "5:1"]


@pytest.mark.parametrize("text", ["pin: '12'", "pin: [s12]", "pin: {s12: s12}", "pin: true"])
def test_a_secret_is_never_shown(text: str) -> None:
    """What stands where a secret belongs is not repeated, whatever its form."""
    (said,) = _said(f"name: a\n{text}")

    assert said.endswith(", got a secret value")
    assert "12" not in said


def test_a_long_value_is_shown_in_part() -> None:
    """A message stays one line that can be read."""
    (said,) = _said(f"name: a\nparts: {'x' * 500}")

    assert said == f"2:8: parts: needs a list, got '{'x' * 59}…"


def test_whole_numbers_are_welcome_as_text() -> None:
    """Whoever forgets the quotes around a number means the text, where text is wanted."""
    parsed = parse("name: 721834\npin: 0123\n", "plant.yaml", Plant)

    assert (parsed.value.name, parsed.value.pin) == ("721834", "0123")


def test_every_part_knows_its_place() -> None:
    """Keys and values are found by where they stand in the document; others by the nearest."""
    marks = parse("name: a\nparts:\n  - kind: pump\n", "plant.yaml", Plant).marks

    assert marks.place_of(("parts", 0, "kind")) == Place("plant.yaml", 3, 11)
    assert marks.place_of(("parts", 0, "kind"), key=True) == Place("plant.yaml", 3, 5)
    assert marks.place_of(("parts", 0, "pump", "litres")) == Place("plant.yaml", 3, 5)


class Scripted(Document):
    """A document with a text of several lines, of which some may be wrong."""

    note: Annotated[str, AfterValidator(_check_lines)] = ""


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("note: |\n  good\n  bad one\n\n    bad two\n", ["3:3: note: bad", "5:3: note: bad"]),
        ("note: |2\n    bad\n", ["2:5: note: bad"]),
        ("note: >\n  good\n\n  bad\n", ["1:7: note: line 2 of it: bad"]),
        ("note: bad", ["1:7: note: bad"]),
    ],
)
def test_a_wrong_line_of_a_text_is_a_line_of_the_file(text: str, want: list[str]) -> None:
    """Of a block each line stands where it is read; all wrong ones are told."""
    with pytest.raises(DocumentError) as caught:
        parse(text, "plant.yaml", Scripted)

    said = [str(each).removeprefix("plant.yaml:") for each in caught.value.problems]
    assert said == want


def test_a_part_of_a_document_is_read_by_itself() -> None:
    """Its problems stand where they stand in the file, and short forms are not spoken of."""
    tree = read_tree("parts:\n  - kind: pump\n    litres: 0\n", "plant.yaml")
    assert isinstance(tree.value, dict)
    part = Tree(tree.value["parts"][0], tree.marks)

    with pytest.raises(DocumentError, match=r"^plant\.yaml:3:13: litres: must be at least 1"):
        validate(part, Pump, at=("parts", 0))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Missing files, folders and other encodings are one problem each, without a line."""
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("name: møde".encode("latin-1"))

    said = []
    for path in (tmp_path / "none.yaml", tmp_path, latin):
        with pytest.raises(DocumentError) as caught:
            load(path, Plant)
        said.append(str(caught.value))

    assert said == [
        f"{tmp_path / 'none.yaml'}: no such file or directory",
        f"{tmp_path}: is a directory",
        f"{latin}: is not UTF-8 text",
    ]


def test_what_has_no_end_is_not_read(tmp_path: Path) -> None:
    """A pipe would keep a reload waiting, and a huge file take all memory."""
    pipe, huge = tmp_path / "pipe.yaml", tmp_path / "huge.yaml"
    os.mkfifo(pipe)
    huge.touch()
    os.truncate(huge, MAX_BYTES + 1)

    said = []
    for path in (pipe, huge):
        with pytest.raises(DocumentError) as caught:
            read_file(path)
        said.append(str(caught.value))

    assert said == [f"{pipe}: is no regular file", f"{huge}: is larger than 64 MiB"]
