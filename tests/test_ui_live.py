"""What the window knows of a run while it goes on: curves, the run bar's words, the log."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_rows import a_site
from pace_of import pace_of
from pace_of import visit as timed_visit
from small_plan import INFO, small

from seccm.events import (
    Fault,
    Landed,
    Landing,
    Note,
    Outcome,
    Phase,
    PhaseBegan,
    RunStarted,
    RunStatus,
    RunStopped,
    SiteAnalysed,
    SiteFinished,
    SiteStarted,
)
from seccm.remote import Trace
from ui.models.descent import Way, descent_of
from ui.models.frames import frame_of
from ui.models.live import BEFORE, Live
from ui.models.run_state import STALE, RunState
from ui.models.showing import Prefix, Showing, html, plain, raised
from ui.models.words import clock_words, line_of

LANDING = Landing(10, 5e-5, 5e-5, 4.9, 10.0, 3e-3, 2e-8, 0)


# The site in hand


@pytest.fixture
def live() -> Live:
    return Live({s.number: s for s in small().sites()}, INFO.overload)


def test_time_and_charge_count_from_contact(live: Live):
    for part in a_site(0, 5.0):
        live.take(part)
    assert live.measured["t"][0] == 0.0
    assert live.measured["t"][-1] == pytest.approx(1.99)
    np.testing.assert_allclose(live.measured["Q"], -1e-9 * live.measured["t"], atol=1e-18)


def test_rows_cut_into_any_pieces_give_the_same_curves(live: Live):
    whole = Trace.joined([part for k in range(3) for part in a_site(k, 5.0 * k + 1)])
    other = Live({s.number: s for s in small().sites()}, INFO.overload)
    live.take(whole)
    for begin in range(0, len(whole), 37):
        other.take(whole.where(slice(begin, begin + 37)))
    for name in ("t", "E", "I", "Q"):
        np.testing.assert_allclose(live.measured[name], other.measured[name], atol=1e-18)


def test_the_curve_stays_in_view_until_the_next_site_has_landed(live: Live):
    for part in a_site(0, 1.0):
        live.take(part)
    live.take(a_site(1, 5.0)[1])
    assert live.site == 1
    assert live.drawn == 0
    assert len(live.measured) == 200
    live.take(a_site(1, 5.0)[2])
    assert live.drawn == 1


# The sites before, and their mean


def of_one_condition(count: int) -> Live:
    first = small().sites()[0]
    return Live({k: dataclasses.replace(first, number=k) for k in range(count)}, INFO.overload)


def visit(live: Live, number: int, outcome: Outcome = Outcome.OK, **how: float) -> None:
    for part in a_site(number, 20.0 * number + 1, **how):
        live.take(part)
    live.hear(SiteFinished(0, number, outcome, ""))


def test_a_site_that_never_landed_leaves_no_curve():
    live = of_one_condition(3)
    visit(live, 0)
    for part in a_site(1, 21.0)[:2]:
        live.take(part)
    live.hear(SiteFinished(0, 1, Outcome.NO_CONTACT, ""))
    visit(live, 2)
    assert [c.site for c in live.before] == [0]


@pytest.mark.parametrize("outcome", [Outcome.ABORTED, Outcome.SKIPPED, Outcome.FAULT])
def test_sites_that_did_not_come_to_their_end_are_not_compared_with(outcome: Outcome):
    live = of_one_condition(4)
    visit(live, 0, lasting=3.0)
    visit(live, 1, outcome, lasting=0.1)
    visit(live, 2, lasting=3.0)
    visit(live, 3)
    assert [c.site for c in live.before] == [0, 2]
    mean = live.mean()
    assert mean is not None
    assert mean.t[-1] == pytest.approx(3.0, abs=0.02)


def test_it_does_not_matter_whether_the_end_of_a_site_is_told_before_its_rows_or_after():
    early, late = of_one_condition(4), of_one_condition(4)
    ends = [SiteFinished(0, k, Outcome.OK if k != 1 else Outcome.ABORTED, "") for k in range(3)]
    for end in ends:
        early.hear(end)
    for k in range(4):
        for part in a_site(k, 20.0 * k + 1):
            early.take(part)
            late.take(part)
        if k > 0:
            late.hear(ends[k - 1])
    assert [c.site for c in early.before] == [c.site for c in late.before] == [0, 2]


def test_the_last_complete_sites_stay_and_their_mean_is_the_mean():
    live = of_one_condition(20)
    for k in range(20):
        visit(live, k, current=-1e-9 * (k + 1))
    assert [c.site for c in live.before] == list(range(19 - BEFORE, 19))
    mean = live.mean()
    assert mean is not None
    expected = -1e-9 * np.mean([k + 1 for k in range(19 - BEFORE, 19)])
    np.testing.assert_allclose(mean.I, expected)


def test_the_mean_at_each_time_is_that_of_the_sites_that_were_measured_for_so_long():
    """Steps that end on a charge or a potential last as long as they must."""
    live = of_one_condition(4)
    lasting, currents = (3.0, 2.0, 1.0), (-1e-9, -2e-9, -6e-9)
    for k in range(3):
        visit(live, k, current=currents[k], lasting=lasting[k])
    visit(live, 3)
    mean = live.mean()
    assert mean is not None
    assert mean.t[-1] == pytest.approx(2.0, abs=0.02)
    for begin, end, sites in ((0.1, 0.9, 3), (1.1, 1.9, 2)):
        within = (mean.t > begin) & (mean.t < end)
        np.testing.assert_allclose(mean.I[within], np.mean(currents[:sites]))


def nucleating(number: int, t_nuc: float) -> list[Trace]:
    """A visit whose potential has a sharp minimum some time after the step began."""
    down, _, on = a_site(number, 20.0 * number + 1, lasting=3.0)
    t = on.t - on.t[0]
    e = np.where(t < t_nuc, -0.2 * t / t_nuc, -0.05 - 0.15 * np.exp((t_nuc - t) / 0.05))
    return [down, _, dataclasses.replace(on, potential=e)]


def test_the_mean_has_a_minimum_as_deep_as_those_of_the_sites_it_is_of():
    """Also when the analysis comes after the curve; until then nothing is put on its place."""
    times = {0: 0.8, 1: 1.2, 2: 1.6}
    known: dict[int, tuple[int, float]] = {}
    first = small().sites()[0]
    live = Live(
        {k: dataclasses.replace(first, number=k) for k in range(4)}, INFO.overload, known.get
    )
    for number, t_nuc in times.items():
        for part in nucleating(number, t_nuc):
            live.take(part)
        live.hear(SiteFinished(0, number, Outcome.OK, ""))
    visit(live, 3)
    before, drawn = live.compared, live.version
    smeared = live.mean()
    assert smeared is not None
    assert smeared.E.min() > -0.17
    known.update({number: (0, t_nuc) for number, t_nuc in times.items()})
    live.hear(SiteAnalysed(0, 2, "", {}))
    assert live.compared != before
    assert live.version > drawn, "it is drawn again"
    mean = live.mean()
    assert mean is not None
    assert mean.E.min() == pytest.approx(-0.2, abs=5e-3)
    assert mean.t[mean.E.argmin()] == pytest.approx(1.2, abs=0.02)


def test_one_site_has_no_mean():
    live = of_one_condition(2)
    visit(live, 0)
    visit(live, 1)
    assert live.mean() is None


# Frames


def test_the_fall_from_overload_does_not_fill_the_axis():
    t = np.linspace(0, 5, 1000)
    E = 0.1 - 0.02 * t + 5.0 * np.exp(-t / 0.03)
    frame = frame_of(t, E, t)
    assert frame is not None
    assert frame.cut
    assert frame.y[1] < 0.5
    calm = frame_of(t, 0.1 - 0.02 * t, t)
    assert calm is not None
    assert not calm.cut


# The run bar


def test_a_skip_and_a_stop_are_not_failures():
    run = RunState()
    run.hear(RunStarted(0, "t", 9, "rig", virtual=True), 0.0)
    run.tally({Outcome.PLANNED: 1, Outcome.RUNNING: 1, Outcome.OK: 3, Outcome.NO_CONTACT: 1,
               Outcome.SKIPPED: 2, Outcome.ABORTED: 1, Outcome.FAULT: 1}, landed=4)  # fmt: skip
    counts = {"contact": 4, "no contact": 1, "skipped": 2, "aborted": 1, "fault": 1}
    assert run.counted == counts, "a site that was stopped was not skipped, and did not fail"
    assert run.finished == 8
    assert run.virtual
    run.hear(RunStopped(9, "stopped", ""), 40.0)
    assert run.phase_words == "stopped"


def test_the_time_left_is_that_of_the_sites_that_are_left():
    """Of conditions of unequal length, what the last sites took says little about the next."""
    pace = pace_of([10.0, 10.0, 10.0, 100.0, 100.0], conditions=[0, 0, 0, 1, 1])
    run = RunState(pace=pace)
    run.follow("running", 1, "", 0.0)
    assert run.time_left(0.0) == "≈ 3:50", "nobody has seen yet how fast the rig is"
    for site in range(3):
        timed_visit(pace, site, 5.0 * site, 0.0, 5.0)
    assert run.time_left(15.0) == "3:20", "5 s at each of the short ones say nothing of the others"
    run.hear(SiteStarted(15_000, 3), 15.0)
    run.hear(Landed(15_000, 3, LANDING, None), 15.0)
    assert run.time_left(65.0) == "2:30", "the site that is measured counts as far as it has come"
    assert run.time_left(1000.0) == "1:40", "and never for more than it was given"
    run.hear(SiteFinished(16_000, 3, Outcome.SKIPPED, ""), 16.0)
    assert run.time_left(16.0) == "1:40", "a site that was skipped says nothing of the others"


def test_data_that_do_not_come_raise_an_alarm_only_while_they_should():
    run = RunState()
    run.follow("running", 10, "", 0.0)
    assert not run.alarm(STALE)
    assert "EMERGENCY" in run.alarm(STALE + 1)
    run.follow("running", 11, "", STALE + 1)
    assert not run.alarm(STALE + 1.5)
    run.follow("done", 11, "", 100.0)
    assert not run.alarm(1000.0)


@pytest.mark.parametrize(
    ("state", "offered"),
    [("running", {"pause", "skip", "stop"}), ("paused", {"resume", "stop"}), ("done", {"start"})],
)
def test_only_verbs_that_make_sense_are_offered(state: str, offered: set[str]):
    run = RunState(state=state)
    verbs = {"start", "pause", "resume", "skip", "stop"}
    assert {verb for verb in verbs if run.can(verb)} == offered


def test_nothing_can_be_started_while_somebody_drives_by_hand():
    assert not RunState(doing="manual").can("start")


# Words


def test_errors_come_with_their_remedy_and_durations_as_on_a_clock():
    line = line_of(Fault(1, 3, "unplugged", "The card is gone.", "Plug it in."))
    assert (line.level, line.site, line.remedy) == ("error", 3, "Plug it in.")
    assert clock_words(59.6) == "1:00"
    assert clock_words(3725) == "1:02:05"


@pytest.mark.parametrize(
    "event",
    [
        SiteStarted(1, 0), PhaseBegan(1, 0, Phase.APPROACH), Landed(1, 0, LANDING, None),
        SiteAnalysed(0, {}, ""), Note(1, 0, "Late."), RunStopped(1, "halted", "Why."),
        SiteFinished(1, 0, Outcome.NO_CONTACT, "No contact."),
    ],
)  # fmt: skip
def test_every_event_is_a_sentence(event):
    line = line_of(event)
    assert line.text[:1].isupper()
    assert line.text[-1] in ".:"


# Signs, references, units


def test_the_polarographic_convention_turns_currents_and_says_so():
    showing = Showing("Li/Li+", polarographic=True)
    assert showing.current(np.array([-1e-9]))[0] == 1e-9
    assert showing.convention == "polarographic"
    assert Showing("Li/Li+").convention == "IUPAC"


def test_potentials_are_converted_to_another_reference_and_the_axis_says_which():
    showing = Showing("Li/Li+", other="SHE", shift=-3.04)
    np.testing.assert_allclose(showing.potential(np.array([3.04])), 0.0, atol=1e-12)
    assert showing.potential_label() == "E vs SHE"
    assert raised("Li/Li+") == "Li/Li⁺"
    assert raised("Fc/Fc+") == "Fc/Fc⁺"


@given(st.floats(1e-14, 1e8))
def test_a_prefix_makes_numbers_readable_and_does_not_hop(size: float):
    prefix = Prefix().fitting(size)
    assert 0.5 <= size * prefix.factor < 2000.0
    assert prefix.fitting(size * 0.9 if size * prefix.factor > 0.6 else size) == prefix


def test_symbols_and_units_of_the_figures_are_written_in_html():
    assert html(r"$E_\mathrm{nuc}$") == "<i>E</i><sub>nuc</sub>"
    assert plain("mA cm$^{-2}$") == "mA cm⁻²"


def test_the_strip_says_what_goes_on_and_what_to_do_next():
    run = RunState()
    assert run.summary() == "No run. Open a plan and press Start."
    assert run.summary("Li on Au") == "No run. Press Start to run “Li on Au”."
    run.doing = "preparing"
    assert "checked" in run.summary("Li on Au")
    run.doing = "commissioning"
    assert "uses the rig" in run.summary("Li on Au")
    run.doing, run.title, run.rig, run.total = "scan", "Li on Au", "bench 1", 6
    assert run.summary() == "Li on Au, on bench 1"


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        ("stopped", "Stopped: asked by the operator.", "stopped: asked by the operator."),
        ("complete", "All sites were visited.", "complete: All sites were visited."),
        ("complete", "", "complete."),
    ],
)
def test_how_a_run_ended_is_said_once(status: RunStatus, reason: str, said: str):
    ended = RunStopped(9, status, reason)
    run = RunState(title="Li on Au", total=6, ended=ended)
    assert str(ended) == line_of(ended).text == f"Run {said}"
    assert run.summary() == f"Li on Au: {said}"


def test_the_height_of_a_contact_in_the_log_is_that_of_the_map():
    landing = dataclasses.replace(LANDING, z=51.28e-6, z_crossing=51.299e-6)
    at_a_site, manual = (line_of(Landed(1, site, landing, None)) for site in (3, -1))
    assert "51.299 µm" in at_a_site.text
    assert (at_a_site.level, manual.level) == ("info", "detail"), "a note says it, manually"


def test_the_way_down_ends_where_the_tip_was_lowest():
    """An emergency retract raises the tip while the descent goes on by name."""
    z = np.concatenate([np.linspace(60e-6, 56e-6, 50), np.linspace(56.2e-6, 64e-6, 50)])
    way = Way(0, z, np.zeros(100), np.linspace(0.0, 1e-9, 100), 0.0, 0.0)
    drawn = descent_of(way, None)
    assert drawn.z.size == drawn.signal.size == 50
    assert drawn.z.min() == drawn.z[-1] == 56e-6
