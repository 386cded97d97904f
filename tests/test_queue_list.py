"""The list of plans as a file that people edit, cut and keep in odd places; its order and moves."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scan_feeder import CLOCK, COLUMNS, HEADER, sites
from typer.testing import CliRunner

from seccm.cli.commands import app
from seccm.data import Store
from seccm.errors import PlanError, SeccmError
from seccm.events import RunStatus
from seccm.session import plan_queue
from seccm.session.plan_queue import Entry, add, entries, move, remove, run_all

GOOD = {"number": 1, "plan": "a", "rig": "virtual", "output": "/a.h5", "state": "waiting"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own that is empty, and the folder in which commands run."""
    monkeypatch.setenv("SECCM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def fill(count: int) -> None:
    for k in range(1, count + 1):
        add(f"plan-{k}", "virtual", f"{k}.h5")


def numbers() -> list[int]:
    return [one.number for one in entries()]


def said(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "300"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.mark.parametrize(("change", "why"), [
    ({"number": "1"}, "entry 1 has no number"),
    ({"number": True}, "entry 1 has no number"),
    ({"number": 0}, "entry 1 has no number"),
    ({"number": 1.5}, "entry 1 has no number"),
    ({"plan": None}, "plan of entry 1 is not a text"),
    ({"rig": ["virtual"]}, "rig of entry 1 is not a text"),
    ({"output": 3}, "output of entry 1 is not a text"),
    ({"state": {}}, "state of entry 1 is not a text"),
    ({"state": "dancing"}, "which is none of waiting, running"),
    ({"speed": "2 um/s"}, "speed"),
])  # fmt: skip
def test_an_entry_that_was_edited_wrongly_is_told(
    home: Path, change: dict[str, Any], why: str
) -> None:
    (home / "queue.json").write_text(json.dumps([{**GOOD, **change}]))
    with pytest.raises(SeccmError, match="Remove it to start again") as caught:
        entries()
    assert why in str(caught.value)


@pytest.mark.parametrize("words", [("list",), ("remove", "1"), ("move", "1", "1"), ("run",)])
def test_every_command_tells_a_damaged_list_and_leaves_it_to_whoever_mends_it(
    home: Path, words: tuple[str, ...]
) -> None:
    text = json.dumps([GOOD, {**GOOD, "number": 2, "rig": None}])
    (home / "queue.json").write_text(text)
    code, output = said("queue", *words)
    assert code == 1
    assert "rig of entry 2 is not a text" in output
    assert (home / "queue.json").read_text() == text


@pytest.mark.parametrize("text", ["{}", '""', "null", "0", "true", '{"number": 1}', "[" * 100_000])
def test_what_is_no_list_is_never_taken_for_an_empty_one(home: Path, text: str) -> None:
    """It would be overwritten by the next plan that is added."""
    (home / "queue.json").write_text(text)
    with pytest.raises(SeccmError, match="cannot be read"):
        add("plan", "virtual", "a.h5")
    assert (home / "queue.json").read_text() == text
    assert not (home / "queue.lock").exists(), "the next change does not wait"


def test_bytes_that_are_no_text_are_told(home: Path) -> None:
    (home / "queue.json").write_bytes(b"\xff\xfe[1]")
    with pytest.raises(SeccmError, match="cannot be read"):
        entries()


def test_two_entries_of_one_number_are_told(home: Path) -> None:
    """Either could be meant by it."""
    (home / "queue.json").write_text(json.dumps([GOOD, {**GOOD, "output": "/b.h5"}]))
    with pytest.raises(SeccmError, match="the same number"):
        entries()


def test_a_list_cut_at_any_byte_is_whole_or_refused(home: Path) -> None:
    fill(2)
    whole, path = (home / "queue.json").read_bytes(), home / "queue.json"
    for stop in range(0, len(whole), 7):
        path.write_bytes(whole[:stop])
        with pytest.raises(SeccmError, match="cannot be read"):
            entries()
    path.write_bytes(whole)
    assert numbers() == [1, 2]


@pytest.mark.parametrize("plan", ['a "b" c', "höhe µm", "-x.toml", "$(rm)", "a\nb", "[bold]x[/]"])
def test_names_come_back_as_they_were_given(plan: str) -> None:
    made = add(plan, plan, "out [1] %s.h5")
    assert entries() == (made,)
    assert (made.plan, made.rig) == (plan, plan)
    code, output = said("queue", "list")
    assert code == 0
    assert plan.split("\n")[0] in output


@settings(max_examples=12)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(-3, 9)), max_size=6))
def test_moves_are_those_of_a_list(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[int, int]]
) -> None:
    """Each takes one out and puts it in again; places beyond an end are that end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECCM_HOME", str(tmp_path_factory.mktemp("home")))
        fill(5)
        expected = [1, 2, 3, 4, 5]
        for number, place in moves:
            move(number, place)
            expected.remove(number)
            expected.insert(min(max(place, 1), 5) - 1, number)
            assert numbers() == expected


def test_a_number_is_given_once_while_it_is_in_the_list() -> None:
    fill(3)
    remove(2)
    assert add("again", "virtual", "again.h5").number == 4
    assert numbers() == [1, 3, 4]


@pytest.mark.parametrize("act", [lambda: remove(7), lambda: move(7, 1)])
def test_what_is_not_in_the_list_is_told_with_where_to_look(act: Callable[[], None]) -> None:
    fill(1)
    with pytest.raises(PlanError, match="not in the list") as caught:
        act()
    assert caught.value.problems[0].remedy == "seccm queue list"
    assert numbers() == [1]


def test_what_runs_is_not_taken_out() -> None:
    fill(1)

    def run(entry: Entry) -> int:
        with pytest.raises(PlanError, match="is running"):
            remove(entry.number)
        return 0

    assert [one.state for one in run_all(run, go_on=False)] == ["complete"]
    remove(1)
    assert entries() == ()


def test_what_is_interrupted_is_stopped_and_does_not_begin_again() -> None:
    fill(2)

    def interrupted(_: Entry) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_all(interrupted, go_on=True)
    assert [one.state for one in entries()] == ["stopped", "waiting"]
    ran: list[int] = []
    run_all(lambda one: ran.append(one.number) or 0, go_on=True)
    assert ran == [2]


@pytest.mark.parametrize(
    ("how", "state"),
    [("complete", "complete"), ("fault", "failed"), ("halted", "stopped"), ("", "stopped")],
)
def test_a_run_that_outlived_its_queue_is_listed_as_its_file_says_that_it_ended(
    how: RunStatus | Literal[""], state: str, home: Path
) -> None:
    """A queue that is killed leaves its run, which goes on to its end; nothing runs twice."""
    add("plan-1", "virtual", str(home.parent / "1.h5"))
    add("plan-2", "virtual", "2.h5")
    if how:
        Store(home.parent / "1.h5", HEADER, sites(1), COLUMNS, CLOCK).close(how)
    listed = home / "queue.json"
    rows = json.loads(listed.read_text(encoding="utf-8"))
    rows[0]["state"] = "running"  # as a queue leaves it that is killed
    listed.write_text(json.dumps(rows), encoding="utf-8")
    ran: list[int] = []
    run_all(lambda one: ran.append(one.number) or 0, go_on=False)
    assert ran == [2]
    assert [one.state for one in entries()] == [state, "complete"]


def test_only_what_waits_runs_and_in_the_order_of_the_list() -> None:
    fill(4)
    run_all(lambda one: {1: 2}.get(one.number, 0), go_on=False)
    move(4, 2)
    ran: list[int] = []
    run_all(lambda one: ran.append(one.number) or 0, go_on=False)
    assert ran == [4, 2, 3]
    assert [one.state for one in entries()] == ["refused", "complete", "complete", "complete"]


def test_a_plan_that_is_a_file_is_found_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name stays a name: a shipped plan is not a file of the folder."""
    (tmp_path / "a.toml").touch()
    made = add("a.toml", "virtual", "a.h5")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert Path(made.plan).exists()
    assert Path(made.output).parent == tmp_path
    assert made.rig == "virtual"


def test_a_folder_that_takes_no_file_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    monkeypatch.setenv("SECCM_HOME", str(tmp_path / "taken" / "home"))
    with pytest.raises(SeccmError, match="cannot be written"):
        add("plan", "virtual", "a.h5")


def test_a_folder_in_which_nothing_can_be_made_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A lock that can never be taken is no lock of somebody else."""

    def refused(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(plan_queue, "PATIENCE", -1.0)
    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(SeccmError, match=r"cannot be written: .*Permission denied"):
        add("plan", "virtual", "a.h5")


def test_a_list_that_cannot_be_put_back_is_as_it_was(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(2)
    before = (home / "queue.json").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(SeccmError, match="No space left"):
            remove(1)
    assert (home / "queue.json").read_bytes() == before
    remove(1)
    assert numbers() == [2], "the lock was given back"
