"""What cannot be printed: an answer that nobody got is an error, a reader who left is none."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seccm.cli.outlet import MOST, Outlet, aside, unprinted

posix = pytest.mark.skipif(os.name != "posix", reason="forks, and needs /dev/full")

ALL = """
import json, os, sys
from seccm.cli import commands, main
from seccm.data import open_scan
kind, *commands = json.load(sys.stdin)
def child(words):
    if kind == "full":
        out = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, out = os.pipe()
        os.close(reader)
    os.dup2(out, 1)
    sys.argv = ["seccm", *words]
    try:
        main()
    except SystemExit as end:
        os._exit(end.code or 0)
    os._exit(77)
ends = []
for words in commands:
    if not (pid := os.fork()):
        child(words)
    ends.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
print(json.dumps(ends))
"""
"""Commands, each in a fork of one process, with a standard output that takes nothing."""


def commands(folder: Path, file: Path) -> dict[str, list[str]]:
    """Return commands that end well, with what they need; what is printed goes one way for all."""
    areas = folder / "areas.txt"
    areas.write_text("site, area (um^2)\n0, 3\n", encoding="utf-8")
    data = str(file)
    return {
        "check": ["li-on-au-combinatorial"],
        "plans": [],
        "runs": [],
        "info": [data],
        "analyze": [data],
        "areas": [data, str(areas)],
        "rig check": ["virtual"],
        "--help": [],
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, bases: tuple[Path, Path]) -> Path:
    return Path(shutil.copy(bases[0], tmp_path_factory.mktemp("unprinted") / "done.h5")).parent


def ends_of(
    kind: str, folder: Path, leaving_out: tuple[str, ...] = ()
) -> tuple[dict[str, int], str]:
    """Carry all commands out; return their exit codes, and what the standard errors got."""
    here = folder / kind
    here.mkdir()
    tried = commands(here, Path(shutil.copy(folder / "done.h5", here)))
    for name in leaving_out:
        del tried[name]
    words = [[*name.split(), *more] for name, more in tried.items()]
    done = subprocess.run(
        [sys.executable, "-c", ALL], input=json.dumps([kind, *words]), text=True,
        capture_output=True, check=True, cwd=here,
        env={**os.environ, "XDG_RUNTIME_DIR": str(here), "TMPDIR": str(here)},
    )  # fmt: skip
    return dict(zip(tried, json.loads(done.stdout), strict=True)), done.stderr


@posix
def test_an_answer_that_could_not_be_printed_is_an_error(folder: Path):
    ends, said = ends_of("full", folder)
    assert ends == dict.fromkeys(ends, 1), said
    assert said.count("No space left on device") == len(ends), said
    assert "Traceback" not in said


@posix
def test_a_reader_who_has_seen_enough_is_no_error(folder: Path):
    ends, said = ends_of("closed", folder, leaving_out=("analyze", "areas", "check"))
    assert ends == dict.fromkeys(ends, 0), said
    assert "output" not in said
    assert "Traceback" not in said


class Refusing:
    """Takes so many writes and refuses the others."""

    def __init__(self, number: int | None, after: int = 0) -> None:
        self.number, self.after, self.taken = number, after, b""

    def write(self, data: bytes, /) -> int | None:
        if self.after > 0:
            self.after -= 1
            self.taken += data
            return len(data)
        raise ValueError("closed file") if self.number is None else OSError(self.number, "why")


@pytest.fixture
def printing(monkeypatch: pytest.MonkeyPatch):
    """Put an outlet in the place of the standard output; collect what goes to the other."""
    opened: list[Outlet] = []

    def place(raw: object) -> tuple[Outlet, io.StringIO]:
        like = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        outlet, errors = Outlet(raw, like), io.StringIO()  # type: ignore[arg-type]
        opened.append(outlet)
        monkeypatch.setattr(sys, "stdout", outlet)
        monkeypatch.setattr(sys, "stderr", errors)
        return outlet, errors

    yield place
    for outlet in opened:
        outlet.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT, None])
@pytest.mark.parametrize("after", [0, 1])
def test_whatever_refuses_a_part_makes_the_answer_incomplete(printing, number, after):
    outlet, errors = printing(Refusing(number, after))
    for line in ("first\n", "second\n"):
        print(line, end="")
        outlet.drain()
    assert unprinted() == 1
    assert "incomplete" in errors.getvalue()
    assert ("closed file" if number is None else "why") in errors.getvalue()


def test_a_closed_pipe_and_a_willing_one_make_it_complete(printing):
    for raw in (Refusing(errno.EPIPE), Refusing(errno.EPIPE, after=1), Refusing(None, after=9)):
        _, errors = printing(raw)
        print("an answer")
        print("another line of it")
        assert unprinted() == 0
        assert errors.getvalue() == ""


def test_what_only_accompanies_a_file_is_told_but_changes_no_exit_code(printing):
    _, errors = printing(Refusing(errno.ENOSPC))
    aside()
    print("site 3 ok")
    assert unprinted() == 0
    assert "incomplete" in errors.getvalue()


def test_more_than_may_wait_is_said_to_be_missing(printing):
    class Full:
        """Takes nothing now, and everything later."""

        full = True

        def write(self, data: bytes, /) -> int | None:
            return None if self.full else len(data)

    raw = Full()
    outlet, errors = printing(raw)
    outlet.write("x" * MOST)
    outlet.write("too much")
    raw.full = False
    assert unprinted() == 1
    assert "nobody reads it" in errors.getvalue()


def test_without_an_outlet_there_is_nothing_to_tell(monkeypatch: pytest.MonkeyPatch):
    """As in a notebook, whose standard output is an object of its own."""
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    aside()
    assert unprinted() == 0


def test_a_reader_that_never_came_is_waited_for_once(printing):
    class Deaf:
        def write(self, data: bytes, /) -> int | None:
            return None

    outlet, errors = printing(Deaf())
    outlet.write("nobody hears this")
    outlet.drain(patience=0.05)
    outlet.drain(patience=float("inf"))
    assert unprinted() == 1
    assert "nobody reads it" in errors.getvalue()
