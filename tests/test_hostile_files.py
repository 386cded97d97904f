"""Whatever stands in a file's place ends in sentences: no traceback, no hang, exit code 2."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cli import seccm_says

from seccm import calibration
from seccm.errors import PlanError, SeccmError
from seccm.mistakes import Mistakes
from seccm.plan import Plan, load_plan, plans, rigs
from seccm.plan.points import read_sites
from seccm.rig import Mounted
from seccm.rigs import build_rig, load_rig
from seccm.text_files import Unreadable, read_text
from ui.models.draft import Draft

READERS: dict[str, Callable[[Path], Any]] = {
    "plan": load_plan,
    "rig": load_rig,
    "calibration": calibration.read,
    "points": read_sites,
    "draft": Draft.open,
}
SHIPPED = {
    **{path.name: ("plan", path.read_text(encoding="utf-8")) for path in plans().values()},
    **{path.name: ("rig", path.read_text(encoding="utf-8")) for path in rigs().values()},
}


def folder(path: Path) -> None:
    path.mkdir()


def large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10**10)  # Takes no room on the disk, and would take all of the memory.


def bound(path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.close()


PLACES: dict[str, tuple[Callable[[Path], object], str]] = {
    "folder": (folder, "is a folder"),
    "large": (large, "MB are read"),
    "missing": (lambda path: None, "does not exist|no such file"),
    "zeros": (lambda path: path.write_bytes(bytes(100)), "byte 0 is zero"),
    "UTF-16": (lambda path: path.write_bytes("a = 1".encode("utf-16")), "is UTF-16 text"),
    "latin-1": (lambda path: path.write_bytes(b"a = 1\nb = '\xb5m'\n"), "byte 11, in line 2"),
}
if sys.platform != "win32":
    PLACES |= {
        "pipe": (os.mkfifo, "is a pipe"),
        "socket": (bound, "is a socket"),
        "device": (lambda path: path.symlink_to("/dev/zero"), "is a device"),
        "loop": (lambda path: path.symlink_to(path), "does not exist|cannot be read|no such file"),
    }


@pytest.mark.parametrize("place", sorted(PLACES))
@pytest.mark.parametrize("reader", sorted(READERS))
def test_what_is_no_text_file_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str, place: str
) -> None:
    """Nobody waits for a pipe, and nobody reads a device to its end."""
    monkeypatch.chdir(tmp_path)
    path = Path("it.toml")
    make, words = PLACES[place]
    make(path)
    with pytest.raises((PlanError, Mistakes), match=words):
        READERS[reader](path)


HOSTILE = {
    "long number": "cycles = " + "9" * 5000,
    "deep tables": "[" + ".".join("a" * 3000) + "]\nb = 1",
    "deep lists": "a = " + "[" * 3000 + "]" * 3000,
    "deep and allowed": "a = " + "[" * 90 + "]" * 90,
    "empty": "",
    "control": 'title = "a\x1bb"',
    "one word": "plan",
    "a list of everything": "title = [1979-05-27, 07:32:00, inf, nan, {}, [], 1e999]",
    "strange keys": '"\\u0000" = 1\n"" = 2\n"a.b [c]" = 3\n"\\u202e" = 4\n"' + "k" * 9999 + '" = 5',
    "dates": "approach = 1979-05-27\nkind = 1979-05-27T07:32:00Z\nsites = 07:32:00",
    "numbers": "approach = inf\nkind = nan\nsites = -inf\ntitle = 1e999",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("kind", ["plan", "rig"])
def test_hostile_toml_is_refused_in_short_sentences(tmp_path: Path, kind: str, text: str) -> None:
    """By the command that a newcomer runs first, with the code of wrong input."""
    path = tmp_path / "it.toml"
    path.write_text(text, encoding="utf-8")
    arguments = ("check", str(path)) if kind == "plan" else (
        "check", "li-on-au-cv", "--rig", str(path))  # fmt: skip
    code, said = seccm_says(*arguments)
    assert code == 2, said
    assert "Nothing moved." in said
    assert max(map(len, said.splitlines())) < 400
    assert said.replace("\n", "").isprintable()


@pytest.mark.parametrize("text", ["[" * 5000, "9" * 5000, "{}", "[]", "null", '{"title": 1}', "\0"])
def test_what_is_no_stored_plan_is_refused(text: str) -> None:
    """A data file may hold anything where its plan should be."""
    with pytest.raises(PlanError):
        Plan.from_json(text)


HEAD = '"kind": "seccm calibration", "format": 1'
DATED = '"procedure": "a", "made": "2026-01-01T00:00:00Z", "how": "b", "report": "c", "device": "d"'
ENTRIES = [
    "5", "{}", "[5]", "[{}]",
    "[{%s}]",
    '[{%s, "wiring": 5}]',
    '[{%s, "wiring": {}, "tables": {"inputs.current": {"sign": 1}}}]',
    '[{%s, "wiring": {}, "tables": {"inputs.current": 5}}]',
    '[{%s, "wiring": {}, "tables": {"": {"sign": 1, "gain": "1", "offset": "0 V"}}}]',
    '[{%s, "wiring": {}, "tables": {"cell.potential": '
    '{"sign": 1, "gain": "1", "offset": "0 V", "ofset": "1 V"}}}]',
    '[{%s, "wiring": {}, "figures": {"noise": 5}}]',
    '[{%s, "wiring": {}, "figures": {"noise": [NaN, "A"]}}]',
    '[{%s, "wiring": {}, "made_by": "hand"}]',
    '[{%s, "wiring": {}, "made": "today"}]',
    '[{%s, "wiring": {}, "made": "2026-01-01"}]',
]  # fmt: skip
CALIBRATIONS = [
    *("", "[]", "5", "null", "[" * 5000, "9" * 5000, f"{{{HEAD}}}"),
    *(f'{{{HEAD}, "entries": {entries.replace("%s", DATED)}}}' for entries in ENTRIES),
]


@pytest.mark.parametrize("text", CALIBRATIONS)
def test_what_is_no_calibration_is_refused(tmp_path: Path, text: str) -> None:
    """With the part that is wrong."""
    path = tmp_path / "it.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PlanError, match=r"cannot be read as a calibration: .+ Move or rename it"):
        calibration.read(path)


@pytest.mark.parametrize("strict", [True, False])
def test_a_rig_file_whose_calibration_no_file_can_be_called_is_refused(
    tmp_path: Path, strict: bool
) -> None:
    """Where it is about to be made, it is missing, and what is wrong is said when it is made."""
    path = tmp_path / "rig.toml"
    name, text = SHIPPED["virtual.toml"]
    assert name == "rig"
    path.write_text(f'calibration = "{"c" * 300}.json"\n{text}', encoding="utf-8")
    if strict:
        with pytest.raises(PlanError, match="File name too long"):
            load_rig(path)
    else:
        config = load_rig(path, calibrated=False).config
        assert not calibration.entries_of(config)


@pytest.mark.skipif(sys.platform != "linux", reason="only there are files that are none")
def test_a_file_of_the_system_is_not_waited_for(tmp_path: Path, monkeypatch: Any) -> None:
    """One that pretends to be an ordinary file, as some do, and has nothing to say."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)
    try:
        monkeypatch.setattr("seccm.text_files.not_a_file", lambda mode: "")
        assert read_text(pipe) == ""
    finally:
        os.close(writer)


def test_a_text_file_of_any_system_is_read(tmp_path: Path) -> None:
    """With and without the mark of UTF-8, whatever ends its lines."""
    path = tmp_path / "it.txt"
    path.write_bytes("\ufeffµ\r\na\rb\n".encode())
    assert read_text(path) == "µ\na\nb\n"
    with pytest.raises(Unreadable, match=r"more|MB"):
        read_text(path, largest=3)


@pytest.mark.parametrize("name", ["no\0name", "x" * 5000, "a/" * 3000, "folder\0/x.toml"])
def test_a_name_that_no_file_can_have_is_refused(name: str) -> None:
    """As typed on a command line, or written in a plan."""
    for read in (load_plan, load_rig):
        with pytest.raises(PlanError):
            read(name)


TOKENS = st.sampled_from(
    ['5', '"5 um"', "1e999", "nan", "-inf", "1979-05-27", "07:32:00", "true", "[]", "{}", "[[]]",
     '""', '"\\u0000"', "9" * 400, "9" * 5000, "[1, [2]]", "{ a = { b = 1 } }", '"$j"', "-1",
     '"1e400 V"', "{ kind = 5 }", '"first step"', "[{}]"]
)  # fmt: skip


@st.composite
def mangled(draw: st.DrawFn, text: str) -> str:
    """A shipped file with a few lines or characters changed."""
    for _ in range(draw(st.integers(1, 4))):
        lines = text.split("\n")
        at = draw(st.integers(0, len(lines) - 1))
        key, equals, _ = lines[at].partition("=")
        how = draw(st.sampled_from(["value", "value", "key", "delete", "head", "character"]))
        if how == "value" and equals:
            lines[at] = f"{key}= {draw(TOKENS)}"
        elif how == "key" and equals:
            ending = draw(st.sampled_from(["x", ".a.b", '. "c d"']))
            lines[at] = f"{key.strip()}{ending} = 1"
        elif how == "delete":
            del lines[at]
        elif how == "head":
            lines.insert(at, draw(st.sampled_from(["[zz]", "[[program]]", "[sites]", "[axes]"])))
        text = "\n".join(lines)
        if how == "character" and text:
            place = draw(st.integers(0, len(text) - 1))
            scrap = draw(st.sampled_from(["", "\0", "\x1b", "é", "9", '"', "[", "]", "=", "\n"]))
            text = text[:place] + scrap + text[place + draw(st.integers(0, 2)) :]
    return text


@settings(max_examples=150, deadline=None)
@given(data=st.data(), name=st.sampled_from(sorted(SHIPPED)))
def test_a_mangled_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, name: str
) -> None:
    """Plans and rig files alike, up to the rig that is built from them."""
    kind, text = SHIPPED[name]
    path = tmp_path_factory.mktemp("mangled") / name
    path.write_text(data.draw(mangled(text)), encoding="utf-8")
    told = ""
    try:
        if kind == "plan":
            assert load_plan(path).sites()
        else:
            rig = build_rig(load_rig(path), Mounted("li-on-au", 6e-6))
            assert load_plan("li-on-au-combinatorial").check(rig.info) is not None
    except SeccmError as error:
        told = str(error)
        assert told.replace("\n", "").isprintable()
    assert "Traceback" not in told
