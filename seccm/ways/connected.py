"""Electrodes that stay where they are: each is connected to the cell, and nothing moves.

For the channels of an electrode array, a microelectrode, or a particle on a stick. The way has no
means to move anything: it hands out drives of the cell and nothing else, and `seccm.hopping.course`
refuses it every motion. The cell is off while the connection changes. Before the programme begins
the circuit is looked at, if the plan says what it should show.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from seccm.errors import ContactError, Problem, RigError
from seccm.events import Approaching, Landed, Landing, Note, Phase, PhaseBegan
from seccm.hopping.course import OFF, Course, Steps
from seccm.hopping.terrain import Terrain
from seccm.hopping.way import Arrived
from seccm.mistakes import Mistakes
from seccm.plan.site import Site
from seccm.plan.subject import Subject
from seccm.plan.ways import Timing, WayKind, WaySpec
from seccm.quantities import Current, Duration, Model, Potential, Words
from seccm.rig import Connect, Constant, Drive, RigInfo, SwitchInfo, Wake
from seccm.suggestion import Suggestion
from seccm.units import show, volts

LOOK = 0.1
"""Seconds over whose mean the circuit is judged."""
LABEL = "{label}"
"""Stands for the label of the channel in what a person is asked."""


class Plausible(Model):
    """What a closed circuit shows, before a programme begins."""

    open_circuit: tuple[Potential, Potential] | None = None
    """The potential at open circuit lies between these, against the reference of the plan."""
    potential: Potential | None = None
    """Instead: what is applied for a look at the current."""
    current: tuple[Current, Current] | None = None
    """The magnitude of the current at that potential lies between these."""

    @model_validator(mode="after")
    def _one_look(self) -> Plausible:
        wrong = []
        if (self.potential is None) != (self.current is None):
            missing = "current" if self.current is None else "potential"
            what = "is missing: a current is looked at while a potential is applied."
            wrong.append(Problem(missing, what, "Give both, or open_circuit instead."))
        elif (self.open_circuit is None) == (self.current is None):
            what = "must say what the circuit should show: open_circuit, or potential and current."
            wrong.append(Problem("", what, 'Write open_circuit = ["2 V", "4.5 V"].'))
        for key in ("open_circuit", "current"):
            span = getattr(self, key)
            if span is not None and not span[0] < span[1]:
                wrong.append(Problem(key, "must have the lower end first.", "Exchange them."))
        if wrong:
            raise Mistakes(wrong)
        return self


class ConnectedSpec(WaySpec):
    """Nothing moves: each site is an electrode that is connected to the cell."""

    kind: Literal["connected"] = "connected"
    switch: Literal["nobody", "person", "rig"] = "nobody"
    """Who connects the channels: a person, who is asked, or the rig. Nobody, with a single one."""
    ask: Words = f"Connect {LABEL}, then continue."
    """What a person is asked to do before each channel; "{label}" stands for its label."""
    resume: Literal["rest first", "give up"] = "rest first"
    """What a resumed run does with a site that is half measured: rest, and go on with the step that
    was under way; or go on with the next site."""
    rest: Annotated[Duration, Field(ge=0)] = 60.0
    """Open circuit before such a site goes on."""
    settle: Annotated[Duration, Field(ge=0)] = 1.0
    """Rest at open circuit before the programme."""
    plausible: Plausible | None = None
    """What the circuit must show after that; without it, nobody looks."""


class Connected:
    """The visit of one electrode.

    Args:
        site: which one, and what to do there.
        info: what the rig can do.
        course: the newest rows; refuses every motion.
        terrain: not used, there is no surface.
    """

    wet = ""
    """Nothing is to leave a surface."""

    def __init__(self, site: Site, info: RigInfo, course: Course, terrain: Terrain) -> None:
        assert isinstance(site.way, ConnectedSpec)
        self._site, self._info, self._course, self._way = site, info, course, site.way

    def arrive(self) -> Steps[Arrived]:
        """Look at the circuit, and say that the programme begins.

        Raises:
            ContactError: the circuit of a channel shows something else than the plan says.
            RigError: that of an electrode which is the only one does.
        """
        course, site = self._course, self._site
        label = site.label or "site"
        again = course.before is not None
        # Rows of this phase belong to no step, and the analysis leaves them out.
        resting = Phase.REST if again else Phase.SETTLE
        course.tell(PhaseBegan(course.row, site.number, resting))
        yield from self._connect()
        yield from self._look(self._way.rest if again else self._way.settle)
        what = f"{label} connected again, goes on" if again else f"{label} connected"
        course.tell(Approaching(course.row, site.number, 0, what))
        yield from course.next(OFF, Wake(course.row + 1))
        landing = Landing.unseen(course.row)  # no surface was looked for
        course.tell(Landed(course.row, site.number, landing, None))
        return Arrived(landing)

    def leave(self) -> Steps[None]:
        """Switch the cell off."""
        course = self._course
        course.stays = True
        course.tell(PhaseBegan(course.row, self._site.number, Phase.SETTLE))
        yield from course.next(OFF, Wake(course.row + 1))
        if self._switch is not None:
            yield from course.rest(self._switch.seconds)
            yield from course.rest(self._switch.seconds, Connect(""))

    @property
    def _switch(self) -> SwitchInfo | None:
        """The switch of the rig, where that connects; None where a person does, or nobody."""
        return self._info.switch if self._way.switch == "rig" else None

    def _connect(self) -> Steps[None]:
        """Connect the channel with the cell off, after any other one was left."""
        course, switch, label = self._course, self._switch, self._site.label
        yield from course.next(OFF, Wake(course.row + 1))
        if switch is None:
            yield from course.next(Connect(label, "person"), Wake(course.row + 1))
            return
        # Each contact has opened, or closed, before the next one is asked to move.
        yield from course.rest(switch.seconds)
        yield from course.rest(switch.seconds, Connect(""))
        yield from course.rest(switch.seconds, Connect(label))

    def _look(self, rest: float) -> Steps[None]:
        """Rest, and see whether the circuit shows what the plan says."""
        course, wanted = self._course, self._way.plausible
        if wanted is None:
            yield from course.rest(rest, OFF)
            return
        offset = 0.0 if self._site.recipe is None else self._site.recipe.offset
        rest = max(rest, LOOK)
        if wanted.open_circuit is not None:
            found = (yield from self._mean("potential", rest, OFF)) + offset
            span, said = wanted.open_circuit, f"the potential at open circuit is {volts(found)}"
            between = f"{volts(span[0])} to {volts(span[1])}"
        else:
            assert wanted.potential is not None
            assert wanted.current is not None
            held = Drive("potential", Constant(wanted.potential - offset))
            found = abs((yield from self._mean("current", rest, held)))
            span, said = wanted.current, f"the current at {volts(wanted.potential)} is "
            said += show(found, "A")
            between = f"{show(span[0], 'A')} to {show(span[1], 'A')}"
        yield from course.next(OFF, Wake(course.row + 1))
        if span[0] <= found <= span[1]:
            what = f"The circuit is plausible: {said}."
            course.tell(Note(course.row, self._site.number, what, "info"))
            return
        what = f"{said}, outside of the {between} that the plan says. Cell off; nothing was run."
        remedy = "Check the connections and the electrolyte, or way.plausible of the plan."
        if self._way.switch == "nobody":
            raise RigError("implausible", "cell", what, remedy)
        raise ContactError("implausible", f"{what[:1].upper()}{what[1:]} {remedy}")

    def _mean(self, signal: str, rest: float, drive: Drive) -> Steps[float]:
        """Impose something for a while; return the mean of a signal at the end of it."""
        course = self._course
        rows = course.block.clock.rows(rest)
        kept = max(1, course.block.clock.rows(min(LOOK, rest)))
        due, values = course.row + rows, np.zeros(0)
        yield from course.next(drive, Wake(due))
        while True:
            values = np.concatenate((values, course.block.data[signal]))[-kept:]
            if course.row >= due:
                break
            yield from course.next()
        return float(np.nanmean(values)) if np.isfinite(values).any() else math.nan


def _problems(way: ConnectedSpec, subject: Subject) -> Iterator[Problem]:
    """Find what does not fit the rig."""
    wanted, info = way.plausible, subject.info
    labels = [site.label for site in subject.patterns()]
    if way.switch == "nobody" and len(set(labels)) > 1:
        what = f"nobody connects the {len(set(labels))} channels one after the other."
        yield Problem("way.switch", what, 'Write "person" or "rig".')
    if way.switch == "rig" and info.switch is None:
        what = f"rig {info.name} has no switch for channels."
        put = Suggestion(("way", "switch"), "put", "person")
        remedy = 'Write "person", or describe the switch in the rig file, in the table [switch].'
        yield Problem("way.switch", what, remedy, suggestion=put)
    elif way.switch == "rig" and info.switch is not None:
        missing = [label for label in labels if label not in info.switch.channels]
        if missing:
            known = ", ".join(info.switch.channels[:12])
            what = f'the switch of rig {info.name} has no channel "{missing[0]}"; it has: {known}.'
            yield Problem("sites.labels", what, "Call the channels as the rig file does.")
    if wanted is not None and wanted.potential is not None:
        raw = wanted.potential - subject.plan.reference.offset
        if not info.potential.holds(raw):
            what = f"{subject.volts(raw)} is out of the range of rig {info.name}."
            yield Problem("way.plausible.potential", what, "Choose another potential.")


def _timing(way: ConnectedSpec, site: Site, info: RigInfo) -> Timing:
    """Say how long a visit takes beside its steps; nobody knows how long a person takes."""
    switching = info.switch.seconds if way.switch == "rig" and info.switch is not None else 0.0
    return Timing(0.0, way.settle + 3 * switching, 0.0, 0.0, 0.0, 2 * switching)


def _asks(way: ConnectedSpec, site: Site) -> str:
    """Return what a person is asked to do."""
    return way.ask.replace(LABEL, site.label) if way.switch == "person" else ""


def _goes_on(way: ConnectedSpec) -> bool:
    """Tell whether a site that broke off goes on."""
    return way.resume == "rest first"


KIND = WayKind(
    "connected",
    ConnectedSpec,
    Connected,
    _problems,
    _timing,
    moves=False,
    asks=_asks,
    goes_on=_goes_on,
)
