"""Rules that are edited while the service runs, as an operator does it, in every wrong way."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

from tests.e2e.program import has_ended, until
from tests.fakes.calls import ROOM_SYSTEM, Leg
from tests.fakes.calls import Site as NodeSite
from tests.fakes.node import FakeNode
from tests.fakes.verdict import Kind
from tests.handlers.asking import get
from tests.rules.folders import folder_with, many, rule

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.e2e.program import Program, Site

BARRED: Final = "900123@rooms.example.org"
FIRST: Final = rule("barred", BARRED, "{reject: first}")
SECOND: Final = FIRST.replace("first", "second")
CASE: Final = f"""
cases:
  - name: a barred number
    call: {{local_alias: {BARRED}, protocol: sip, call_direction: dial_in}}
    want: {{action: reject, text: first}}
"""

# What people do to a rule file, and the line and column where they are told to look.
WRONG_EDITS: Final = {
    "a tab": ("rules:\n\t- name: a\n", (2, 1)),
    "a key mistyped": (FIRST.replace("when:", "wehn:"), (3, 5)),
    "an outcome mistyped": (FIRST.replace("reject:", "rejct:"), (4, 12)),
    "a bracket left open": (FIRST.replace("}}", "}"), (4, 5)),
    "a name left out": (FIRST.replace("name: barred\n    ", ""), (2, 5)),
    "a name twice": (FIRST + FIRST.removeprefix("rules:\n"), (5, 11)),
    "a condition mistyped": (FIRST.replace("exact:", "exat:"), (3, 20)),
    "no outcome": (FIRST.partition("    then")[0], (2, 5)),
    "a key twice": (FIRST + "    then: continue\n", (5, 5)),
    "a regex that RE2 lacks": (FIRST.replace(f"exact: {BARRED}", "regex: '(?=9).*'"), (3, 27)),
}


@dataclass(frozen=True, slots=True)
class Edited:
    """A running server and the rule file that somebody edits."""

    program: Program
    node: FakeNode
    folder: Path

    @property
    def file(self) -> Path:
        """The file."""
        return self.folder / "00-mine.yaml"

    def save(self, text: str) -> None:
        """Write the file."""
        self.file.write_text(text, encoding="utf-8")

    async def rules(self) -> dict[str, object]:
        """Ask which rules are in force."""
        told: dict[str, object] = orjson.loads((await get(self.program.url, "/health/rules")).body)
        return told

    async def problem(self, word: str) -> dict[str, object]:
        """Wait until rules are kept out because of something, and give that."""
        return await self._first_problem(lambda got: word in str(got["text"]))

    async def problem_at(self, place: tuple[int, int]) -> dict[str, object]:
        """Wait until rules are kept out because of something in a line and column."""
        return await self._first_problem(lambda got: (got["line"], got["column"]) == place)

    async def _first_problem(
        self, is_meant: Callable[[dict[str, object]], bool]
    ) -> dict[str, object]:
        def is_kept_out(told: dict[str, object]) -> bool:
            return told["state"] == "kept_out" and is_meant(first_problem(told))

        return first_problem(await until(self.rules, is_kept_out))

    async def current(self) -> dict[str, object]:
        """Wait until the rules in force are those of the folder."""
        return await until(self.rules, lambda got: got["state"] == "current")

    async def says(self, text: str) -> None:
        """Wait until a call is refused with these words."""
        await until(self.ask, lambda got: got == text)

    async def ask(self) -> str:
        """Call, and give what the caller is told, or what else happened."""
        leg = Leg(NodeSite(), ROOM_SYSTEM, BARRED)
        verdict = await self.node.ask(Kind.SERVICE, leg.service())
        body = verdict.body if isinstance(verdict.body, dict) else {}
        return str(body.get("text", verdict.outcome))


@asynccontextmanager
async def editing(site: Site, text: str = FIRST, **settings: object) -> AsyncIterator[Edited]:
    """Serve the example with one more rule file."""
    folder = site.folder / "rules"
    (folder / "00-mine.yaml").write_text(text, encoding="utf-8")
    async with site.serving(**settings) as program, FakeNode(program.url) as node:
        edited = Edited(program, node, folder)
        assert await edited.ask() == "first"
        yield edited


async def test_wrong_edits_change_nothing(site: Site) -> None:
    """Ten mistakes in a row: the old rules serve on, and it is told exactly where each one is."""
    said: dict[str, object] = {}
    answers: set[str] = set()

    async with editing(site) as edited:
        before = await edited.rules()
        for name, (text, place) in WRONG_EDITS.items():
            edited.save(text)
            said[name] = (await edited.problem_at(place))["file"]
            answers.add(await edited.ask())
        kept_out = await edited.rules()
        edited.save(SECOND)
        await edited.says("second")
        after = await edited.current()

    assert said == dict.fromkeys(WRONG_EDITS, str(edited.file))
    assert answers == {"first"}
    assert (kept_out["version"], kept_out["in_force"]) == (before["version"], before["in_force"])
    assert (after["problems"], after["problem_count"]) == ([], 0)
    assert "fault" not in edited.program.said()


async def test_rules_that_break_a_test_change_nothing(site: Site) -> None:
    """The folder's own tests are run before a swap; a rule goes in together with its test."""
    async with editing(site) as edited:
        folder_with(edited.folder, **{"00-mine.test": CASE})
        edited.save(SECOND)
        problem = await edited.problem("second")
        between = await edited.ask()
        folder_with(edited.folder, **{"00-mine.test": CASE.replace("first", "second")})
        await edited.says("second")

    assert (between, problem["file"]) == ("first", str(edited.folder / "00-mine.test.yaml"))
    assert problem["line"] != 0


async def test_a_half_written_file_waits_for_its_other_half(site: Site) -> None:
    """What an editor has written so far is kept out; the whole goes in by itself."""
    async with editing(site) as edited:
        with edited.file.open("w", encoding="utf-8") as file:
            file.write(SECOND[: len(SECOND) // 2])
            file.flush()
            await edited.problem("not valid YAML")
            between = await edited.ask()
            file.write(SECOND[len(SECOND) // 2 :])
        await edited.says("second")

    assert between == "first"


async def test_a_config_map_is_swapped(site: Site) -> None:
    """Kubernetes replaces a link behind which all files are; wrong maps are kept out."""
    folder = site.folder / "rules"
    shutil.rmtree(folder)
    versions = {"..1": FIRST, "..2": SECOND.replace("reject", "rejct"), "..3": SECOND}
    for name, text in versions.items():
        folder_with(folder / name, mine=text)
    (folder / "..data").symlink_to("..1")
    (folder / "00-mine.yaml").symlink_to("..data/mine.yaml")

    def swap(name: str) -> None:
        (folder / "..data_tmp").symlink_to(name)
        (folder / "..data_tmp").rename(folder / "..data")

    async with site.serving() as program, FakeNode(program.url) as node:
        edited = Edited(program, node, folder)
        await edited.says("first")
        swap("..2")
        await edited.problem("rejct")
        between = await edited.ask()
        swap("..3")
        await edited.says("second")

    assert between == "first"


async def test_a_vanished_folder_is_lived_with(site: Site) -> None:
    """The old rules serve on; when the folder is back, so are its changes."""
    async with editing(site) as edited:
        away = edited.folder.with_name("away")
        edited.folder.rename(away)
        problem = await edited.problem("no such folder")
        between = await edited.ask()
        away.rename(edited.folder)
        await edited.current()
        edited.save(SECOND)
        await edited.says("second")

    assert (between, problem["file"]) == ("first", str(edited.folder))


async def test_a_file_that_cannot_be_read_is_named(site: Site) -> None:
    """A link that leads nowhere does not make a rule disappear."""
    async with editing(site) as edited:
        edited.file.unlink()
        edited.file.symlink_to("nowhere")
        problem = await edited.problem("no such file")
        between = await edited.ask()

    assert (between, problem["file"]) == ("first", str(edited.file))


async def test_sighup_reloads_what_is_not_watched(site: Site) -> None:
    """With `rules.watch: false` the operator says when; the server goes on."""
    async with editing(site, rules_watch=False) as edited:
        edited.save(SECOND)
        before = await edited.ask()
        edited.program.process.send_signal(signal.SIGHUP)
        await edited.says("second")

    assert before == "first"
    assert "rules swapped: " in edited.program.said()


async def test_a_killed_build_is_lived_with(site: Site) -> None:
    """Short of memory, the system ends the build first; the next change tries again."""
    async with editing(site) as edited:
        before = await edited.rules()
        folder_with(edited.folder, **{"90-more": many(20_000)})
        pid = await until(lambda: asyncio.to_thread(builder_of, edited.program), bool)
        os.kill(pid, signal.SIGKILL)
        problem = await edited.problem("ended by signal 9")
        between = await edited.ask()
        folder_with(edited.folder, **{"90-more": many(1)})
        after = await edited.current()

    assert (between, problem["line"]) == ("first", 0)
    assert after["in_force"] == int(str(before["in_force"])) + 1
    assert "fault" not in edited.program.said()


async def test_a_stop_does_not_wait_for_a_build(site: Site) -> None:
    """Neither does a build outlive its server, however that ends."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        async with editing(site) as edited:
            folder_with(edited.folder, **{"90-more": many(20_000)})
            pid = await until(lambda: asyncio.to_thread(builder_of, edited.program), bool)
            edited.program.process.send_signal(number)
            code = await edited.program.ended()

            assert code in {0, -signal.SIGKILL}
            assert await has_ended(pid)
            assert "rules kept out" not in edited.program.said()
        (edited.folder / "90-more.yaml").unlink()


async def test_no_call_fails_while_rules_are_reloaded(site: Site) -> None:
    """Calls under way and calls that come get an answer of the old rules or of the new ones."""
    answers: list[str] = []
    done = asyncio.Event()

    async with editing(site, FIRST) as edited:

        async def call() -> None:
            while not done.is_set():
                answers.append(await edited.ask())

        folder_with(edited.folder, **{"90-more": many(3_000)})
        async with asyncio.TaskGroup() as calls:
            for _ in range(8):
                calls.create_task(call())
            for text, words in ((SECOND, "second"), (FIRST, "first"), (SECOND, "second")):
                edited.save(text)
                await edited.says(words)
            done.set()
        last = await edited.ask()

    assert set(answers) == {"first", "second"}
    assert last == "second"


def first_problem(told: dict[str, object]) -> dict[str, object]:
    """Give the first problem that /health/rules told."""
    problems = told["problems"]
    assert isinstance(problems, list)
    problem: dict[str, object] = problems[0]
    return problem


def builder_of(program: Program) -> int:
    """Find the process that builds rules for a server, 0 while there is none."""
    server = program.process.pid
    for child in Path(f"/proc/{server}/task/{server}/children").read_text().split():
        if b"policy.rules.workshop" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    return 0
