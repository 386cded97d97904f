"""Whether landmarks say well enough where the sites are."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from seccm.errors import Problem
from seccm.plan.registration import FEWEST, Affine
from seccm.plan.subject import Subject
from seccm.plan.tables import Tables
from seccm.plan.targets import ERROR, Targets
from seccm.units import show

WORST = 0.25
"""Of the footprint's diameter: what a landmark may miss its place by, and what twice the standard
deviation of a target's place may reach."""
_STRANGE = 0.2
"""Part by which a scale differs from 1 where that is worth a look."""


def registration_words(plan: Tables) -> str:
    """Say how the sites were registered, as a sentence; empty where they were not."""
    places, registration = plan.places, plan.places.registration
    if isinstance(places, Targets) and places.origin is not None:
        marks, worst = places.origin.landmarks, max(level.value for level in places.values[ERROR])
        return (
            f"Targets of {places.origin.picture}, by {sum(mark.used for mark in marks)} of "
            f"{len(marks)} landmarks: each place is known to {show(worst, 'm', 2)} or better."
        )
    if registration is None:
        return ""
    found = registration.affine()
    count = len(registration.planned)
    left = "" if math.isnan(found.rms) else f", which miss their places by {_nm(found)} (rms)"
    mirrored = ", mirrored" if found.scale < 0 else ""
    return (
        f"Registered by {count} landmarks{left}: turned by {math.degrees(found.turned):.3g} deg, "
        f"scaled by {abs(found.scale):.4g}{mirrored}."
    )


def registration_problems(subject: Subject) -> Iterator[Problem]:
    """Find registrations that are too uncertain for the footprint, or look like a slip."""
    registration = subject.plan.places.registration
    if registration is None:
        return
    found, diameter = registration.affine(), subject.plan.probe.diameter
    where = "sites.registration"
    if found.rms > WORST * diameter:
        worst = int((found.residuals**2).sum(axis=1).argmax())
        what = (
            f"the landmarks miss their places by {_nm(found)} (rms), more than a quarter of the "
            f"footprint's diameter, {show(diameter, 'm', 3)}; the worst is landmark {worst}."
        )
        yield Problem(where, what, "Measure the landmarks again, or remove the worst.")
    elif len(registration.planned) == FEWEST:
        what = "three landmarks fit in any case: nothing tells how well the sites are known."
        yield Problem(where, what, "Measure a fourth one.", "warning")
    if found.scale < 0 or abs(abs(found.scale) - 1.0) > _STRANGE:
        mirrored = "mirrored and " if found.scale < 0 else ""
        what = f"the sites are {mirrored}scaled by {abs(found.scale):.3g}."
        yield Problem(where, what, "Check the order and the units of the landmarks.", "warning")


def target_problems(subject: Subject) -> Iterator[Problem]:
    """Find targets whose places are too uncertain, or that were chosen for smaller droplets."""
    places = subject.plan.places
    if not isinstance(places, Targets):
        return
    diameter = subject.plan.probe.diameter
    errors = np.array([level.value for level in places.values.get(ERROR, ())])
    unsure = np.flatnonzero(2 * errors > WORST * diameter)
    if unsure.size:
        worst = int(errors.argmax())
        what = (
            f"{unsure.size} of {len(places.points)} targets are not known well enough: the place "
            f"of number {worst} is uncertain by {show(float(errors[worst]), 'm', 2)}, and twice "
            f"that is more than a quarter of the footprint's diameter, {show(diameter, 'm', 3)}."
        )
        yield Problem("sites.file", what, "Find the targets again with more landmarks.")
    chosen = places.origin.footprint if places.origin is not None else diameter
    if diameter > 1.05 * chosen:
        what = (
            f"targets were chosen for footprints of {show(chosen, 'm', 3)}, but those of the plan "
            f"are {show(diameter, 'm', 3)}: other particles may be in them."
        )
        remedy = "Find the targets again for the footprint of the plan."
        yield Problem("sites.file", what, remedy, "warning")


def _nm(found: Affine) -> str:
    return show(found.rms, "m", 3)
