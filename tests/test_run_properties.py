"""Any fault at any block, with any request at any other: what must hold for every run there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from little_world import LittleWorld, Scan, a_scan, a_segment, a_site

from seccm.errors import DriverError, LimitError, NotNow, RigError, StreamError
from seccm.events import (
    Approaching,
    Landed,
    Paused,
    RunStopped,
    SiteFinished,
    SiteStarted,
    StepFinished,
)
from seccm.hopping.engine import Request
from seccm.plan.contacts import potential_drop
from seccm.plan.site import Detaching, Hold
from seccm.plan.ways import usual
from seccm.rig import Action, Block, Flag, Move
from seccm.ways.fast import FastHoppingSpec

Spoil = Callable[[LittleWorld, Block], Block]


def fails(error: BaseException) -> Spoil:
    def spoil(world: LittleWorld, block: Block) -> Block:
        raise error

    return spoil


def unplugged(world: LittleWorld, block: Block) -> Block:
    world.unplugged = True
    raise DriverError("unplugged", "stage", "no answer.")


def with_signal(value: float) -> Spoil:
    def spoil(world: LittleWorld, block: Block) -> Block:
        signals = {"potential": np.full(block.rows, value), "current": np.full(block.rows, value)}
        flags = block.flags & ~np.uint8(Flag.OVERLOAD)
        return replace(block, data={**block.data, **signals}, flags=flags)

    return spoil


def flagged(flag: Flag) -> Spoil:
    def spoil(world: LittleWorld, block: Block) -> Block:
        flags = block.flags.copy()
        flags[0] |= int(flag)
        return replace(block, flags=flags)

    return spoil


def dries(world: LittleWorld, block: Block) -> Block:
    world.wet = False
    world.surface = -1.0
    return block


def loses_rows(world: LittleWorld, block: Block) -> Block:
    return replace(block, start=block.start + 7)


FAULTS: dict[str, Spoil] = {
    "rig error": fails(RigError("odd", "rig", "odd.")),
    "stream error": fails(StreamError("stalled-read", "daq", "no rows.")),
    "limit error": fails(LimitError("range", "z", "out of range.")),
    "program error": fails(IndexError("a bug")),
    "interrupt": fails(KeyboardInterrupt()),
    "unplugged": unplugged,
    "not a number": with_signal(float("nan")),
    "stuck": with_signal(7.0),
    "closed": with_signal(0.5),
    "gap": flagged(Flag.GAP),
    "saturated": flagged(Flag.SATURATED),
    "frozen": flagged(Flag.FROZEN),
    "moving": flagged(Flag.MOVING),
    "meniscus lost": dries,
    "rows lost": loses_rows,
    "none": lambda world, block: block,
}
PERSISTENT = {"stuck", "closed", "not a number", "rows lost"}


@dataclass
class Story:
    """A run with everything that goes wrong in it, or is asked for, by the number of a block."""

    scan: Scan
    faults: dict[int, str]
    requests: dict[int, Request]
    blocks: int = 0
    lasting: str = ""

    def __post_init__(self) -> None:
        self.scan.world.trouble = self.trouble

    def trouble(self, world: LittleWorld, block: Block) -> Block:
        self.blocks += 1
        request = self.requests.get(self.blocks)
        if request is not None:
            with suppress(NotNow):
                self.scan.engine.ask(request)
        if self.scan.engine.status.waiting and not self.blocks % 3:
            self.scan.engine.ask(Request.RESUME)
        name = self.faults.get(self.blocks, self.lasting)
        if name in PERSISTENT:
            self.lasting = name
        return FAULTS[name or "none"](world, block)

    def checked(self) -> None:
        """Run, and check what must hold whatever happened; `Scan.go` checks some of it."""
        scan = self.scan.go()
        world, memory = scan.world, scan.memory
        halted = scan.engine.halted or scan.end.status == "halted"
        urgent = scan.engine.emergency
        assert world.made_safe == ([True] * len(world.made_safe) if urgent else [not halted])
        assert world.made_safe
        if urgent and not world.unplugged:
            assert not world.wet
        elif not halted and not world.unplugged:
            assert world.position["z"] == world.info.axes["z"].travel.upper
        assert memory.closed == [scan.end.status]
        started = [e.site for e in scan.of(SiteStarted)]
        assert started == sorted(set(started))
        assert [e.site for e in scan.of(SiteFinished)] == started
        landed = Counter(e.site for e in scan.of(Landed))
        assert all(times == 1 for times in landed.values())
        tries = [(e.site, e.attempt) for e in scan.of(Approaching)]
        assert len(set(tries)) == len(tries)
        steps = [(e.site, e.step) for e in scan.of(StepFinished)]
        assert len(set(steps)) == len(steps)
        if memory.fails_after is None:
            assert memory.events == scan.heard
            assert sum(isinstance(e, RunStopped) for e in memory.events) == 1
        for before, after in zip(memory.blocks, memory.blocks[1:], strict=False):
            gap = (after.flags & Flag.GAP).any()
            assert gap or after.start == before.stop or after is memory.blocks[-1]
        safely_recorded(world.story)
        event(scan.end.status)


def safely_recorded(story: list[object]) -> None:
    """Every descent comes after a barrier that comes after its announcement."""
    announced = safe = False
    for item in story:
        match item:
            case Approaching():
                announced = True
            case "barrier":
                safe = announced
            case Move(until=rule) if rule is not None:
                assert safe
            case SiteFinished():
                announced = safe = False


LENGTHS = st.lists(st.sampled_from([1, 4, 20, 100, 400, 2000]), min_size=1, max_size=8)
NUMBER = st.integers(1, 60)
WAYS = st.sampled_from([usual(), FastHoppingSpec()])
DETACHING = st.sampled_from(
    [
        None,
        None,
        Detaching(Hold("current", -1e-9), 2e-6, None),
        Detaching(Hold("potential", -1.0), 20e-6, None),
    ]
)


@settings(max_examples=200)
@given(
    fault=st.sampled_from(sorted(FAULTS)),
    at=NUMBER,
    second=st.sampled_from(sorted(FAULTS)),
    then=NUMBER,
    requests=st.dictionaries(NUMBER, st.sampled_from(list(Request)), max_size=3),
    lengths=LENGTHS,
    wake=st.booleans(),
    surface=st.sampled_from([50e-6, 50e-6, 40e-6, -1.0]),
    retries=st.integers(0, 1),
    room=st.one_of(st.none(), st.none(), NUMBER),
    way=WAYS,
    detaching=DETACHING,
)
def test_whatever_fails_and_whatever_is_asked_for_the_run_ends_as_it_must(
    fault, at, second, then, requests, lengths, wake, surface, retries, room, way, detaching
):
    event(fault)
    world = LittleWorld(
        surface=surface,
        lengths=iter(lengths * 8),
        honours_wake=wake,
        ends_at_stop=wake,
    )
    policy = "retry" if retries else "skip"
    kept = {"then": policy, "retries": retries, "way": way, "detaching": detaching}
    sites = [a_site(k, **kept) for k in range(2)]
    scan = a_scan(sites, world, fails_after=room)
    Story(scan, {at: fault, then: second}, requests).checked()


@settings(max_examples=80)
@given(
    holds_for=st.one_of(st.none(), st.integers(1, 200)),
    blips=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 8)), max_size=4),
    consecutive=st.integers(1, 4),
    stop_rows=st.integers(0, 12),
    stops_itself=st.booleans(),
    lengths=LENGTHS,
    wake=st.booleans(),
    way=WAYS,
    detaching=DETACHING,
)
def test_whatever_the_meniscus_does_every_site_is_closed_and_nothing_is_dragged(
    holds_for, blips, consecutive, stop_rows, stops_itself, lengths, wake, way, detaching
):
    # A contact shorter than the rule asks for is seen by nobody, and nobody knows of the surface.
    assume(holds_for is None or holds_for >= consecutive)
    if not stops_itself:
        # Who leaves the stop to the program must not keep it waiting for seconds.
        lengths = [min(length, 20) for length in lengths]
    world = LittleWorld(
        holds_for=holds_for,
        blips=[(54e-6 - i * 1e-7, rows) for i, rows in sorted(blips)],
        stop_rows=stop_rows,
        stops_itself=stops_itself,
        lengths=iter(lengths * 40),
        longest=20,
        honours_wake=wake,
    )
    rule = potential_drop(5.0, consecutive)
    program = (a_segment(0), a_segment(1, 0.05))
    kept = {"rule": rule, "way": way, "detaching": detaching}
    scan = a_scan([a_site(k, program, **kept) for k in range(2)], world)
    Story(scan, {}, {}).checked()
    assert scan.end.status == "complete"
    assert len(scan.of(SiteFinished)) == 2


@settings(max_examples=30)
@given(at=NUMBER, request=st.sampled_from([Request.PAUSE, Request.SKIP]), lengths=LENGTHS)
def test_a_pause_or_a_skip_at_any_moment_costs_at_most_its_own_site(at, request, lengths):
    scan = a_scan(3, LittleWorld(lengths=iter(lengths * 8)))
    Story(scan, {}, {at: request}).checked()
    assert scan.end.status == "complete"
    outcomes = Counter(e.outcome.words for e in scan.of(SiteFinished))
    assert outcomes["ok"] >= 3 - (request is Request.SKIP)
    assert outcomes.total() == 3
    assert len(scan.of(Paused)) <= (request is Request.PAUSE)


@settings(max_examples=20)
@given(at=NUMBER)
def test_an_action_refused_at_any_moment_ends_the_run_as_it_must(at):
    asked = [0]

    def refuses(world: LittleWorld, action: Action) -> None:
        asked[0] += 1
        if asked[0] >= at:
            raise DriverError("busy", "ao", "error -200292.")

    scan = a_scan(2, LittleWorld(refuses=refuses))
    Story(scan, {}, {}).checked()
    assert scan.end.status == ("fault" if asked[0] >= at else "complete")
