"""A filmed run that is killed with -9: every claimed frame opens, times survive, it goes on."""

from __future__ import annotations

from pathlib import Path

from killed_films import check, killed


def test_a_killed_film_keeps_every_frame_and_its_time(tmp_path: Path) -> None:
    path = tmp_path / "scan.h5"
    killed(path, 1, 0.1, "engine")
    listed, in_the_end = check(path)
    assert 0 < listed < in_the_end
