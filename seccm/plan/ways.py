"""How a place is come to and left, as a plan says it: the table `way`.

A kind of way is one object: its keys in a plan, what a rig must be able to do for it, and what is
carried out. Hopping is built in. Packages of others add kinds by the entry point group
`seccm.ways`, each of which names a `WayKind`; a script calls `KINDS.register`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

from seccm.errors import Problem
from seccm.open_kinds import OpenKinds
from seccm.quantities import AnyModel, Model

if TYPE_CHECKING:
    from seccm.plan.subject import Subject

GROUP = "seccm.ways"
"""The package of the built-in kinds, and the group of entry points of all others."""


class WaySpec(Model):
    """The keys of a way in a plan; every kind has a class of its own."""

    kind: str


def _no_problems(spec: WaySpec, subject: Subject) -> Iterator[Problem]:
    yield from ()


@dataclass(frozen=True, slots=True)
class WayKind:
    """Everything about one way of coming to a place and leaving it."""

    name: str
    """As plans call it."""
    spec: type[WaySpec]
    """Its keys, with `kind` among them."""
    begin: Callable[..., Any]
    """Called with site, rig info, course and terrain for each visit; see `seccm.hopping.way.Way`
    for what it returns."""
    problems: Callable[[Any, Subject], Iterator[Problem]] = _no_problems
    """Finds what keeps this plan from being carried out on this rig in this way."""


def _own() -> Iterator[WayKind]:
    # Looked up by name: what carries a way out stands above the plan.
    yield import_module(f"{GROUP}.hopping").KIND


def _refuse_other(kind: object) -> None:
    if not isinstance(kind, WayKind):
        raise TypeError(f"{kind!r} is no seccm.plan.ways.WayKind")


KINDS: OpenKinds[WayKind] = OpenKinds("way", GROUP, _own, lambda kind: kind.name, _refuse_other)
"""Every kind of way that plans may use."""


AnyWay = Annotated[WaySpec, AnyModel("kind", lambda: (kind.spec for kind in KINDS.all().values()))]


def usual() -> WaySpec:
    """Return the way of a plan that names none: hopping."""
    return KINDS.of("hopping").spec(kind="hopping")
