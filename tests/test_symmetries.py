"""What physics does not know the analysis does not know: the zero of potential, the size of the
droplet, which sign of the current is called anodic.

Steps of every kind are told once more: against another reference, of a droplet so many times as
large, or with the signs of potential and current turned.
"""

from __future__ import annotations

import numpy as np
import pytest
from planted_steps import PLANTED, Traces, scaled, shifted, turned

from seccm.analysis.step_features import arrays_of, curves_of, measured
from seccm.program.yielded import results as declared_results
from seccm.results import Result, Value

EXTENSIVE = {"A": 1, "C": 1, "F": 1, "ohm": -1, "ohm s^-1/2": -1, "A/(V/s)^0.5": 1}
"""With which power of the area a result grows that is not per area."""
MIRRORED = {
    "E_pa": "E_pc", "E_pc": "E_pa", "j_pa": "j_pc", "j_pc": "j_pa",
    **{f"Q_{a}_{which}": f"Q_{b}_{which}" for a, b in ("ac", "ca")
       for which in ("first", "last", "of_cycles[0]", "of_cycles[1]")},
}  # fmt: skip
"""What a result is called at the same steps with the signs turned."""


def found(traces: Traces) -> dict[str, Value]:
    """Every number of the last step, those of arrays one by one."""
    trace, before = traces[-1], traces[:-1]
    numbers = dict(measured(trace, before))
    for name, values in arrays_of(trace, before).items():
        numbers |= {f"{name}[{k}]": values.entry(k) for k in range(len(values))}
    return numbers


@pytest.fixture(scope="module")
def told() -> dict[str, tuple[Traces, dict[str, Value]]]:
    made = {name: planted() for name, planted in PLANTED.items()}
    return {name: (traces, found(traces)) for name, traces in made.items()}


def declared(name: str) -> Result:
    return declared_results()[name.partition("[")[0]]


def agree(name: str, got: Value, expected: float, error: float, status: object) -> None:
    """Tell whether a number is what it should be, but for rounding and a hundredth of its error."""
    assert got.status is status, name
    if not got.status.has_value:
        return
    slack = max(1e-6 * abs(expected), 0.01 * np.nan_to_num(error), 1e-12)
    # Where a search or a fit stops is known to its own tolerance.
    if "onset" in name or np.isnan(error):
        slack = max(slack, 1e-3 * abs(expected), 0.2 * np.nan_to_num(error))
    assert got.value == pytest.approx(expected, abs=slack), name
    assert got.error == pytest.approx(error, rel=0.3, abs=1e-9 * abs(expected), nan_ok=True), name


@pytest.mark.parametrize("volts", [-3.05, 10.0])
@pytest.mark.parametrize("name", PLANTED)
def test_potentials_move_with_the_zero_of_the_reference_and_nothing_else(told, name, volts):
    traces, before = told[name]
    after = found(shifted(traces, volts))
    assert set(after) == set(before)
    for key, value in before.items():
        moved = volts if declared(key).against_reference else 0.0
        agree(key, after[key], value.value + moved, value.error, value.status)


@pytest.mark.parametrize("name", PLANTED)
def test_a_larger_droplet_has_larger_currents_and_the_same_of_all_else(told, name):
    traces, before = told[name]
    factor = 8.0
    after = found(scaled(traces, factor))
    assert set(after) == set(before)
    for key, value in before.items():
        power = factor ** EXTENSIVE.get(declared(key).unit, 0)
        if key.startswith("d_impact"):
            power = factor ** (1.0 / 3.0)
        if key == "j_0":
            power = factor  # on a ball whose radius the plan gives
        if key.startswith("circuit_Z"):
            power = factor if key == "circuit_Z[2]" else 1.0 / factor
        agree(key, after[key], value.value * power, value.error * power, value.status)


@pytest.mark.parametrize("name", PLANTED)
def test_anodic_and_cathodic_are_alike(told, name):
    traces, before = told[name]
    after = found(turned(traces))
    for key, value in before.items():
        result = declared(key)
        if key.startswith("CE"):
            continue  # anodic over cathodic charge
        ways = key.startswith("sweep_of_peaks") or key == "iR_p"
        turns = result.against_reference or result.signed or ways
        sign = -1.0 if turns else 1.0
        mirrored = MIRRORED.get(key, key)
        agree(key, after[mirrored], sign * value.value, value.error, value.status)


@pytest.mark.parametrize("name", PLANTED)
def test_curves_move_along_the_axes_that_are_potentials_against_the_reference(told, name):
    traces, _ = told[name]
    volts = 0.5
    before, after = (curves_of(each[-1]) for each in (traces, shifted(traces, volts)))
    assert [one.what.slug for one in before] == [one.what.slug for one in after]
    for here, there in zip(before, after, strict=True):
        for axis, old, new in (
            (here.what.x, here.x, there.x),
            (here.what.y, here.y, there.y),
            (here.what.x, here.model_x, there.model_x),
            (here.what.x, here.event_x, there.event_x),
        ):
            moved = volts if axis.against_reference else 0.0
            largest = float(np.max(np.abs(old), initial=1e-300))
            np.testing.assert_allclose(new, old + moved, rtol=1e-4, atol=1e-4 * largest)
