"""The file of targets that lies beside a picture: what a plan of sites of kind "targets" reads.

It has everything that the targets depend on: the picture by its checksum, the landmarks and by how
much each misses its place, the transform with its covariance, and what a target had to be.
"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from seccm.arrays import FloatArray
from seccm.imaging.plain_json import plain_json
from seccm.imaging.stage.agreeing import Agreed
from seccm.imaging.stage.choice import Candidates, Reason, Wanted
from seccm.imaging.stage.drifting import Drift

KIND = "seccm targets"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Places that are seen in the picture, and are known on the stage."""

    picture: FloatArray
    """x and y from the upper left corner, metres, shape (landmarks, 2)."""
    stage: FloatArray
    """x and y, metres, shape (landmarks, 2)."""
    labels: tuple[str, ...]
    source: str
    """Where they come from: a file."""
    t: FloatArray = field(default_factory=lambda: np.zeros(0))
    """When each was measured on the stage, seconds; empty where nobody knows."""


@dataclass(frozen=True, slots=True)
class Found:
    """Targets of a picture."""

    picture: Path
    checksum: str
    pixel: float
    """Metres."""
    shape: tuple[int, int]
    landmarks: Landmarks
    agreed: Agreed
    drift: Drift
    """Of the sample, while landmarks were measured."""
    places: FloatArray
    """Of all particles in the picture, metres, shape (particles, 2)."""
    candidates: Candidates
    """The same on the stage."""
    labels: tuple[str, ...]
    reasons: tuple[Reason, ...]
    wanted: Wanted
    particles_from: str
    """Where the particles come from, as the end of a sentence."""
    table: Path
    """CSV beside the picture: every particle with its reason."""
    file: Path
    """JSON beside the picture: what a plan reads."""
    figure: Path
    """PNG."""
    notes: tuple[str, ...] = ()
    """What was done to the picture, and what is wrong with it or its landmarks, as sentences."""
    simulated: bool = False
    """Whether the picture was drawn and not measured."""

    @property
    def chosen(self) -> list[int]:
        """Return the numbers of the particles that are targets."""
        return [k for k, reason in enumerate(self.reasons) if reason is Reason.TARGET]


def content(found: Found) -> str:
    """Return the file of targets, JSON with all lengths in metres; null is not a number."""
    fit, marks, all_ = found.agreed.fit, found.landmarks, found.candidates
    told: dict[str, Any] = {
        "kind": KIND,
        "format": FORMAT,
        "picture": found.picture.name,
        "sha256": found.checksum,
        "pixel": found.pixel,
        "simulated": found.simulated,
        "notes": list(found.notes),
        "footprint": found.wanted.footprint,
        "margin": found.wanted.margin,
        "smallest": found.wanted.smallest,
        "largest": found.wanted.largest,
        "transform": {
            "matrix": fit.matrix.tolist(),
            "middle": fit.middle.tolist(),
            "centre": fit.centre.tolist(),
            "mirrored": fit.mirrored,
            "scale": fit.scale,
            "turned": fit.turned,
            "landmark_error": fit.s,
            "covariance": fit.covariance.tolist(),
        },
        "drift": {
            "velocity": list(found.drift.velocity),
            "error": found.drift.error,
            "first": found.drift.first,
            "last": found.drift.last,
            "at": found.drift.at,
            "told": list(found.drift.told),
        },
        "landmarks_from": marks.source,
        "landmarks": [
            {
                "label": marks.labels[k],
                "picture": marks.picture[k].tolist(),
                "stage": marks.stage[k].tolist(),
                "t": float(marks.t[k]) if marks.t.size else math.nan,
                "missed": float(found.agreed.missed[k]),
                "used": bool(found.agreed.used[k]),
            }
            for k in range(len(marks.stage))
        ],
        "targets": [
            {
                "label": found.labels[k],
                "x": float(all_.places[k, 0]),
                "y": float(all_.places[k, 1]),
                "u": float(all_.error[k]),
                "d": float(all_.diameter[k]),
                "picture": found.places[k].tolist(),
            }
            for k in found.chosen
        ],
        "refused": {
            reason.value: sum(each is reason for each in found.reasons)
            for reason in Reason
            if reason is not Reason.TARGET and reason in found.reasons
        },
    }
    return plain_json(told)


def table(found: Found) -> str:
    """Return every particle with its place in the picture and on the stage, and its reason."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(
        ["label", "x (um)", "y (um)", "u (um)", "d (nm)", "picture x (um)", "picture y (um)", "why"]
    )
    all_ = found.candidates
    for k, reason in enumerate(found.reasons):
        x, y, u, column, row = (
            f"{1e6 * length:.4f}" for length in (*all_.places[k], all_.error[k], *found.places[k])
        )
        d = "" if math.isnan(all_.diameter[k]) else f"{1e9 * all_.diameter[k]:.2f}"
        rows.writerow([found.labels[k], x, y, u, d, column, row, reason.value])
    return text.getvalue()


def to_edge(places: FloatArray, shape: tuple[int, int], pixel: float, scale: float) -> FloatArray:
    """Return how far places are from the nearest side of the picture, metres on the stage."""
    sides = np.array([shape[1], shape[0]]) * pixel
    return np.asarray(scale * np.minimum(places, sides - places).min(axis=1))
