"""What is asked of targets and cannot be: all of it is told at once, and nothing is written."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from seccm import session
from seccm.cli.commands import app
from seccm.errors import PlanError
from seccm.imaging.stage.choice import Wanted

SIDE, PIXEL = 128, 50e-9


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    image = np.full((SIDE, SIDE), 100.0)
    for y, x in ((40, 40), (90, 70)):
        image += 120 * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 18)
    tifffile.imwrite(tmp_path / "gold.tif", image.astype(np.uint8))
    lines = [f"{x},{y},{10 + x},{20 - y}" for x, y in ((1, 1), (5, 1), (1, 5), (5, 6))]
    text = "\n".join(["x (um),y (um),stage x (um),stage y (um)", *lines])
    (tmp_path / "marks.csv").write_text(text, encoding="utf-8")
    return tmp_path / "gold.tif"


def asked(gold: Path, *more: str) -> tuple[int, str]:
    line = ["targets", str(gold), "--pixel", "50 nm", "--landmarks",
            str(gold.with_name("marks.csv")), "--footprint", "1 um", *more]  # fmt: skip
    result = CliRunner().invoke(app, line)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, " ".join(result.output.split())


@pytest.mark.parametrize(
    ("more", "what"),
    [
        (("--footprint", "1 m"), "less than the shorter side of the picture, 6.4 um"),
        (("--footprint", "6.4 um"), "less than the shorter side"),
        (("--footprint", "-1 um"), "must be more than 0"),
        (("--margin", "-1 um"), "droplets would lie on neighbours"),
        (("--smallest", "2 um", "--largest", "1 um"), "no diameter is from 2 um to 1 um"),
        (("--smallest", "-1 um"), "no diameter is from -1 um"),
        (("--reach", "10 um, 0 um, 0 um, 10 um"), "nothing is from 10 um to 0 m, along x"),
        (("--reach", "0 um, 10 um, 7 um, 7 um"), "along y"),
        (("--error", "0 um"), "must be more than 0"),
        (("--scale", "100 %"), "between 0 % and 100 %"),
    ],
)
def test_what_nothing_can_be_is_refused(gold: Path, more: tuple[str, ...], what: str) -> None:
    code, said = asked(gold, *more)
    assert code == 2
    assert what in said
    assert not list(gold.parent.glob("*.targets.*"))


def test_all_that_is_wrong_is_told_at_once(gold: Path) -> None:
    wanted = Wanted(footprint=1.0, margin=-1e-6, smallest=2e-6, largest=1e-6)
    with pytest.raises(PlanError) as failed:
        session.find_targets(
            gold, gold.with_name("marks.csv"), wanted, pixel=PIXEL, reach=((1.0, 0.0), (1.0, 0.0))
        )
    where = [problem.where for problem in failed.value.problems]
    assert where == ["footprint", "margin", "smallest, largest", "reach", "reach"]
    assert all(problem.remedy for problem in failed.value.problems)


@pytest.mark.parametrize("axis", [0, 1])
def test_what_is_not_a_number_is_nothing_either(gold: Path, axis: int) -> None:
    ends = [(0.0, 1.0), (0.0, 1.0)]
    ends[axis] = (0.0, math.nan)
    for wanted in (Wanted(math.nan, 0.0), Wanted(1e-6, math.nan), Wanted(1e-6, 0.0, math.nan)):
        with pytest.raises(PlanError) as failed:
            session.find_targets(
                gold, gold.with_name("marks.csv"), wanted, pixel=PIXEL, reach=(ends[0], ends[1])
            )
        assert len(failed.value.problems) == 2


def test_what_can_be_is_found(gold: Path) -> None:
    code, said = asked(gold, "--reach", "0 um, 30 um, 0 um, 30 um", "--margin", "0 um")
    assert code == 0, said
    assert "2 particles" in said
    assert "mirrored" in said
