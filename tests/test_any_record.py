"""Whatever the record of a step looks like, its analysis comes to an end and says what it found."""

from __future__ import annotations

import numpy as np
import pytest
from every_method import SHORT

from seccm.analysis.step_features import arrays_of, curves_of, measured
from seccm.factors import Condition
from seccm.program.registry import kind_of
from seccm.program.segment import Segment
from seccm.program.setting import Setting
from seccm.program.trace import Area, StepTrace
from seccm.results import UNTRUSTED, Status
from seccm.rig import Flag

SETTING = Setting(Condition(), offset=0.1, area=1e-12)
ROW = 2.56e-3
STRONG = 20e-12
"""A."""


def record(kind: str, rng: np.random.Generator) -> StepTrace:
    """A step that was cut anywhere, with a wave or without, and up to three mishaps in it."""
    known = kind_of(kind)
    act = known.resolve(known.spec.model_validate(SHORT[kind]), SETTING)
    whole = 40
    imposed = act.waveform if act.mode == "potential" else None
    if imposed is not None:
        whole = round(imposed.duration / ROW)
    n = whole if rng.random() < 0.5 else int(rng.integers(0, whole + 1))
    t = ROW * np.arange(1, n + 1)
    E = 1e-4 * rng.standard_normal(n) + (imposed.at(t) + 0.1 if imposed is not None else 0.0)
    size = 10 ** rng.uniform(-15.0, -11.0)
    current = size * rng.standard_normal(n) + STRONG * (rng.random() < 0.5) / (
        1.0 + np.exp(-E / 0.0257)
    )
    flag = np.zeros(n, np.uint8)
    for _ in range(int(rng.integers(4)) if n else 0):
        first = int(rng.integers(n))
        here = slice(first, first + int(rng.integers(1, 30)))
        match rng.choice(["stuck", "jump", "no current", "no potential", "end of range", "flag"]):
            case "stuck":
                current[here] = current[first]
            case "jump":
                current[here] += STRONG
            case "no current":
                current[here] = np.nan
            case "no potential":
                E[here] = np.nan
            case "end of range":
                current[here], flag[here] = 1e-9, Flag.SATURATED
            case "flag":
                flag[here] = rng.choice([Flag.OVERLOAD, Flag.GAP, Flag.FROZEN])
    return StepTrace(
        segment=Segment.of(act, kind, 0, (0,)),
        t=t,
        E=E,
        I=current,
        flag=flag,
        row=ROW,
        reason="time",
        area=Area(1e-12, 1e-14, "aperture"),
    )


@pytest.mark.parametrize("kind", SHORT)
def test_any_record_is_analysed(kind: str) -> None:
    """Nothing fails in it, and a number that is called clean is one."""
    for seed in range(26):
        trace = record(kind, np.random.default_rng(seed))
        found = measured(trace, ())
        arrays_of(trace, ())
        curves_of(trace)
        for name, value in found.items():
            assert value.status is not Status.ANALYSIS_FAILED, (seed, name)
            assert np.isfinite(value.value) or value.status >= UNTRUSTED, (seed, name)
