"""Every event of a run is one line of the log that an operator reads once and understands."""

from __future__ import annotations

import math
import re
from dataclasses import fields, replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seccm.events import (
    Approaching,
    EndReason,
    Event,
    FalseContact,
    Fault,
    Landed,
    Landing,
    Note,
    Outcome,
    Paused,
    Phase,
    PhaseBegan,
    Resumed,
    RunStarted,
    RunStatus,
    RunStopped,
    SiteAdded,
    SiteAnalysed,
    SiteFinished,
    SiteStarted,
    StepFinished,
)
from ui.models.words import PHASES, bytes_words, clock_words, line_of

ANY = 'aZ9 -^µ中."{'
LANDING = Landing(7, 4.2e-5, 4.21e-5, 2e-12, 1e-12, 0.0012, 1e-8, 0)
ENDS = [outcome for outcome in Outcome if outcome > Outcome.RUNNING]
EVENTS: tuple[Event, ...] = (
    RunStarted(0, "screen", 3, "bench", virtual=False),
    RunStarted(0, "screen", 1, "virtual", virtual=True),
    RunStarted(0, "screen", None, "bench", virtual=False),
    SiteAdded(1, 3, 0.0, 0.0, 0, 0, 0, 0, "{}"),
    SiteAdded(1, 3, 0.0, 0.0, 0, 0, 0, 0, "{}", "j = -0.2 mA/cm^2"),
    SiteStarted(1, 0),
    *(PhaseBegan(1, 0, phase) for phase in Phase),
    PhaseBegan(1, 0, Phase.STEP, 0, "constant current"),
    Approaching(1, 0, 0),
    Approaching(1, 0, 2),
    Approaching(1, 0, 0, "P7 connected"),
    FalseContact(1, 0, 4.2e-5),
    Landed(1, 0, LANDING, None),
    Landed(1, -1, LANDING, None),
    Landed(1, 0, Landing.unseen(7), None),
    *(StepFinished(1, 0, 1, reason, -3.2e-9) for reason in get_args(EndReason)),
    StepFinished(1, 0, 0, "time", 0.0, name="rest"),
    *(SiteFinished(1, 0, outcome, "") for outcome in ENDS),
    SiteFinished(1, 0, Outcome.FAULT, "The input was lost."),
    SiteAnalysed(0, {"E_nuc": -0.1}, "E_nuc -100 mV."),
    SiteAnalysed(0, {}, ""),
    SiteAnalysed(0, {"E_nuc": -0.1}, "E_nuc -100 mV.", doubtful=True),
    Note(1, -1, "The reference drifts."),
    Note(1, 2, "Half of the time is over.", "info"),
    Paused(1, "", by_operator=True),
    Paused(1, "three sites without contact."),
    Paused(1, "Change the solution.", asks=True),
    Resumed(1),
    Fault(1, 0, "card", "The card does not answer.", "Plug it in."),
    *(RunStopped(1, status, "") for status in get_args(RunStatus)),
    RunStopped(1, "stopped", "Stopped: asked by the operator."),
)


def named(event: Event) -> str:
    return f"{type(event).__name__}-{EVENTS.index(event)}"


def test_every_kind_of_event_is_here() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(Event))


@pytest.mark.parametrize("event", EVENTS, ids=named)
def test_a_line_is_sentences_without_the_names_of_the_program(event: Event) -> None:
    line = line_of(event)
    for text in filter(None, (line.text, line.remedy)):
        assert text[0].isupper() or text[0] in "?P", text
        assert text.endswith("."), text
        assert "\n" not in text
        assert "  " not in text
        assert " ." not in text
        assert ".." not in text
        assert not re.search(r"\b[A-Z]{2,}_|\b[A-Z]+_[A-Z]+|Outcome|Phase\.|None|nan|inf\b", text)
        assert not re.search(r"\d(mV|V|µm|nm|ms|s|nC|pA)\b", text), "a blank before every unit"
        assert not re.search(r"\b1 sites|(?<!\d)-\d", text)
    assert line.site == getattr(event, "site", -1)


@pytest.mark.parametrize("event", EVENTS, ids=named)
def test_a_warning_of_the_run_says_what_to_do_if_a_person_must_act(event: Event) -> None:
    line = line_of(event)
    waits = isinstance(event, Paused) or (isinstance(event, Fault) and event.remedy != "")
    if waits or (isinstance(event, RunStopped) and event.status != "complete"):
        assert line.remedy
        assert line.level in ("warning", "error")
    else:
        assert line.remedy == ""


def test_each_phase_has_words_of_its_own() -> None:
    assert set(PHASES) == set(Phase)
    assert len(set(PHASES.values())) == len(Phase)


@pytest.mark.parametrize("outcome", ENDS)
def test_only_a_site_that_ended_well_goes_by_without_colour(outcome: Outcome) -> None:
    level = line_of(SiteFinished(1, 0, outcome, "")).level
    assert (level == "detail") is (outcome is Outcome.OK)
    assert (level in ("warning", "error")) is (outcome not in (Outcome.OK, Outcome.SKIPPED))
    assert (level == "good") is False


@given(st.text(ANY, max_size=40), st.text(ANY, max_size=40))
@settings(max_examples=30)
def test_whatever_a_plan_calls_things_the_line_keeps_its_words(title: str, label: str) -> None:
    started = line_of(RunStarted(0, title, 2, "bench", virtual=False)).text
    assert started.startswith("Run: ")
    assert started.endswith(", 2 sites, on bench.")
    line = line_of(SiteAdded(1, 3, 0.0, 0.0, 0, 0, 0, 0, "{}", label))
    assert line.text.startswith("Added by the planner")


@pytest.mark.parametrize("field", [f.name for f in fields(Landing) if f.name not in ("x", "y")])
def test_a_landing_of_which_a_number_is_not_known_is_still_told(field: str) -> None:
    landing: Any = replace(LANDING, **{field: math.nan})
    text = line_of(Landed(1, 0, landing, None)).text
    assert "nan" not in text
    assert text.endswith(".")


@pytest.mark.parametrize(
    ("z", "words"),
    [
        (4.21e-5, "42.100 µm"),
        (-4.21e-5, "−42.100 µm"),
        (0.0, "0.000 µm"),
        (-1e-11, "0.000 µm"),
        (-0.0, "0.000 µm"),
        (1.23456e-3, "1234.560 µm"),
    ],
)
def test_a_height_is_told_to_a_nanometre_and_zero_has_no_sign(z: float, words: str) -> None:
    assert line_of(FalseContact(1, 0, z)).text == f"Contact at {words} did not last."


# Durations and sizes


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0:00"), (0.6, "0:01"), (59.6, "1:00"), (61, "1:01"), (3599.7, "1:00:00"),
     (3661, "1:01:01"), (360_000, "100:00:00")],
)  # fmt: skip
def test_a_duration_is_read_off_a_clock(seconds: float, words: str) -> None:
    assert clock_words(seconds) == words


@given(st.floats(0.0, 1e6), st.floats(1.0, 1e5))
@settings(max_examples=30)
def test_a_longer_time_is_never_shown_shorter_and_comes_back_to_the_second(
    seconds: float, more: float
) -> None:
    def back(text: str) -> int:
        parts = [int(part) for part in text.split(":")]
        return sum(part * 60**k for k, part in enumerate(reversed(parts)))

    one, other = back(clock_words(seconds)), back(clock_words(seconds + more))
    assert one == pytest.approx(seconds, abs=0.5)
    assert one < other or other - one == pytest.approx(more, abs=1.0)
    assert one <= other


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 MB"),
        (4e5, "0 MB"),
        (999.4e6, "999 MB"),
        (999.6e6, "1 GB"),
        (1.25e9, "1.25 GB"),
        (999.4e9, "999 GB"),
        (999.6e9, "1 TB"),
        (1.234e15, "1230 TB"),
    ],
)
def test_room_on_a_disk_is_told_as_disks_are_sold(count: float, words: str) -> None:
    """Nobody buys 1e+03 GB."""
    assert bytes_words(count) == words


@given(st.floats(0.0, 1e15), st.floats(1.02, 1e3))
@settings(max_examples=30)
def test_a_fuller_disk_is_never_told_to_have_more_room(count: float, ratio: float) -> None:
    def size(text: str) -> float:
        number, unit = text.split()
        assert "e" not in number
        return float(number) * {"MB": 1e6, "GB": 1e9, "TB": 1e12}[unit]

    small, large = size(bytes_words(count)), size(bytes_words(count * ratio))
    assert small <= large
    assert small == pytest.approx(count, rel=6e-3, abs=0.51e6)
