"""Kinds of contact, as a plan says them: how one knows that the tip came to the surface.

A kind is one object: its fields with units and docs, the rule that it resolves to, what has to be
held for it, and what would keep it from being seen. Packages of others add kinds by the entry point
group `seccm.contacts`, each of which names a class such as those here; a script calls
`KINDS.register`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

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
OVER = 2.0
"""A threshold over what the rig reads while nothing touches, to be safe from false contacts."""
_SIDES: dict[Polarity, Side] = {"either": "either", "anodic": "above", "cathodic": "below"}

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


class ContactKind(Model):
    """What every kind of contact offers."""

    needs: ClassVar[Mode | None] = "potential"
    """What must be held during the approach; None where that does not matter."""
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
        if drop < abs(info.overload):
            return
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

    def rule(self, number: Number) -> ContactRule:
        """Return what the rig watches for under one condition."""
        return current_threshold(number(self.threshold), self.polarity, self.consecutive)

    def _size(self) -> tuple[str, Value]:
        return "threshold", self.threshold


class CurrentRiseContact(_CurrentContact):
    """As the threshold, but counted from the current measured before the descent."""

    kind: Literal["current rise"] = "current rise"
    rise: Threshold

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


def _readable(text: str) -> str:
    """Refuse what is no quantity above zero.

    Raises:
        ValueError: says why.
    """
    if not parse_any(text)[0] > 0.0:
        raise ValueError(f"must be greater than 0, not {text}")
    return text


class SignalContact(ContactKind):
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

    def problems(self, subject: Subject, site: Site) -> Iterator[Problem]:
        """Find a change in another unit than the signal has."""
        unit = parse_any(self.change)[1]
        has = next(s.unit for s in subject.info.signals if s.name == self.signal)
        if unit != has:
            what = f"{self.change} is not in {has}, the unit of the signal {self.signal}."
            yield Problem("approach.contact.change", what, "Give it in that unit.")


def _sized(kind: str, size: Value, unit: str) -> str:
    return f"{kind}: {show(size, unit)}" if isinstance(size, float) else kind


def _own() -> tuple[type[ContactKind], ...]:
    return (
        PotentialDropContact,
        CurrentThresholdContact,
        CurrentRiseContact,
        IonCurrentContact,
        SignalContact,
    )


def _refuse_other(kind: object) -> None:
    if not (isinstance(kind, type) and issubclass(kind, ContactKind)):
        raise TypeError(f"{kind!r} is no subclass of seccm.plan.contacts.ContactKind")


KINDS: OpenKinds[type[ContactKind]] = OpenKinds(
    "contact",
    "seccm.contacts",
    _own,
    lambda kind: str(kind.model_fields["kind"].default),
    _refuse_other,
)
"""Every kind of contact that plans may use."""


Contact = Annotated[ContactKind, AnyModel("kind", lambda: KINDS.all().values())]
