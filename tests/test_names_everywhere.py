"""A name may stand for every quantity that a step imposes, and what it stands for is imposed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from programmes import plan_of

from seccm.errors import PlanError
from seccm.plan import Plan
from seccm.program.registry import kinds
from seccm.suggestion import applied

ALWAYS_VALUES = {
    "row", "conductivity", "resistance", "quiet", "lowest", "highest", "frequencies", "widest",
    "false_alarms", "particle.density", "particle.electrons", "particle.molar_mass", "stair",
    "felt.length", "felt.uncertainty", "radius", "rg", "rg_uncertainty", "diffusivity", "late",
    "deposit.concentration", "deposit.density", "deposit.electrons", "deposit.molar_mass",
}  # fmt: skip
"""How a step is analysed, frequencies of an impedance, and stairs; `docs/plan.md` says so."""


def values_only(schema: Mapping[str, Any], defs: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Yield the quantities for which no name may stand."""
    if "unit" in schema and "factors" not in schema:
        yield at
    inner = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    inner += [schema["items"]] if "items" in schema else []
    inner += [defs[schema["$ref"].rsplit("/", 1)[1]]] if "$ref" in schema else []
    for one in inner:
        yield from values_only(one, defs, at)
    for name, one in schema.get("properties", {}).items():
        yield from values_only(one, defs, f"{at}.{name}".lstrip("."))


@pytest.mark.parametrize("kind", list(kinds()))
def test_names_stand_for_whatever_is_imposed(kind: str) -> None:
    schema = kinds()[kind].spec.model_json_schema()
    assert set(values_only(schema, schema.get("$defs", {}))) <= ALWAYS_VALUES


PULSED = {
    "differential pulse": {"start": "$E + 0.3 V", "stop": "-0.3 V", "increment": "$de",
                           "amplitude": "5 * $de", "width": "$t / 4", "period": "$t",
                           "quiet": "$t / 10"},
    "square wave": {"start": "0.3 V", "stop": "$E - 0.3 V", "increment": "$de",
                    "amplitude": "5 * $de", "frequency": "5 / $t", "quiet": "$t / 10"},
    "normal pulse": {"start": "0.3 V", "stop": "$E - 0.3 V", "increment": "$de", "width": "$t / 4",
                     "period": "$t", "quiet": "$t / 10"},
}  # fmt: skip
OVER = {"E": ["0 V", "0.1 V"], "de": ["5 mV", "10 mV"], "t": ["0.2 s", "0.4 s"]}
WRITTEN = (
    {"$E + 0.3 V": "0.3 V", "$E - 0.3 V": "-0.3 V", "$de": "5 mV", "5 * $de": "25 mV",
     "$t / 4": "50 ms", "$t": "200 ms", "$t / 10": "20 ms", "5 / $t": "25 Hz"},
    {"$E + 0.3 V": "0.4 V", "$E - 0.3 V": "-0.2 V", "$de": "10 mV", "5 * $de": "50 mV",
     "$t / 4": "100 ms", "$t": "400 ms", "$t / 10": "40 ms", "5 / $t": "12.5 Hz"},
)  # fmt: skip


@pytest.mark.parametrize("kind", PULSED)
def test_a_series_of_staircases_is_that_of_its_values(kind: str) -> None:
    """Frequencies, amplitudes and increments may be varied within a site."""
    named = {"step": kind, **PULSED[kind]}
    series = plan_of({"step": "repeat", "over": OVER, "program": [named]})
    imposed = [segment.waveform for segment in series.sites()[0].segments]
    for waveform, words in zip(imposed, WRITTEN, strict=True):
        plain = {key: words.get(value, value) for key, value in named.items()}
        (alone,) = plan_of(plain).sites()[0].segments
        assert waveform.duration == pytest.approx(alone.waveform.duration, rel=1e-9)
        assert waveform.extremes == pytest.approx(alone.waveform.extremes, rel=1e-9)
    assert Plan.from_json(series.to_json()) == series


@pytest.mark.parametrize("kind", ["differential pulse", "normal pulse"])
def test_a_pulse_ends_before_the_next_one(kind: str) -> None:
    """Also where only one of several values is too long; a plain one is told what to write."""
    example = kinds()[kind].example
    for step in (
        {"step": kind, **example, "width": "1 s", "period": "1 s"},
        {"step": "repeat", "over": {"t": ["50 ms", "2 s"]},
         "program": [{"step": kind, **example, "width": "$t"}]},
    ):  # fmt: skip
        with pytest.raises(PlanError) as refused:
            plan_of(step)
        (problem,) = refused.value.problems
        assert "is not longer than the width" in problem.what
        if step["step"] == kind:
            assert problem.suggestion is not None
            assert plan_of(applied({"program": [step]}, problem.suggestion)["program"][0])
