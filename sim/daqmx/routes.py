"""Which clock follows which: sample clocks and start triggers that tasks lend to one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.daqmx.generation import Generation
from sim.daqmx.inputs import Sampling
from sim.daqmx.task import Task

if TYPE_CHECKING:
    from sim.daqmx.card import Card

AI_CLOCK, AI_START = "ai/SampleClock", "ai/StartTrigger"
AO_CLOCK, AO_START = "ao/SampleClock", "ao/StartTrigger"


def arm(card: Card, handle: int) -> None:
    """Let a task's clock run from now on, if nothing else decides when."""
    task, engine = card.tasks[handle], card.engine(handle)
    if engine is None or task.timing is None:
        return
    if task.timing.source in (AI_CLOCK, AO_CLOCK):
        leader = _leader(card, task.timing.source)
        if leader is not None and leader.began is not None:
            late = max(0, -(-(card.now - leader.began) // leader.period))
            engine.period, engine.began = leader.period, leader.began + late * leader.period
    elif not task.start_source:
        engine.began = card.now


def fire(card: Card, leader: Task) -> None:
    """Start the clocks that wait for this task's start trigger or sample clock."""
    clock, trigger = (AI_CLOCK, AI_START) if leader.kind == "ai" else (AO_CLOCK, AO_START)
    if leader.kind not in ("ai", "ao"):
        return
    source = _leader(card, clock)
    if source is None or source.began is None:
        return
    for handle, task in card.tasks.items():
        engine = card.engine(handle)
        waits = task.state == "running" and task is not leader and engine is not None
        if not waits or engine is None or engine.began is not None or task.timing is None:
            continue
        if task.timing.source == clock:
            engine.began, engine.period = source.began, source.period
        elif task.start_source == trigger:
            engine.began = source.began


def silence_followers(card: Card, leader: Task, engine: Sampling | Generation | None) -> None:
    """Let the clocks that follow a task's clock fall silent with it."""
    clock = {"ai": AI_CLOCK, "ao": AO_CLOCK}.get(leader.kind or "")
    for handle, task in card.tasks.items():
        follower = card.engine(handle)
        follows = task.timing is not None and task.timing.source == clock
        if follows and follower is not None and follower is not engine:
            follower.ended = min(follower.ended, card.now + 1)


def _leader(card: Card, source: str) -> Sampling | Generation | None:
    kind = source.partition("/")[0]
    for handle, task in card.tasks.items():
        leads = task.kind == kind and task.state == "running" and task.timing is not None
        if leads and task.timing is not None and not task.timing.source:
            return card.engine(handle)
    return None
