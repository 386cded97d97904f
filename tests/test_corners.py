"""Waveforms finer than the outputs of a rig are refused, with the time from value to value."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nidaq_bench import nidaq_rig
from small_plan import CV, INFO, POTENTIOSTATIC, small

import seccm
from seccm.commissioning.check import describe
from seccm.errors import Problem
from seccm.plan import Plan
from seccm.plan.corners import _closest
from seccm.rig import CellInfo, Constant, Drive, Lines, RigInfo, parts_of, rig_of
from seccm.units import show

SIMULATED = dataclasses.replace(INFO, update=INFO.clock.period, raw_always=False)


def sweep(apart: float, **keys: object) -> Plan:
    """Small cycles between corners so many seconds apart; they begin with what is held."""
    usual = {**CV, "start": 1.0, "vertices": [0.9995], "cycles": 400}
    step = {**usual, "scan_rate": 5e-4 / apart, **keys}
    hold = {"potential": 1.0}
    return small(program=[step], approach={**POTENTIOSTATIC, "hold": hold})


def told(plan: Plan, info: RigInfo) -> list[Problem]:
    return [p for p in plan.check(info) if "corners" in p.what]


@given(apart=st.floats(1.1e-5, 1e-2), update=st.floats(1e-5, 1e-2))
def test_corners_closer_than_a_value_are_refused_and_the_advice_is_accepted(
    apart: float, update: float
):
    info = dataclasses.replace(INFO, update=update)
    problems = told(sweep(apart), info)
    near = apart < update * 0.9999
    if near or apart > update * 1.0001:
        assert bool(problems) == near
    if near:
        (problem,) = problems
        assert problem.severity == "error"
        assert problem.where == "program[0]"
        assert f"{show(apart, 's', 3)} apart" in problem.what
        assert show(update, "s") in problem.what
        assert show(update, "s") in problem.remedy
        assert told(sweep(update * 1.001), info) == []


@given(
    gaps=st.lists(st.integers(1, 400), min_size=1, max_size=30),
    edges=st.lists(st.sampled_from([0, 1, 10]), min_size=30, max_size=30),
)
def test_a_jump_is_one_corner(gaps: list[int], edges: list[int]):
    """Pulses with edges of no more than a raw sample are as near as their plateaus are long."""
    times, plateaus, now = [0.0], [], 0
    for gap, edge in zip(gaps, edges, strict=False):
        begins, now = now, now + edge + 10 + gap
        times += [(begins + edge) * 1e-6] if edge and begins else []
        times.append(now * 1e-6)
        plateaus.append((now - begins) * 1e-6)
    found = _closest(times, 1e-5, 2e-4)
    assert found == pytest.approx(min(2e-4, *plateaus), rel=1e-6)


def test_a_rig_of_which_nobody_knows_how_fast_it_is_takes_any_waveform():
    assert told(sweep(1e-5), INFO) == []


def test_a_simulated_rig_warns_and_follows_a_step_that_asks_for_raw_samples():
    """Its advice is accepted: 1 ms lies within a data point, and is a hundred samples."""
    (warning,) = told(sweep(1e-3), SIMULATED)
    assert warning.severity == "warning"
    assert "2.57 ms" in warning.what
    assert "raw = true" in warning.remedy
    assert told(sweep(1e-3, raw=True), SIMULATED) == []
    assert told(sweep(3e-3), SIMULATED) == []


def test_a_potentiostat_of_its_own_says_how_fast_it_is():
    """And not the card beside it, which gives the samples."""
    other = CellInfo("other", INFO.modes, INFO.potential, INFO.current, 10.0, update=5e-3)
    with nidaq_rig() as rig:
        stage, cell, stream = parts_of(rig)
        assert cell.info.update == pytest.approx(2e-4)
        cell = SimpleNamespace(info=other)  # type: ignore[assignment]
        info = rig_of(stage, cell, stream, name="both").info
    assert info.update == 5e-3
    assert info.raw_always
    assert any("every 5 ms" in said for said in describe(info))


def test_the_shipped_rigs_say_how_fast_they_are():
    """And shipped plans are good on all of them."""
    for name, update in (("virtual", 2.57e-3), ("virtual-nidaq", 2e-4)):
        rig = seccm.load_rig(name)
        for shipped in ("li-on-au-cv", "redox-cv-map"):
            info, problems = seccm.check(seccm.load_plan(shipped), rig)
            assert info.update == pytest.approx(update)
            assert not [problem for problem in problems if "corners" in problem.what]


@pytest.mark.parametrize(("kind", "update"), [("streamed", 2e-4), ("stepped", 10e-3)])
def test_a_card_puts_out_as_often_as_it_says(kind: str, update: float):
    """Its own read-back of the command, sample by sample: the value changes no more often."""
    with nidaq_rig({"kind": kind}) as rig:
        rig.open()
        assert rig.info.update == pytest.approx(update)
        rig.start(raw=True)
        rig.apply(Drive("potential", Constant(0.0)))
        blocks = [rig.read() for _ in range(20)]
        rig.apply(Drive("potential", Lines((0.0, 0.2, 0.4), (0.0, 1.0, 0.0))))
        blocks = [rig.read() for _ in range(40)]
        names = [channel.name for channel in rig.info.raw]
        codes = np.concatenate([p.codes[names.index("command")] for b in blocks for p in b.raw])
        volts = rig.info.raw[names.index("command")].si(codes)
        moved = np.abs(np.diff(volts)) > 0.4 * update * 5.0
        changes = np.flatnonzero(moved) * 1e-5
        assert len(changes) > 10
        assert np.median(np.diff(changes)) >= 0.95 * update


def test_a_pulse_of_a_millisecond_leaves_a_card_as_one():
    """Within a row of 2.57 ms; its edges are late by one value at most."""
    with nidaq_rig() as rig:
        rig.open()
        rig.start(raw=True)
        rig.apply(Drive("potential", Constant(0.1)))
        for _ in range(20):
            rig.read()
        edges = (0.0, 0.1, 0.100001, 0.101, 0.101001, 1.0)
        rig.apply(Drive("potential", Lines(edges, (0.1, 0.1, 0.6, 0.6, 0.1, 0.1))))
        blocks = [rig.read() for _ in range(40)]
        names = [channel.name for channel in rig.info.raw]
        codes = np.concatenate([p.codes[names.index("command")] for b in blocks for p in b.raw])
        volts = np.abs(rig.info.raw[names.index("command")].si(codes))
        low, high = np.median(volts), volts.max()
        long = np.count_nonzero(volts > (low + high) / 2) * 1e-5
        assert long == pytest.approx(1e-3, abs=rig.info.update)
