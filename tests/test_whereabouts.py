"""A file that is moved, replaced or deleted while a run writes it: data go by what they are."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from command_lines import a_plan, started

import seccm
from seccm.data import finish
from seccm.data.whereabouts import Whereabouts, run_id_of
from seccm.errors import DataFileError
from seccm.events import Landed, RunStopped, SiteFinished

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows moves no file that is open")


def moving(folder: Path, move: Callable[[Path], object], *, stop: bool = False) -> seccm.Run:
    """Carry a run out, and do something to its file in the midst of it."""
    data = folder / "scan" / "a.h5"
    data.parent.mkdir()
    run = seccm.run(a_plan(folder), path=data)
    for event in run:
        if isinstance(event, Landed) and event.site == 1:
            move(data)
        if stop and isinstance(event, SiteFinished) and event.site == 1:
            run.ask("stop")
    return run


def another(data: Path) -> None:
    """Let another run take the name of a file."""
    list(seccm.run(a_plan(data.parent), path=data, seed=9))


def rename(data: Path) -> None:
    data.rename(data.with_name("mine.h5"))


def replace(data: Path) -> None:
    rename(data)
    another(data)


def move_folder(data: Path) -> None:
    data.parent.rename(data.parent.with_name("tidy"))


def elsewhere(data: Path) -> None:
    data.rename(data.parent.parent / "b.h5")


@pytest.mark.parametrize(
    ("move", "now"),
    [
        (rename, "scan/mine.h5"),
        (replace, "scan/mine.h5"),
        (move_folder, "tidy/a.h5"),
        (elsewhere, "b.h5"),
        (Path.unlink, "scan/a.h5"),
    ],
)
def test_a_run_knows_where_its_file_is_in_the_end(
    tmp_path: Path, move: Callable[[Path], object], now: str
):
    run = moving(tmp_path, move)
    assert run.path == tmp_path / now
    assert str(run.path) in run.moved
    assert "3 sites checked" in run.packing
    with run.open() as scan:
        assert scan.header.uuid == run.run_id
        assert scan.state == "complete"
        assert scan.packed
    assert sum(run.kept.values()) == 3


def test_what_takes_the_place_of_a_deleted_file_is_left_alone(tmp_path: Path):
    def delete_and_replace(data: Path) -> None:
        data.unlink()
        another(data)

    run = moving(tmp_path, delete_and_replace)
    other = tmp_path / "scan" / "a.h5"
    assert run.path != other
    assert run_id_of(other) not in ("", run.run_id)
    with run.open() as scan:
        assert scan.state == "complete"


def test_a_stopped_run_is_continued_where_its_file_is(tmp_path: Path):
    run = moving(tmp_path, rename, stop=True)
    assert run.path.name == "mine.h5"
    list(seccm.resume(run.path))
    with seccm.open(run.path) as scan:
        assert scan.state == "complete"
        assert scan.header.uuid == run.run_id


def test_a_growing_file_that_took_the_name_keeps_its_mark(tmp_path: Path):
    """The end of a run touches no file but its own."""
    started_too = []

    def take_the_name(data: Path) -> None:
        rename(data)
        other = seccm.run(a_plan(data.parent), path=data, seed=9)
        events = iter(other)
        next(events)
        started_too.append((other, events))

    run = moving(tmp_path, take_the_name)
    [(other, events)] = started_too
    with seccm.open(other.path) as scan:
        assert scan.state == "running"
    assert isinstance(list(events)[-1], RunStopped)
    assert other.path == tmp_path / "scan" / "a.h5"
    assert run.path == tmp_path / "scan" / "mine.h5"


def test_the_report_of_a_run_is_never_that_of_another(tmp_path: Path):
    a_plan(tmp_path)
    command = ("run", "plan.toml", "-o", "a.h5", "--pace", 12, "--report")
    with started(tmp_path, *command) as run:
        run.wait_until(" ok ")
        (tmp_path / "a.h5").rename(tmp_path / "mine.h5")
        another(tmp_path / "a.h5")
        assert run.ended() == 0, run.said
        assert "it is" in run.said
    page = (tmp_path / "mine-report" / "index.html").read_text(encoding="utf-8")
    assert run_id_of(tmp_path / "mine.h5") in page
    assert run_id_of(tmp_path / "a.h5") not in page
    assert not (tmp_path / "a-report").exists()


def test_packing_leaves_a_file_alone_that_came_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    mine, other = tmp_path / "a.h5", tmp_path / "other.h5"
    for path, seed in ((mine, 1), (other, 2)):
        run = seccm.run(a_plan(tmp_path), path=path, seed=seed)
        for event in run:
            if isinstance(event, SiteFinished):
                run.ask("stop")
    ids = run_id_of(mine), run_id_of(other)
    with pytest.raises(DataFileError, match="holds another run"):
        finish(other, ids[0])
    seen = Whereabouts.look

    def swapped(file: Whereabouts) -> Path | None:
        monkeypatch.setattr(Whereabouts, "look", seen)
        mine.rename(tmp_path / "mine.h5")
        other.rename(mine)
        return file.look()

    monkeypatch.setattr(Whereabouts, "look", swapped)
    report = finish(mine, ids[0])
    assert report.path.samefile(tmp_path / "mine.h5")
    assert (run_id_of(tmp_path / "mine.h5"), run_id_of(mine)) == ids
