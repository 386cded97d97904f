"""Kinds of contact, as a plan says them: how one knows that the tip came to the surface.

A kind is one object: its fields with units and docs, the rule that it resolves to, what has to be
held for it, and what would keep it from being seen. Packages of others add kinds by the entry point
group `seccm.contacts`, each of which names a class such as those here; a script calls
`KINDS.register`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from seccm.errors import Problem
from seccm.factors import Drop, Threshold, Value
from seccm.open_kinds import OpenKinds
from seccm.plan.rounding import rounded_up
from seccm.quantities import AnyModel, Count, Model, Ratio
from seccm.rig import Air, ContactRule, Crossing, Mode
from seccm.rig.contact import Counted, Polarity, Side
from seccm.rig.signal_table import SignalName
from seccm.units import parse_any, show

if TYPE_CHECKING:
    from seccm.plan.site import Site
    from seccm.plan.subject import Subject

CLEAR = 0.1
"""Volts from the quasi-reference electrode beyond which the sign of the charging is clear. Before
contact the double layer is at open circuit, usually within this of the electrode in the pipette."""
TYPICAL = 0.0545
"""Distance over the inner radius at which the surface halves the current of a pipette in a bath:
1.5 ln(ro / ri) tan(theta) for a rim twice as wide as the mouth and 3 degrees. H. Nitz, J. Kamp,
H. Fuchs, Probe Microsc. 1, 187 (1998)."""
HALF_ANGLE = math.radians(3.0)
"""Of the inside of a typical pipette for a bath, where the plan does not say."""
OVER = 2.0
"""A threshold over what the rig reads while nothing touches, to be safe from false contacts."""
MAINS, BESIDE_MAINS = (50.0, 60.0), 10.0
"""Frequencies of the mains, and how far a swing should keep from their multiples, in hertz."""
LISTENING = 4.0
"""Times the settling of a filtered signal in which its noise can be told."""
_SIDES: dict[Polarity, Side] = {"either": "either", "anodic": "above", "cathodic": "below"}

MOST_FEEDBACK = 5.0
"""Largest change of a current by feedback, as a share of it: over a conductor, at a sixth of the
tip's radius."""
LEAST_CURRENT = 0.9
"""Share by which it falls over an insulator at about a fifth of the radius, RG 10. Nearer, glass
that is not quite level touches."""

Number = Callable[[Value], float]
"""Gives a quantity's SI value under one condition."""


def potential_drop(drop: float, consecutive: int = 1) -> Crossing:
    """Return the rule of a potential that falls by so many volts from an overload."""
    air = Air(railed=True)
    return Crossing("potential", "from baseline", drop, "towards zero", consecutive, air)


def current_threshold(
    threshold: float, polarity: Polarity = "either", consecutive: int = 1
) -> Crossing:
    """Return the rule of a current that passes so many amperes."""
    return _current("from zero", threshold, polarity, consecutive)


def current_rise(rise: float, polarity: Polarity = "either", consecutive: int = 1) -> Crossing:
    """Return the rule of a current that departs by so many amperes from its baseline."""
    return _current("from baseline", rise, polarity, consecutive)


def _current(counted: Counted, level: float, polarity: Polarity, consecutive: int) -> Crossing:
    return Crossing("current", counted, level, _SIDES[polarity], consecutive)


def ion_current(fraction: float, consecutive: int = 1) -> Crossing:
    """Return the rule of a current that always flows and falls to a share of its baseline."""
    air = Air(conducts=True)
    return Crossing("current", "of baseline", 1.0 - fraction, "towards zero", consecutive, air)


_FEEDBACK: dict[str, Side] = {
    "falls": "towards zero", "rises": "away from zero", "either": "either"
}  # fmt: skip


def feedback(change: float, current: str = "either", consecutive: int = 1) -> Crossing:
    """Return the rule of a current that always flows and falls or rises by a share of itself.

    Args:
        change: that share.
        current: "falls", "rises" or "either".
        consecutive: rows that must agree.
    """
    air = Air(conducts=True)
    return Crossing("current", "of baseline", change, _FEEDBACK[current], consecutive, air)


def away(fraction: float) -> float:
    """Return at how many inner radii a typical pipette has such a share of its current."""
    return TYPICAL * fraction / (1.0 - fraction)


class ContactKind(Model):
    """What every kind of contact offers."""

    needs: ClassVar[Mode | None] = "potential"
    """What must be held during the approach; None where that does not matter."""
    in_bath: ClassVar[bool] = False
    """Whether it is one of a pipette that dips into a liquid, and from which no droplet hangs."""
    kind: str
    consecutive: Count = 1
    """Rows in a row that must agree; each further row costs one row of travel."""

    def rule(self, number: Number) -> ContactRule:
        """Return what the rig watches for under one condition."""
        raise NotImplementedError

    def words(self) -> str:
        """Say for a report what counts as contact."""
        return self.kind

    def problems(self, subject: Subject, site: Site) -> Iterator[Problem]:
        """Find what keeps the contact from ever being seen on this rig."""
        yield from ()

    def doubts(self, subject: Subject, site: Site) -> Iterator[Problem]:
        """Find what may keep it from being seen, or may look like a contact; as warnings."""
        yield from ()


class PotentialDropContact(ContactKind):
    """Contact closes the galvanostat's circuit: the potential leaves the overload."""

    needs: ClassVar[Mode | None] = "current"
    kind: Literal["potential drop"] = "potential drop"
    drop: Annotated[Drop, Field(examples=["5 V"])]
    """By how much the potential falls from its overload."""

    def rule(self, number: Number) -> ContactRule:
        """Return what the rig watches for under one condition."""
        return potential_drop(number(self.drop), self.consecutive)

    def words(self) -> str:
        """Say for a report what counts as contact."""
        return _sized(self.kind, self.drop, "V")

    def problems(self, subject: Subject, site: Site) -> Iterator[Problem]:
        """Find a drop as large as the overload."""
        info = subject.info
        drop = subject.setting(site).number(self.drop)
        if drop < abs(info.overload) or "current" not in info.modes:
            return  # That there is no galvanostat is said of the hold.
        half = show(abs(info.overload) / 2, "V")
        what = (
            f"{show(drop, 'V')} is not less than the overload of rig {info.name}, "
            f"{show(info.overload, 'V')}."
        )
        remedy = f"Contact would not be seen; half of the overload is usual, {half}."
        put = subject.put(half, "approach", "contact", "drop")
        yield Problem("approach.contact.drop", what, remedy, suggestion=put)

    def doubts(self, subject: Subject, site: Site) -> Iterator[Problem]:
        """Find a hold that brings nothing into overload."""
        hold = site.approach.hold
        if hold.mode == "current" and hold.value == 0.0:
            what = (
                "0 A brings no open circuit into overload, so that no drop from overload can be "
                "seen."
            )
            yield Problem("approach.hold", what, "Hold a current that is not 0 A.", "warning")


class _CurrentContact(ContactKind):
    """A current begins to flow at contact."""

    polarity: Polarity = "either"
    """The sign of the current that counts."""

    def _size(self) -> tuple[str, Value]:
        """Return the key of the least current that counts, and what stands there."""
        raise NotImplementedError

    def words(self) -> str:
        """Say for a report what counts as contact."""
        return _sized(self.kind, self._size()[1], "A")

    def problems(self, subject: Subject, site: Site) -> Iterator[Problem]:
        """Find a current beyond the range."""
        key, size = self._size()
        current = subject.info.current
        least, span = subject.setting(site).number(size), min(current.upper, -current.lower)
        if least >= span:
            what = f"{show(least, 'A')} is not inside of the current range, {show(span, 'A')}."
            yield Problem(f"approach.contact.{key}", what, "Contact would not be seen; lower it.")

    def doubts(self, subject: Subject, site: Site) -> Iterator[Problem]:
        """Find a sign that hardly comes, and a level that offset, hum and noise pass."""
        yield from self._unlikely(subject, site)
        key, size = self._size()
        level, idle = subject.setting(site).number(size), subject.info.idle_current
        if level >= idle:
            return
        enough = show(rounded_up(OVER * idle), "A")
        what = (
            f"{show(level, 'A')}{subject.under(site)} is below what rig {subject.info.name} may "
            f"read without contact, {show(idle, 'A', 2)}: noise, hum or offset would count as a "
            "contact."
        )
        put = subject.put(enough, "approach", "contact", key)
        yield Problem(f"approach.contact.{key}", what, f"Write {enough} or more.", "warning", put)

    def _unlikely(self, subject: Subject, site: Site) -> Iterator[Problem]:
        hold = site.approach.hold
        if hold.mode != "potential" or abs(hold.value) <= CLEAR:
            return
        comes = "anodic" if hold.value > 0 else "cathodic"
        if self.polarity in ("either", comes):
            return
        what = (
            f'"{self.polarity}" will hardly show a contact{subject.under(site)}: '
            f"{subject.volts(hold.value)} is held, and the double layer of a fresh surface "
            f"charges with {comes} current."
        )
        remedy = f'Write "{comes}" or "either": a contact that is not seen drives the tip into the '
        put = subject.put("either", "approach", "contact", "polarity")
        yield Problem("approach.contact.polarity", what, f"{remedy}surface.", "warning", put)


class CurrentThresholdContact(_CurrentContact):
    """Contact closes the potentiostat's circuit: the current passes a fixed value."""

    kind: Literal["current threshold"] = "current threshold"
    threshold: Threshold
    """The least current that counts as contact."""

    def rule(self, number: Number) -> ContactRule:
        """Return what the rig watches for under one condition."""
        return current_threshold(number(self.threshold), self.polarity, self.consecutive)

    def _size(self) -> tuple[str, Value]:
        return "threshold", self.threshold


class CurrentRiseContact(_CurrentContact):
    """As the threshold, but counted from the current measured before the descent."""

    kind: Literal["current rise"] = "current rise"
    rise: Threshold
    """By how much the current has to change."""

    def rule(self, number: Number) -> ContactRule:
        """Return what the rig watches for under one condition."""
        return current_rise(number(self.rise), self.polarity, self.consecutive)

    def _size(self) -> tuple[str, Value]:
        return "rise", self.rise


class IonCurrentContact(ContactKind):
    """A current that always flows, from a pipette in a bath, falls as the tip nears the surface.

    It is compared with its own value far from the surface, measured before each descent. It cannot
    show that the tip is clear: the retract distance alone decides that.
    """

    in_bath: ClassVar[bool] = True
    kind: Literal["ion current"] = "ion current"
    fraction: Annotated[Ratio, Field(gt=0, lt=1, examples=["0.98"])]
    """Share of the current far from the surface at which the tip stops."""

    def rule(self, number: Number) -> ContactRule:
        """Return what the rig watches for under one condition."""
        return ion_current(self.fraction, self.consecutive)

    def words(self) -> str:
        """Say for a report what counts as contact."""
        return f"{self.kind}: falls to {self.fraction:g} of its value far from the surface"

    def problems(self, subject: Subject, site: Site) -> Iterator[Problem]:
        """Find a hold under which nothing flows."""
        hold = site.approach.hold
        if hold.mode == "potential" and hold.value == 0.0:
            what = f"{subject.volts(0.0)} drives no ion current, so that no fall can be seen."
            yield Problem("approach.hold", what, "Hold a potential that is not 0 V.")

    def doubts(self, subject: Subject, site: Site) -> Iterator[Problem]:
        """Find a fall that noise may hide, and a tip that may go too far past the setpoint."""
        yield from self._hidden(subject, site)
        far = away(self.fraction) * subject.plan.probe.aperture / 2.0
        overtravel, most = site.approach.overtravel, far / 4.0
        if overtravel <= most * 1.01:
            return
        what = (
            f"{show(overtravel, 'm')} is more than a quarter of the distance at which a typical "
            f"pipette of this aperture stops at {self.fraction:g} of its current, "
            f"{show(far, 'm', 2)}: the glass may touch the sample."
        )
        put = subject.put(show(most, "m", 2), "approach", "overtravel")
        remedy = (
            f"Allow at most {show(most, 'm', 2)}, and approach more slowly if that is asked for."
        )
        yield Problem("approach.overtravel", what, remedy, "warning", put)

    def _hidden(self, subject: Subject, site: Site) -> Iterator[Problem]:
        """Find a fall to the setpoint that is smaller than what the rig reads of noise.

        Only where the plan says how well the liquid conducts. The resistances are those of a cone
        and of a disk in series.
        """
        liquid, hold = subject.plan.electrolyte, site.approach.hold
        if liquid is None or liquid.conductivity is None or hold.mode != "potential":
            return
        cone = 1.0 / (math.pi * math.tan(liquid.half_angle or HALF_ANGLE)) + 0.25
        current = abs(hold.value) * liquid.conductivity * subject.plan.probe.aperture / 2.0 / cone
        fall, idle = (1.0 - self.fraction) * current, subject.info.idle_current
        if current == 0.0 or fall >= idle:
            return
        what = (
            f"the current far from the surface is about {show(current, 'A', 2)}, and falls by "
            f"{show(fall, 'A', 2)} to {self.fraction:g} of it; rig {subject.info.name} may read "
            f"{show(idle, 'A', 2)} of noise, hum and offset. The tip does not descend where the "
            "fall is less than five times the noise."
        )
        remedy = "Choose a smaller fraction, or a larger potential."
        yield Problem("approach.contact.fraction", what, remedy, "warning")


class FeedbackContact(ContactKind):
    """The current of a microelectrode in a solution falls or rises as it nears the surface.

    Nothing touches: the tip stops where the feedback of the surface has changed its current by a
    share of its own value far away, which is measured before each descent. It cannot show that the
    tip is clear: the retract distance alone decides that.
    """

    kind: Literal["feedback"] = "feedback"
    change: Annotated[Ratio, Field(gt=0, le=MOST_FEEDBACK, examples=["0.3"])]
    """By which share of the current far away it changes."""
    current: Literal["either", "falls", "rises"] = "either"
    """Over an insulator it falls, over a conductor it rises."""

    @model_validator(mode="after")
    def _stops_before_the_surface(self) -> Self:
        if self.current != "rises" and self.change > LEAST_CURRENT:
            raise ValueError(
                f"the current does not fall by more than {LEAST_CURRENT:g} of itself before the "
                "glass touches the surface; write a smaller change, such as 0.3"
            )
        return self

    def rule(self, number: Number) -> ContactRule:
        """Return what the rig watches for under one condition."""
        return feedback(self.change, self.current, self.consecutive)

    def words(self) -> str:
        """Say for a report what counts as contact."""
        how = "changes" if self.current == "either" else self.current
        return f"{self.kind}: the current {how} by {self.change:g} of its value far away"


def _readable(text: str) -> str:
    """Refuse what is no quantity above zero.

    Raises:
        ValueError: says why.
    """
    if not parse_any(text)[0] > 0.0:
        raise ValueError(f"must be greater than 0, not {text}")
    return text


class _AddedSignalContact(ContactKind):
    """A contact that is seen in a signal that the rig file adds."""

    def _size(self) -> tuple[str, str]:
        """Return the key of how far the signal departs, and what stands there."""
        raise NotImplementedError

    def _signal(self) -> str:
        raise NotImplementedError

    def problems(self, subject: Subject, site: Site) -> Iterator[Problem]:
        """Find a size in another unit than the signal has."""
        key, size = self._size()
        unit, signal = parse_any(size)[1], self._signal()
        has = next(s.unit for s in subject.info.signals if s.name == signal)
        if unit != has:
            what = f"{size} is not in {has}, the unit of the signal {signal}."
            yield Problem(f"approach.contact.{key}", what, "Give it in that unit.")


class SignalContact(_AddedSignalContact):
    """A signal that the rig file adds departs from its value measured before the descent."""

    needs: ClassVar[Mode | None] = None
    kind: Literal["signal change"] = "signal change"
    signal: SignalName
    """As the rig file calls it; the rig must watch it."""
    change: Annotated[str, AfterValidator(_readable), Field(examples=["5 pA"])]
    """How far it departs, in a unit of that signal."""
    side: Literal["either", "above", "below"] = "either"
    """Whether it rises or falls at contact."""
    at_rest: Literal["zero", "any value"] = "zero"
    """What it reads while nothing touches. Where it may have any value, it cannot show that the
    tip is clear: the retract distance alone decides that."""

    def rule(self, number: Number) -> ContactRule:
        """Return what the rig watches for under one condition."""
        level, unit = parse_any(self.change)
        air = Air(conducts=self.at_rest == "any value")
        return Crossing(
            self.signal, "from baseline", level, self.side, self.consecutive, air, measured_in=unit
        )

    def words(self) -> str:
        """Say for a report what counts as contact."""
        return f"{self.signal.replace('_', ' ')} changes by {self.change}"

    def _size(self) -> tuple[str, str]:
        return "change", self.change

    def _signal(self) -> str:
        return self.signal


class AmplitudeContact(_AddedSignalContact):
    """What a signal swings by, together with the height of the tip, rises at contact.

    The rig lets the tip swing while it looks. The current between the two barrels of a pipette
    swings with it as soon as the meniscus touches, over a conductor and an insulator alike.
    """

    needs: ClassVar[Mode | None] = None
    kind: Literal["ac amplitude"] = "ac amplitude"
    signal: SignalName = "ac_amplitude"
    """The amplitude of a lock-in of the rig file, which has no frequency of its own."""
    threshold: Annotated[str, AfterValidator(_readable), Field(examples=["5 pA"])]
    """How far the amplitude rises at least from its value far from the surface; below it the
    circuit counts as open."""
    sigmas: Annotated[Ratio, Field(ge=0, examples=["5"])] = 5.0
    """How many times its noise far from the surface, measured before each descent, it rises at
    least. The larger of both counts."""

    def rule(self, number: Number) -> ContactRule:
        """Return what the rig watches for under one condition."""
        level, unit = parse_any(self.threshold)
        return Crossing(
            self.signal,
            "from baseline",
            level,
            "above",
            self.consecutive,
            measured_in=unit,
            sigmas=self.sigmas,
        )

    def words(self) -> str:
        """Say for a report what counts as contact."""
        return (
            f"{self.signal.replace('_', ' ')} rises by {self.threshold}, and by {self.sigmas:g} "
            "times its noise"
        )

    def problems(self, subject: Subject, site: Site) -> Iterator[Problem]:
        """Find a signal that does not swing with the tip, or a rig that cannot let it swing."""
        info = subject.info
        if not info.modulates(self.signal):
            what = f"{self.signal} of rig {info.name} does not follow a swing of the tip."
            remedy = "Remove frequency from its table [lock_in], or choose another contact."
            yield Problem("approach.contact.signal", what, remedy)
        elif info.modulation is None:
            what = f"rig {info.name} cannot modulate the height of the tip as it is now."
            remedy = 'Write stop.kind = "streamed" in the rig file, or choose another contact.'
            yield Problem("approach.contact", what, remedy)
        yield from super().problems(subject, site)

    def doubts(self, subject: Subject, site: Site) -> Iterator[Problem]:
        """Find a swing beside a multiple of the mains, and a rest too short to hear the noise."""
        info, settle = subject.info, site.approach.settle
        if (swing := info.modulation) is not None:
            for mains in MAINS:
                multiple = mains * max(1, round(swing.frequency / mains))
                if abs(swing.frequency - multiple) < BESIDE_MAINS:
                    what = (
                        f"the tip swings at {show(swing.frequency, 'Hz', 4)}, beside a multiple of "
                        f"the mains, {show(multiple, 'Hz')}: hum would look like a swing."
                    )
                    remedy = "Choose a frequency half-way between two multiples, in the rig file."
                    yield Problem("approach.contact.signal", what, remedy, "warning")
        enough = LISTENING * info.settling(self.signal)
        if settle < enough * (1.0 - 1e-9):
            written = show(rounded_up(enough), "s")
            what = (
                f"{show(settle, 's')} is short: {self.signal} settles in "
                f"{show(info.settling(self.signal), 's', 2)}, and its noise is measured after that."
            )
            put = subject.put(written, "approach", "settle")
            yield Problem("approach.settle", what, f"Write {written} or more.", "warning", put)

    def _size(self) -> tuple[str, str]:
        return "threshold", self.threshold

    def _signal(self) -> str:
        return self.signal


def _sized(kind: str, size: Value, unit: str) -> str:
    return f"{kind}: {show(size, unit)}" if isinstance(size, float) else kind


def _own() -> tuple[type[ContactKind], ...]:
    return (
        PotentialDropContact,
        CurrentThresholdContact,
        CurrentRiseContact,
        IonCurrentContact,
        FeedbackContact,
        SignalContact,
        AmplitudeContact,
    )


def _refuse_other(kind: object) -> None:
    if not (isinstance(kind, type) and issubclass(kind, ContactKind)):
        raise TypeError(f"{kind!r} is not a subclass of seccm.plan.contacts.ContactKind")


KINDS: OpenKinds[type[ContactKind]] = OpenKinds(
    "contact",
    "seccm.contacts",
    _own,
    lambda kind: str(kind.model_fields["kind"].default),
    _refuse_other,
)
"""Every kind of contact that plans may use."""


Contact = Annotated[ContactKind, AnyModel("kind", lambda: KINDS.all().values())]
