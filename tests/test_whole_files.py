"""Files of a report: each is the old one or the new one, whole, whatever interrupts it."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path

import pytest
import warm
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from seccm.errors import DataFileError
from seccm.report import page, write_report
from seccm.report.style import save
from seccm.report.whole import whole

FAILURES = (OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), MemoryError())


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("old", [None, b"the figure of before"])
def test_a_figure_that_cannot_be_written_leaves_the_one_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, old: bytes | None
):
    def half(self: FigureCanvasAgg, path: Path) -> None:
        path.write_bytes(b"half")
        raise error

    monkeypatch.setattr(FigureCanvasAgg, "print_png", half)
    path = tmp_path / "map.png"
    if old is not None:
        path.write_bytes(old)
    with pytest.raises(type(error)):
        save(Figure(figsize=(1, 1)), path, 100)
    assert [one.name for one in tmp_path.iterdir()] == ([] if old is None else ["map.png"])
    assert old is None or path.read_bytes() == old


@pytest.mark.parametrize("kind", page.KINDS)
def test_a_figure_is_of_the_kind_that_its_name_says(tmp_path: Path, kind: str):
    path = tmp_path / f"map.{kind}"
    for _ in range(2):
        save(Figure(figsize=(1, 1)), path, 20)
        assert path.read_bytes().startswith({"png": b"\x89PNG", "pdf": b"%PDF"}[kind])
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_file_takes_its_name_when_it_is_whole_and_not_before(tmp_path: Path):
    path = tmp_path / "index.html"
    for text in ("first", "second, and longer"):
        with whole(path) as part:
            part.write_text(text, encoding="utf-8")
            assert not path.exists() or path.read_text(encoding="utf-8") == "first"
        assert path.read_text(encoding="utf-8") == text
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("where", ["figure", "page"])
def test_a_report_that_finds_no_room_says_so_and_leaves_the_old_one_readable(
    tmp_path: Path, bases: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, where: str
):
    """Whichever of its files it is that finds no room."""
    from seccm.data import open_scan

    (tmp_path / "figures").mkdir()
    old = tmp_path / "index.html"
    old.write_text("the page of before", encoding="utf-8")
    monkeypatch.setattr(page, "drawings", lambda study: iter(()))

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if where == "figure":
        monkeypatch.setattr(page, "drawings", full)
    else:
        monkeypatch.setattr(Path, "write_text", full)
    with open_scan(bases[0]) as scan, pytest.raises(DataFileError) as raised:
        write_report(scan, tmp_path)
    assert "the report cannot be written: No space left on device" in str(raised.value)
    assert "-o FOLDER" in str(raised.value)
    assert old.read_text(encoding="utf-8") == "the page of before"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["figures", "index.html"]


STRUCK = """
import os, shutil, signal, sys
def strike(*_):
    os.kill(os.getpid(), getattr(signal, {name!r}))
def drawings(_):
    strike()
    yield
import seccm.data.rewrite, seccm.report.page
copy = shutil.copyfile
shutil.copyfile = lambda *paths: (copy(*paths), strike())
seccm.report.page.drawings = drawings
from seccm.cli import main
sys.argv = ["seccm", {command!r}, "scan.h5"]
main()
"""
"""A command that is struck by a signal: while a report is drawn, and while features are stored."""


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX does")
@pytest.mark.parametrize(("command", "name"), [("report", "SIGTERM"), ("analyze", "SIGINT")])
def test_a_signal_ends_what_works_on_a_file_in_a_sentence_and_the_file_stays(
    tmp_path: Path, bases: tuple[Path, Path], command: str, name: str
):
    path = Path(shutil.copy(bases[0], tmp_path / "scan.h5"))
    before = path.read_bytes()
    done = warm.ran(
        [sys.executable, "-c", STRUCK.format(command=command, name=name)],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stderr.endswith("Interrupted: nothing moved.\n")
    assert "Traceback" not in done.stderr
    assert path.read_bytes() == before
    left = {one.name for one in tmp_path.iterdir()} - {"scan-report"}
    assert left == {"scan.h5"}
