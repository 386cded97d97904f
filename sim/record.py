"""The raw samples around a contact, made up so that they average to the recorded rows.

The rows of the virtual rig are computed without a loop over raw samples. Only here, around the
instant of contact, raw samples are wanted; they follow the shapes a fast recorder sees: the
double layer charges exponentially, and a galvanostat's overload collapses as the stray
capacitance discharges into the cell.
"""

from __future__ import annotations

import numpy as np

from seccm.rig import Block, ContactRecord
from sim.cell import FloatArray

SIDE = 256
"""Raw samples before and after the crossing."""
CHARGING = 0.14e-3
"""Time constant of the double layer's charging through the pipette, in seconds: 3.7 Mohm and
38 pF, the reference footprint."""
COLLAPSE = 30e-6
"""Time constant with which the overload collapses, in seconds."""


def contact_record(
    rows: Block,
    crossing: int,
    stopped: int,
    contact: float | None,
    noise: tuple[float, float],
    rng: np.random.Generator,
) -> ContactRecord:
    """Make the record of one stop.

    Args:
        rows: recorded rows that cover the record; those before the first are taken like it.
        crossing: raw sample number at which the signal crossed the threshold.
        stopped: raw sample number at which the command came to a halt.
        contact: instant of contact in seconds, or None if the meniscus did not touch.
        noise: rms of one raw sample of the potential (V) and the current (A).
        rng: for the noise.
    """
    spacing = rows.clock.spacing
    samples = np.arange(rows.start * spacing, rows.stop * spacing)
    age = samples / rows.clock.rate - (np.inf if contact is None else contact)
    wanted = slice(*np.searchsorted(samples, [max(0, crossing - SIDE), crossing + SIDE]))
    potential = _raw(rows, rows.data["potential"], age, COLLAPSE, noise[0], rng)
    current = _raw(rows, rows.data["current"], age, CHARGING, noise[1], rng)
    return ContactRecord(
        start=int(samples[wanted][0]),
        potential=potential[wanted],
        current=current[wanted],
        crossing=crossing,
        stopped=stopped,
    )


def _raw(
    rows: Block,
    recorded: FloatArray,
    age: FloatArray,
    tau: float,
    noise: float,
    rng: np.random.Generator,
) -> FloatArray:
    """Make raw samples, shape (rows x spacing,), whose averages are the recorded values.

    Args:
        rows: which rows.
        recorded: one channel of them.
        age: seconds since contact of each raw sample, shape (rows x spacing,).
        tau: time constant of the transient at contact, s.
        noise: rms of a raw sample.
        rng: for the noise.
    """
    clock = rows.clock
    raw = np.repeat(recorded, clock.spacing) + noise * rng.standard_normal(len(age))
    shaped = raw.reshape(rows.rows, clock.spacing)
    ages = age.reshape(rows.rows, clock.spacing)
    averaged = slice(0, clock.averaged)
    for index in range(rows.rows):
        fresh = ages[index] >= 0.0
        before = recorded[max(0, index - 1)]
        row = shaped[index]
        if fresh[averaged].any() and not fresh.all():
            row[~fresh] += before - recorded[index]
            settled = recorded[min(index + 1, rows.rows - 1)]
            row[fresh] += settled - recorded[index]
            decay = np.where(fresh, np.exp(-np.clip(ages[index], 0.0, None) / tau), 0.0)
            # The transient carries what the settled values leave over of the recorded mean.
            missing = recorded[index] - row[averaged].mean()
            row += decay * missing / decay[averaged].mean()
        else:
            row += recorded[index] - row[averaged].mean()
    flat: FloatArray = shaped.reshape(-1)
    return flat
