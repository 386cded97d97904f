"""Landmarks that were measured while the sample drifted: taken out, or told."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import tifffile
from target_files import MATRIX, SHIFT

from seccm import session
from seccm.errors import PlanError
from seccm.imaging.stage.agreeing import Undetermined
from seccm.imaging.stage.choice import Wanted
from seccm.imaging.stage.drifting import FEWEST, LONG, agreed_in_time
from ui.models.pictures import marked

UM, HOUR = 1e-6, 3600.0
V = np.array([0.4e-6, -0.3e-6]) / 600.0
"""Half a micrometre in ten minutes."""
MARKS = np.random.default_rng(5).uniform(2 * UM, 38 * UM, (12, 2))
TARGET = np.array([[20 * UM, 30 * UM]])


def measured(
    seed: int, velocity: np.ndarray = V, count: int = 12, span: float = HOUR, noise: float = 5e-8
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return landmarks in the picture, on the stage when they were measured, and these times."""
    rng = np.random.default_rng(seed)
    t = rng.permutation(np.linspace(0.0, span, count))
    stage = MARKS[:count] @ MATRIX.T + SHIFT + np.outer(t, velocity)
    return MARKS[:count], stage + noise * rng.standard_normal(stage.shape), t


def placed(seed: int, **how: object):  # type: ignore[no-untyped-def]
    at = how.pop("at", None)
    marks = measured(seed, **how)  # type: ignore[arg-type]
    return agreed_in_time(*marks, mirrored=True, scale=(0.9, 1.1), error=1e-7, at=at)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("at", [None, 0.0, 2 * HOUR])
def test_a_drift_is_taken_out_and_places_hold_for_the_time_that_is_asked_for(
    seed: int, at: float | None
) -> None:
    fit, drift, _ = placed(seed, at=at)
    when = HOUR if at is None else at
    truth = TARGET @ MATRIX.T + SHIFT + V * when
    u = drift.grown(fit.fit.error(TARGET))[0]
    assert np.abs(fit.fit(TARGET) - truth).max() < 4 * u
    assert u < 0.6e-6
    assert fit.used.all()
    assert drift.velocity == pytest.approx(V, abs=5 * drift.error)
    assert "is taken out" in drift.told[0]
    assert drift.at == when


def test_places_are_less_certain_the_later_they_are_asked_for() -> None:
    errors = [
        drift.grown(fit.fit.error(TARGET))[0]
        for fit, drift, _ in (placed(1, at=at) for at in (HOUR, 2 * HOUR, 5 * HOUR))
    ]
    assert errors[0] < errors[1] < errors[2]
    assert "after the last landmark" in placed(1, at=2 * HOUR)[1].told[-1]


@pytest.mark.parametrize("seed", range(4))
def test_without_drift_none_is_made_of_noise(seed: int) -> None:
    fit, drift, stage = placed(seed, velocity=np.zeros(2))
    assert drift.velocity == (0.0, 0.0)
    assert "no drift is clear" in drift.told[0]
    assert math.isfinite(drift.error)
    assert np.array_equal(stage, measured(seed, np.zeros(2))[1])
    assert fit.used.all()


def test_a_mistaken_landmark_makes_no_drift() -> None:
    picture, stage, t = measured(3)
    stage[4] += (6 * UM, -5 * UM)
    fit, drift, _ = agreed_in_time(picture, stage, t, mirrored=True, scale=(0.9, 1.1), error=1e-7)
    assert not fit.used[4]
    assert fit.used.sum() == 11
    assert drift.velocity == pytest.approx(V, abs=5 * drift.error)


def test_few_landmarks_over_a_long_time_are_told() -> None:
    drift = placed(0, velocity=0.02 * V, count=FEWEST - 1)[1]
    assert "cannot be told" in drift.told[0]
    assert drift.velocity == (0.0, 0.0)
    assert placed(0, velocity=np.zeros(2), span=LONG / 2)[1].told == ()


def test_times_that_go_along_with_places_do_not_tell_a_drift_from_a_scale() -> None:
    """Landmarks along a row, one after the other: what they say of a drift is very uncertain."""
    line = np.column_stack([np.linspace(2, 38, 12), 20 + 1.5 * np.cos(np.arange(12))]) * UM
    t = np.linspace(0, HOUR, 12)
    rng = np.random.default_rng(0)
    stage = line @ MATRIX.T + SHIFT + 5e-8 * rng.standard_normal(line.shape)
    found = agreed_in_time(line, stage, t, mirrored=True, scale=(0.9, 1.1), error=1e-7)[1]
    scattered = placed(0, velocity=np.zeros(2))[1]
    assert found.velocity == (0.0, 0.0)
    assert found.error > 1.5 * scattered.error


def test_a_time_without_times_is_refused() -> None:
    picture, stage, _ = measured(0)
    for t in (np.zeros(0), np.full(12, math.nan)):
        with pytest.raises(Undetermined, match="the landmarks have none"):
            agreed_in_time(picture, stage, t, mirrored=True, scale=(0.9, 1.1), error=1e-7, at=0.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    image = np.random.default_rng(0).normal(100, 3, (1000, 1000))
    image[740:752, 495:507] += 120
    tifffile.imwrite(tmp_path / "gold.tif", np.clip(image, 0, 255).astype(np.uint8))
    picture, stage, t = measured(2)
    rows = ["x (um),y (um),stage x (um),stage y (um),t (min),label"]
    rows += [
        f"{x[0] / UM:.4f},{x[1] / UM:.4f},{s[0] / UM:.4f},{s[1] / UM:.4f},{each / 60:.4f},m{k}"
        for k, (x, s, each) in enumerate(zip(picture, stage, t, strict=True))
    ]
    (tmp_path / "marks.csv").write_text("\n".join(rows), encoding="utf-8")
    return tmp_path


def test_the_file_of_targets_keeps_times_and_drift_and_the_window_shows_both(folder: Path) -> None:
    found = session.find_targets(
        folder / "gold.tif", folder / "marks.csv", Wanted(4 * UM), pixel=40e-9, error=1e-7
    )
    told = json.loads(found.file.read_text(encoding="utf-8"))
    assert told["drift"]["velocity"] == pytest.approx(V, abs=1e-10)
    assert told["drift"]["last"] == pytest.approx(HOUR)
    assert [mark["t"] for mark in told["landmarks"]] == pytest.approx(measured(2)[2], abs=0.01)
    (target,) = told["targets"]
    truth = np.array([[501 * 40e-9, 746 * 40e-9]]) @ MATRIX.T + SHIFT + V * HOUR
    assert (target["x"], target["y"]) == pytest.approx(truth[0], abs=0.3e-6)
    seen = marked(folder / "gold.tif", 40e-9)
    assert "drifted by" in "; ".join(seen.words)
    for arrow in seen.arrows:
        assert math.hypot(arrow.to_x - arrow.x, arrow.to_y - arrow.y) < 0.4e-6


def test_a_time_with_a_wrong_unit_is_told(folder: Path) -> None:
    table = folder / "marks.csv"
    text = table.read_text(encoding="utf-8").replace("t (min)", "t (um)")
    table.write_text(text, encoding="utf-8")
    with pytest.raises(PlanError, match="um"):
        session.find_targets(folder / "gold.tif", table, Wanted(4 * UM), pixel=40e-9)
