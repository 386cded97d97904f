"""What is printed: names as they are, commands that work, and no output that harms a run."""

from __future__ import annotations

import fcntl
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from command_lines import a_plan, shell, started
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import seccm
from seccm.cli.commands import app
from seccm.cli.outlet import MOST, Outlet
from seccm.cli.printing import shown
from seccm.cli.rig_commands import rig_app
from seccm.events import SiteFinished
from seccm.shell import command

NASTY = ("[bold] hop [try 2] d[/b] :smile:", "it's a  b ünï 日本 $(x) `y` \\", "-o")
"""Marks of the printer's, of the shell's and of the command line's, each kind in one name."""
posix = pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX, and its pipes")


@pytest.fixture(scope="module", params=range(len(NASTY)), ids=NASTY)
def nasty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file of a stopped run, all of them of an awkward name."""
    name = NASTY[request.param]
    folder = tmp_path_factory.mktemp("names") / name
    folder.mkdir(parents=True)
    data = folder / f"{folder.name}.h5"
    run = seccm.run(a_plan(folder, title=name.replace("\\", "")), path=data)
    for event in run:
        if isinstance(event, SiteFinished) and event.site == 0:
            run.ask("stop", name)
    return data


def said(*words: object) -> str:
    """Return what a command prints, errors too."""
    result = CliRunner().invoke(app, list(map(str, words)))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.output


def test_every_command_prints_the_names_as_they_are(nasty: Path):
    with seccm.open(nasty) as scan:
        title = scan.header.title.split(" ", 1)[1]
    missing = nasty.with_name(f"no {nasty.name}")
    assert str(nasty) in said("info", nasty)
    assert title in said("info", nasty)
    assert str(nasty) in said("analyze", nasty)
    assert title in said("check", nasty.with_name("plan.toml"))
    assert f"{nasty.stem}-report" in said("report", nasty)
    for verb in ("info", "analyze", "report", "resume"):
        assert str(missing) in said(verb, missing), verb
    for words in (
        ("check", missing),
        ("run", missing),
        ("check", "li-on-au-combinatorial", "--rig"),
    ):
        assert str(missing) in said(*words, *([missing] if words[-1] == "--rig" else [])), words
    assert command("seccm", "resume", nasty) in said("info", nasty)
    ended = said("resume", nasty)
    assert str(nasty) in ended
    assert "3 ok" in said("info", nasty)


@posix
@given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1))
def test_a_command_that_is_offered_means_the_file_in_any_shell(name: str):
    offered = command("seccm", "resume", Path(name))
    assert "\n" not in offered
    if name.isprintable():
        *_, last = shlex.split(offered)
        assert Path(last) == Path(name)
        assert not last.startswith("-")


@posix
def test_even_a_name_of_several_lines_can_be_pasted(tmp_path: Path):
    for name in ("two\nlines", "a\tb'c", "\x1b[31mred", "\udcff"):
        line = command("touch", Path(name))
        assert shell(tmp_path, line) == 0
        assert (tmp_path / name).exists(), line


@given(st.text())
def test_nothing_that_is_printed_steers_the_terminal(text: str):
    assert all(letter.isprintable() for letter in shown(text))
    if text.isprintable():
        assert shown(text) == text


@posix
@pytest.mark.parametrize(
    ("where", "environment"),
    [
        ("| head -1 > /dev/null; exit ${PIPESTATUS[0]}", ()),
        (">&-", ()),
        (">&- 2>&- <&-", ()),
        ("> /dev/full 2>&1", ()),
        ("> out.txt", (("PYTHONIOENCODING", "ascii"),)),
        ("> out.txt", (("LC_ALL", "C"), ("PYTHONUTF8", "0"), ("PYTHONCOERCECLOCALE", "0"))),
    ],
)
def test_a_run_is_complete_whatever_becomes_of_its_output(
    tmp_path: Path, where: str, environment: tuple[tuple[str, str], ...]
):
    a_plan(tmp_path, title="Ü · µ ± 日", sites=1)
    assert shell(tmp_path, f"seccm run plan.toml -o é.h5 {where}", environment) == 0
    with seccm.open(tmp_path / "é.h5") as scan:
        assert scan.state == "complete"
        assert scan.packed
    assert shell(tmp_path, f"seccm run nowhere.toml {where}", environment) == 2


@posix
def test_a_pipe_that_nobody_reads_holds_no_run_up(tmp_path: Path):
    a_plan(tmp_path)
    reading, writing = os.pipe()
    fcntl.fcntl(writing, 1031, 4096)  # F_SETPIPE_SZ: the least there is
    os.write(writing, bytes(4096))
    try:
        with started(tmp_path, "run", "plan.toml", "-o", "a.h5", out=writing) as run:
            assert run.ended() == 0
    finally:
        os.close(reading)
        os.close(writing)
    with seccm.open(tmp_path / "a.h5") as scan:
        assert scan.state == "complete"


class Stuck:
    """Takes a little, and then nothing."""

    def __init__(self) -> None:
        self.taken = b""

    def write(self, data: bytes, /) -> int | None:
        self.taken += data[:3]
        return min(3, len(data)) if len(self.taken) < 9 else None


def test_an_outlet_takes_only_what_it_has_room_for():
    stuck = Stuck()
    outlet = Outlet(stuck, io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    for _ in range(10):
        assert outlet.write("u" * (MOST // 4)) == MOST // 4
    outlet.drain(patience=0.1)
    assert stuck.taken.startswith(b"uuuuuuuuu")
    assert outlet.write("no more") == len("no more")
    outlet.close()


def test_letters_that_an_encoding_lacks_are_written_plainly():
    raw = io.BytesIO()
    outlet = Outlet(raw, io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    outlet.write("5 µm · 3 ± 1 … é日\udcff")
    outlet.drain()
    outlet.close()
    assert raw.getvalue() == rb"5 um - 3 +- 1 ... \xe9\u65e5" + b"\xff"


def test_an_error_of_the_program_has_its_traceback_and_exit_code(tmp_path: Path):
    script = (
        "import sys; from seccm.cli import main, commands\n"
        "def broken(*_): raise RuntimeError('nobody thought of it')\n"
        "import seccm.plan.library as library; library.plans = broken\n"
        "sys.argv = ['seccm', 'plans']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "nobody thought of it" in done.stderr


def test_the_help_of_every_command_shows_what_stands_in_brackets():
    """Such as the name of a table, which looks like markup."""
    runner, bracketed = CliRunner(), []
    for group, words in ((app, []), (rig_app, ["rig"])):
        for one in group.registered_commands:
            assert one.callback is not None
            named = re.findall(r"\[(\w+)\]", one.callback.__doc__ or "")
            name = one.name or one.callback.__name__.replace("_", "-")
            said = runner.invoke(app, [*words, name, "--help"]).output
            assert all(f"[{table}]" in said for table in named), said
            bracketed += named
    assert {"coarse", "piezo"} <= set(bracketed)
