"""Plans in a row over night, and notices to whoever is not there."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

from seccm import notices
from seccm.cli.commands import app
from seccm.cli.telling import Teller
from seccm.errors import PlanError, SeccmError
from seccm.session import plan_queue
from seccm.session.plan_queue import Entry, add, entries, move, remove, run_all


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own that is empty, and the folder in which commands run."""
    monkeypatch.setenv("SECCM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def three() -> None:
    for name in "abc":
        add(f"plan-{name}", "virtual", f"{name}.h5")


def ends(*codes: int, also: Callable[[Entry], object] = lambda _: None) -> Callable[[Entry], int]:
    """A run of each entry that ends with the next code."""
    left = list(codes)

    def run(entry: Entry) -> int:
        assert {one.state for one in entries() if one.number == entry.number} == {"running"}
        also(entry)
        return left.pop(0)

    return run


def states() -> list[str]:
    return [one.state for one in entries()]


@pytest.mark.parametrize(("codes", "go_on", "found"), [
    ((0, 0, 0), False, ["complete", "complete", "complete"]),
    ((0, 3), False, ["complete", "failed", "waiting"]),
    ((2,), False, ["refused", "waiting", "waiting"]),
    ((3, 2, 0), True, ["failed", "refused", "complete"]),
    ((0, 1), True, ["complete", "stopped", "waiting"]),
    ((-9, 0, 0), True, ["failed", "complete", "complete"]),
])  # fmt: skip
def test_a_failure_stops_the_queue_or_not_as_chosen(
    codes: tuple[int, ...], go_on: bool, found: list[str]
) -> None:
    """A run that a person has stopped always ends it."""
    three()
    ended = run_all(ends(*codes), go_on=go_on)
    assert states() == found
    assert [one.state for one in ended] == [state for state in found if state != "waiting"]
    if "waiting" in found:
        left = found.count("waiting")
        run_all(ends(*[0] * left), go_on=False)
        assert states()[-left:] == ["complete"] * left


def test_the_list_can_be_changed_while_it_runs() -> None:
    three()

    def change(entry: Entry) -> None:
        if entry.number == 1:
            remove(2)
            add("plan-d", "virtual", "d.h5")
            move(4, 2)
            with pytest.raises(PlanError, match="is running"):
                remove(1)

    ended = run_all(ends(0, 0, 0, also=change), go_on=False)
    assert [one.plan for one in ended] == ["plan-a", "plan-d", "plan-c"]


def test_a_queue_that_is_interrupted_says_so() -> None:
    three()

    def interrupt(_: Entry) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_all(ends(0, also=interrupt), go_on=True)
    assert states() == ["stopped", "waiting", "waiting"]


def test_nothing_is_lost_where_several_programs_change_the_list() -> None:
    def several(name: str) -> None:
        for k in range(8):
            add("plan", "virtual", f"{name}{k}.h5")

    threads = [threading.Thread(target=several, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.output for one in entries()}) == 24
    assert len({one.number for one in entries()}) == 24


def test_a_lock_of_a_dead_program_holds_nobody_up(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    (home / "queue.lock").touch()
    monkeypatch.setattr(plan_queue, "PATIENCE", 0.0)
    add("plan", "virtual", "a.h5")
    assert len(entries()) == 1


def test_no_data_file_is_written_twice(tmp_path: Path) -> None:
    add("plan", "virtual", "a.h5")
    with pytest.raises(PlanError, match="in the list already"):
        add("plan", "virtual", str(tmp_path / "a.h5"))
    (tmp_path / "b.h5").touch()
    with pytest.raises(PlanError, match="there already"):
        add("plan", "virtual", "b.h5")
    assert len(entries()) == 1


@pytest.mark.parametrize("text", ["", "[", "{}1", '[{"number": 1}]', "[1]"])
def test_a_list_that_is_damaged_is_told(home: Path, text: str) -> None:
    home.mkdir()
    (home / "queue.json").write_text(text)
    with pytest.raises(SeccmError, match="cannot be read"):
        entries()


def said(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "1000"})
    assert result.exit_code == code, result.output
    return result.output


def test_the_commands_of_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    said("new", "a.toml", "--yes", "--columns", "1", "--rows", "1")
    assert "1: a.toml on virtual into" in said("queue", "add", "a.toml")
    assert "Nothing moved" in said("queue", "add", "lmo-array-pitt", code=2)
    said("queue", "add", "a.toml", "-o", "b.h5")
    said("queue", "move", "2", "1")
    listed = said("queue", "list").split()
    assert listed.index("2") < listed.index("1"), "in the order in which they run"
    assert "is not in the list" in said("queue", "remove", "9", code=2)
    called: list[list[str]] = []

    def run(words: list[str], check: bool) -> subprocess.CompletedProcess[bytes]:
        called.append(words)
        return subprocess.CompletedProcess(words, 2 if len(called) == 2 else 0)

    monkeypatch.setattr(subprocess, "run", run)
    assert "1 of 2 complete" in said("queue", "run", code=1)
    assert called[0][called[0].index("-o") + 1].endswith("b.h5")
    assert called[0][:4] == [sys.executable, "-m", "seccm", "run"]
    said("queue", "remove", "1")
    said("queue", "remove", "2")
    assert "Nothing is in the list" in said("queue", "list")


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("words", ["scan.h5: Run complete", 'it\'s; $(rm) "x" --help', "-x"])
def test_words_of_a_notice_are_never_a_command(system: str, words: str) -> None:
    command = notices.desktop_command(words, system)
    if system == "win32":
        assert f"'{words.replace(chr(39), chr(39) * 2)}'" in command[-1]
    else:
        assert words in command
        assert command.index("--" if system == "linux" else "-e") < command.index(words)


def test_notices_go_to_every_address(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home.mkdir()
    (home / "notices.txt").write_text("# mine\n\nntfy://good\nmailto://u:secret@bad\nx://raises\n")
    sent: list[tuple[str, str]] = []

    class Apprise:
        def add(self, address: str) -> bool:
            self.address = address
            return True

        def notify(self, body: str, title: str) -> bool:
            if "raises" in self.address:
                raise OSError("no network")
            sent.append((self.address, body))
            return "good" in self.address

    fake = ModuleType("apprise")
    fake.Apprise = Apprise  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "apprise", fake)
    monkeypatch.setattr(notices, "_on_desktop", lambda words: True)
    failed = notices.give("scan.h5: Run complete")
    assert sent[0] == ("ntfy://good", "scan.h5: Run complete")
    assert len(failed) == 2
    assert "secret" not in "".join(failed), "an address holds a password"
    assert "no network" in failed[1]


def test_without_the_package_it_is_said_which_to_install(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    (home / "notices.txt").write_text("ntfy://x\n")
    monkeypatch.setitem(sys.modules, "apprise", None)
    monkeypatch.setattr(notices, "_on_desktop", lambda words: False)
    failed = notices.give("words")
    assert "desktop" in failed[0]
    assert "notices" in failed[1]


def test_a_run_tells_how_it_ended_if_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(notices, "give", lambda words: told.append(words) or ())
    said("new", "a.toml", "--method", "constant potential", "--columns", "3", "--rows", "1",
         "--duration", "0.1 s", "--yes")  # fmt: skip
    said("run", "a.toml", "-o", "a.h5", "--notice")
    assert [words[:18] for words in told] == ["a.h5: Run complete"]
    faults = [word for site in (0, 1) for word in ("--fault", f"no-surface@site={site}")]
    said("run", "a.toml", "-o", "b.h5", "--notice", *faults, code=1)
    assert any(words.startswith("b.h5: Paused") for words in told)
    assert "Run complete" not in "".join(told[1:])
    told.clear()
    for wanted in (False, True):
        Teller(wanted).tell("done")
        for thread in threading.enumerate():
            if thread.name == "notice":
                thread.join()
    assert told == ["done"]
