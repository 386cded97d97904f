"""How a rig file says that an open circuit is told: the table `[commissioning]`.

A plan says it in its approach. Commissioning has no plan, and drives the cell all the same; with
this table the program looks itself whether the tip is clear of the surface.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import Field, model_validator

from seccm.errors import Problem
from seccm.factors import Condition, Current, Pause, Potential, Value
from seccm.mistakes import Mistakes, OneOf
from seccm.plan.contacts import Contact
from seccm.plan.site import CircuitLook, Hold
from seccm.quantities import Model, validate
from seccm.rig import Block, ContactRule, Mode

TABLE = "commissioning"


class HeldCell(Model):
    """What is applied to the cell while the program looks at the circuit."""

    potential: Potential | None = None
    """Raw, against the quasi-reference electrode of the rig."""
    current: Current | None = None
    """The same for a galvanostat."""

    @model_validator(mode="after")
    def _one_value(self) -> HeldCell:
        given = [name for name, value in self if value is not None]
        if len(given) != 1:
            raise OneOf(type(self).model_fields, given)
        return self

    @property
    def mode(self) -> Mode:
        """Which of both it is."""
        return "current" if self.potential is None else "potential"


class CommissioningTable(Model):
    """The table `[commissioning]` of a rig file."""

    hold: HeldCell
    """What is applied to the cell while the program looks."""
    contact: Annotated[Contact, Field(examples=[{"kind": "potential drop", "drop": "5 V"}])]
    """What a closed circuit shows, as the contact of a plan."""
    settle: Pause = 0.5
    """How long leads and filters take to come to rest."""

    @model_validator(mode="after")
    def _can_tell(self) -> CommissioningTable:
        """Refuse what depends on a plan, and a contact that no open circuit shows."""
        for key, value in (("hold", self.hold.potential), ("hold", self.hold.current),
                           ("settle", self.settle)):  # fmt: skip
            if value is not None:
                _number(key, value)
        rule = self.contact.rule(lambda value: _number("contact", value))
        needs = self.contact.needs
        if needs is not None and needs != self.hold.mode:
            what = f'"{self.contact.kind}" needs a {needs}, but a {self.hold.mode} is held.'
            raise Mistakes([Problem("hold", what, f"Hold a {needs}, or choose another contact.")])
        if rule.open(_no_rows(rule)) is None:
            what = f'"{self.contact.kind}" cannot show that a circuit is open.'
            raise Mistakes([Problem("contact", what, "Choose another, or remove the table.")])
        return self

    def look(self) -> CircuitLook:
        """Return the same as plain numbers."""
        known = Condition().number
        hold = self.hold
        value = hold.current if hold.potential is None else hold.potential
        assert value is not None
        held = Hold(hold.mode, known(value))
        return CircuitLook(self.contact.rule(known), held, known(self.settle))


def _number(key: str, value: Value) -> float:
    """Return a value that stands in the table itself.

    Raises:
        Mistakes: it follows a factor or a step of a plan.
    """
    try:
        return Condition().number(value)
    except (KeyError, TypeError):
        what = f"{value} belongs to a plan; a rig file has neither factors nor steps."
        raise Mistakes([Problem(key, what, "Write a value with its unit.")]) from None


def _no_rows(rule: ContactRule) -> Block:
    return Block(0, {rule.signal: np.empty(0)}, np.empty(0, np.uint8))


class _WithTable(Model):
    """A rig file's table by its name, so that mistakes are named by the whole key."""

    commissioning: CommissioningTable


def open_circuit_of(config: Mapping[str, Any], source: str) -> CircuitLook | None:
    """Return how a rig file tells an open circuit; None where it does not say it.

    Args:
        config: the rig file.
        source: its name, for messages.

    Raises:
        PlanError: with every mistake of the table.
    """
    if TABLE not in config:
        return None
    given = {TABLE: config[TABLE]}
    return validate(_WithTable, given, source, from_file=True).commissioning.look()
