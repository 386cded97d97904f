"""Whatever fails and whatever is asked for at any moment, in every way of coming to a place and on
both rigs: the tip ends at the top or held, every drive off, the data kept, and the outcome told.

More draws than here: `python tests/benchmarks ways`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from every_way import FAULTS, REQUESTS, WAYS, ended_well, run_of, seen
from hypothesis import event, given, settings
from hypothesis import strategies as st

from seccm.plan.ways import KINDS


def test_every_kind_of_way_is_among_them() -> None:
    """A new one is tried by all that follows as soon as it has a plan in `every_way`."""
    own = {kind.name for kind in KINDS.all().values() if kind.begin.__module__.startswith("seccm.")}
    assert {story.plan().sites()[0].way.kind for story in WAYS.values()} == own


def whatever(name: str, on: str, moment: float, fault: str, request: str) -> None:
    """One run in which something fails and something is asked for, at a moment."""
    story = WAYS[name]
    event(f"{fault} {request}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.h5"
        run = run_of(story, on, path)
        ended_well(seen(run, path, moment * story.seconds, fault, request), request)


MOMENT = st.floats(0.0, 1.0)
FAULT, REQUEST = st.sampled_from(sorted(FAULTS)), st.sampled_from(REQUESTS)


@pytest.mark.parametrize("name", WAYS)
@settings(max_examples=1)
@given(moment=MOMENT, fault=FAULT, request_=REQUEST)
def test_whatever_happens_it_ends_safe_and_nothing_is_lost(name, moment, fault, request_):
    whatever(name, "virtual", moment, fault, request_)


@settings(max_examples=2)
@given(name=st.sampled_from(list(WAYS)), moment=MOMENT, fault=FAULT, request_=REQUEST)
def test_and_so_it_does_with_the_driver_of_a_card(name, moment, fault, request_):
    whatever(name, "card", moment, fault, request_)
