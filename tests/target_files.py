"""A file of targets as `seccm targets` writes it: four particles, of which three are targets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from seccm.imaging.stage.agreeing import agreed
from seccm.imaging.stage.choice import Candidates, Reason, Wanted
from seccm.imaging.stage.drifting import UNTIMED
from seccm.imaging.stage.target_file import Found, Landmarks, content

PICTURE = np.array([[2e-6, 3e-6], [38e-6, 5e-6], [6e-6, 36e-6], [33e-6, 37e-6], [20e-6, 10e-6]])
MATRIX, SHIFT = np.array([[0.8, 0.6], [0.6, -0.8]]), np.array([40e-6, 30e-6])
PLACES = np.array([[10e-6, 12e-6], [30e-6, 12e-6], [20e-6, 30e-6], [35e-6, 30e-6]])
SIZES = np.array([1.0e-6, 0.8e-6, 1.2e-6, 0.1e-6])


def found(folder: Path, noise: float = 0.0, sizes: np.ndarray = SIZES) -> Found:
    stage = PICTURE @ MATRIX.T + SHIFT
    stage += noise * np.random.default_rng(0).standard_normal(stage.shape)
    fit = agreed(PICTURE, stage, mirrored=True, error=max(noise, 50e-9))
    candidates = Candidates(
        fit.fit(PLACES), fit.fit.error(PLACES), sizes, np.full(4, 1e-3), np.zeros(4)
    )
    reasons = (Reason.TARGET, Reason.TARGET, Reason.TARGET, Reason.SMALL)
    return Found(
        picture=folder / "gold.tif", checksum="ab" * 32, pixel=40e-9, shape=(1000, 1000),
        landmarks=Landmarks(PICTURE, stage, ("a", "b", "c", "d", "e"), "marks.csv"),
        agreed=fit, drift=UNTIMED, places=PLACES, candidates=candidates,
        labels=("P1", "P2", "P3", "P4"),
        reasons=reasons, wanted=Wanted(10e-6), particles_from="a test",
        table=folder / "t.csv", file=folder / "gold.json", figure=folder / "t.png",
    )  # fmt: skip


def written(folder: Path, **how: Any) -> Path:
    made = found(folder, **how)
    made.file.write_text(content(made), encoding="utf-8")
    return made.file
