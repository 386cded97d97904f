"""Programmes that follow what was measured, with any fault and any request at any block."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import event, given, settings
from hypothesis import strategies as st
from little_world import LittleWorld, a_scan, a_site
from programmes import OFFSET, plan_of
from test_run_properties import FAULTS, LENGTHS, NUMBER, Story

from seccm.events import Landed, SiteFinished, StepFinished
from seccm.hopping.engine import Request
from seccm.plan import Hold
from seccm.program.program import Program
from seccm.rig import Drive

WITHIN = (-0.3, 0.4)
"""Volts against the reference of the plan that may be imposed after the rest."""
FOLLOWS = {"from": "rest", "offset": "-15 mV", "within": [f"{end} V" for end in WITHIN]}
REST = {"step": "open circuit", "duration": "0.1 s", "name": "rest"}
HOLD = {"step": "constant potential", "potential": FOLLOWS, "duration": "0.1 s", "name": "hold"}
QUESTION = {"from": "rest", "take": "E", "above": "-1 V"}
PROGRAM = (
    REST,
    {"step": "repeat", "times": 4, "program": [HOLD, {**REST, "name": "again"}],
     "until": {"from": "again", "take": "count", "above": 1}},
    {"step": "if", "when": QUESTION, "program": [{**HOLD, "name": "held"}],
     "otherwise": [{**REST, "name": "rested"}]},
)  # fmt: skip


@settings(max_examples=60)
@given(
    fault=st.sampled_from(sorted(FAULTS)),
    at=NUMBER,
    requests=st.dictionaries(NUMBER, st.sampled_from(list(Request)), max_size=2),
    lengths=LENGTHS,
    wake=st.booleans(),
)
def test_whatever_happens_the_run_ends_as_it_must_and_imposes_only_what_was_checked(
    fault, at, requests, lengths, wake
):
    """With a dead input, too: a value outside of what the plan allows is never imposed."""
    event(fault)
    world = LittleWorld(lengths=iter(lengths * 8), honours_wake=wake, ends_at_stop=wake)
    program = plan_of(*PROGRAM).sites()[0].program
    assert isinstance(program, Program)
    sites = [replace(a_site(k, hold=Hold("current", -1e-9)), program=program) for k in range(2)]
    scan = a_scan(sites, world)
    Story(scan, {at: fault}, requests).checked()
    for action in world.story:
        if isinstance(action, Drive) and action.mode == "potential":
            low, high = action.waveform.extremes
            assert WITHIN[0] <= low + OFFSET + 1e-9
            assert high + OFFSET <= WITHIN[1] + 1e-9
    ended = scan.of(StepFinished)
    landed = {e.site for e in scan.of(Landed)}
    assert {e.site for e in ended} <= landed
    for site in landed:
        own = [e for e in ended if e.site == site]
        assert [e.step for e in own] == list(range(len(own)))
        for e in own:
            segment = program.ran(e.step, e.path, e.resolved)
            assert segment is not None
            assert (segment.kind, segment.name) == (e.kind, e.name)
            assert (e.name in ("hold", "held")) == bool(e.resolved)
    event(f"{len(ended)} steps, {len(scan.of(SiteFinished))} sites")


def test_without_a_fault_all_of_it_runs():
    """Two turns of the repeat, then the arm for what is so."""
    program = plan_of(*PROGRAM).sites()[0].program
    site = replace(a_site(hold=Hold("current", -1e-9)), program=program)
    scan = a_scan([site], LittleWorld()).go()
    names = [e.name for e in scan.of(StepFinished)]
    assert names == ["rest", "hold", "again", "hold", "again", "held"]
    paths = [e.path for e in scan.of(StepFinished)]
    assert paths == [(0,), (1, 0, 0), (1, 0, 1), (1, 1, 0), (1, 1, 1), (2, 0, 0)]
