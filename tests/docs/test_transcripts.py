"""Pages are read as people read them, and compared in all that is not drawn."""

from __future__ import annotations

from typing import Final

from tests.docs.transcripts import Command, File, drawn_in, steps_of, with_drawn

PAGE: Final = """
```sh
one --long \\
    --option
two
```

```csv rows.csv
a,b
```

```console
$ three \\
    four
said
$ five
```

```json
{}
```
"""


def test_a_page_is_commands_and_files_in_their_order() -> None:
    """What is neither, is there to be read."""
    assert list(steps_of(PAGE)) == [
        Command("one --long --option", None),
        Command("two", None),
        File("rows.csv", "a,b\n"),
        Command("three four", "said\n"),
        Command("five", ""),
    ]


def test_what_is_drawn_may_differ_and_is_found() -> None:
    """An id that the page shows stands for the one that was printed."""
    shown = "booked: 04d4fc7a-84fe-466b-b62c-7e09b444e5dd\npin: 22085, until 2026-11-25 17:29Z\n"
    printed = "booked: 1ad32bb8-e843-45a5-b575-10c0c35e859b\npin: 9155,  until 2031-01-02 03:04Z\n"

    drawn = drawn_in(shown, printed)

    assert drawn is not None
    assert with_drawn(
        "cancel 04d4fc7a-84fe-466b-b62c-7e09b444e5dd --pin 22085 --hours 48", drawn
    ) == ("cancel 1ad32bb8-e843-45a5-b575-10c0c35e859b --pin 9155 --hours 48")


def test_words_small_numbers_and_lines_may_not_differ() -> None:
    """Only what the page leaves out may be anything."""
    shown = "rooms: 2\n...\nhash … whole\n"

    assert drawn_in(shown, "rooms: 2\nhash 1f whole\n") == {}
    assert drawn_in(shown, "rooms: 2\na\nb\nhash  whole\n") == {}
    assert drawn_in(shown, "rooms: 3\nhash 1f whole\n") is None
    assert drawn_in(shown, "rooms: 2\nhash 1f broken\n") is None
    assert drawn_in(shown, "rooms: 2\nhash 1f whole\nmore\n") is None
