"""Whether two droplets would meet: those of neighbours, and those of retries beside a site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from seccm.arrays import BoolArray, FloatArray
from seccm.errors import Problem
from seccm.plan.site import Site
from seccm.plan.subject import Subject
from seccm.rig.contact import always_flows
from seccm.units import show

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

Offset = tuple[float, float]
SPREADING = 1.1
"""A droplet spreads after the tip has left, by this and more in diameter."""
MOST_LOOKS = 4_000_000
"""Looks for a neighbour that a check takes: some seconds."""
ROUNDING = 1e-9
"""A pitch of just the diameter is no overlap, whatever the last digit of a float says."""


def spacing_problems(subject: Subject) -> Iterator[Problem]:
    """Find sites, and retries beside sites, whose droplets would meet those of others."""
    if len(subject.visits) < 2 or droplets_are_none(subject.patterns()):
        return
    # Those of one region: no droplet meets that of another one.
    here = subject.plan.places.places()
    places = np.column_stack((here.x, here.y))
    if len(places) < 2:
        return
    tree = _tree_of(places)
    # Two of them, since each site is the nearest to itself.
    distances, partners = (np.asarray(found) for found in tree.query(places, k=2))
    yield from _overlaps(subject, distances[:, 1], partners)
    yield from _retries(subject, places, tree, float(distances[:, 1].min()))


def droplets_are_none(sites: Iterable[Site]) -> bool:
    """Tell whether the tip is in the liquid at all of some sites, so that no droplets can meet."""
    return all(always_flows(site.approach.rule) for site in sites)


def overlapping(places: FloatArray, diameter: float) -> BoolArray:
    """Tell which sites have a neighbour whose footprint reaches their own, shape (sites,).

    Args:
        places: shape (sites, 2), m.
        diameter: m, of every footprint.
    """
    if len(places) < 2:
        return np.zeros(len(places), bool)
    distances, _ = _tree_of(places).query(places, k=2)
    return _meet(np.asarray(distances)[:, 1], diameter)


def meeting(
    place: Offset, places: FloatArray, offsets: Sequence[Offset], diameter: float
) -> int | None:
    """Return the nearest of some sites whose droplets a new one would meet; None if none would.

    Args:
        place: of the new site, m.
        places: of the other sites, shape (sites, 2), m.
        offsets: where each attempt at a site may land, counted from the site, m.
        diameter: m, of every footprint.
    """
    if len(places) == 0:
        return None
    ways = np.array([(x - u, y - v) for x, y in offsets for u, v in offsets])
    apart = (np.asarray(place) - places)[:, np.newaxis, :] + ways
    nearest = np.hypot(apart[..., 0], apart[..., 1]).min(axis=1)
    met = np.flatnonzero(_meet(nearest, diameter))
    return int(met[np.argmin(nearest[met])]) if met.size else None


def _tree_of(places: FloatArray) -> cKDTree:
    """Return the places so that neighbours are found quickly.

    Only a check needs scipy, which takes longer to load than all that reads and packs files.
    """
    from scipy.spatial import cKDTree

    return cKDTree(places)


def _meet(nearest: FloatArray, diameter: float) -> BoolArray:
    return nearest < diameter * (1 - ROUNDING)


def _overlaps(subject: Subject, nearest: FloatArray, partners: FloatArray) -> Iterator[Problem]:
    diameter = subject.plan.probe.diameter
    closest = int(np.argmin(nearest))
    count = int(_meet(nearest, diameter).sum())
    grid = subject.plan.places.kind == "grid"
    where = "sites.pitch" if grid else "sites"
    pair = sorted((closest, int(partners[closest][partners[closest] != closest][0])))
    apart = f"sites {pair[0]} and {pair[1]} are {show(float(nearest[closest]), 'm')} apart"
    drop = f"the footprint's diameter is {show(diameter, 'm', 3)}"
    if count:
        allowed = subject.plan.places.allow_overlap
        remedy = "Space them wider, or set sites.allow_overlap = true if this is intended."
        yield Problem(
            where,
            f"the footprints of {count} sites overlap with others: {apart}, and {drop}.",
            "" if allowed else remedy,
            "warning" if allowed else "error",
        )
    elif nearest[closest] < SPREADING * diameter:
        remedy = "Droplets spread after the tip has left; space the sites wider."
        yield Problem(where, f"{apart}, and {drop}.", remedy, "warning")


def _retries(
    subject: Subject, places: FloatArray, tree: cKDTree, nearest: float
) -> Iterator[Problem]:
    """Find retries that would land on another site, or where another site's retry may.

    Those of one site do not count among themselves: only the last one lands.
    """
    offsets = subject.patterns()[0].no_contact.offsets()
    diameter = subject.plan.probe.diameter * (1 - ROUNDING)
    shift = subject.plan.on_no_contact.shift
    reach = max(abs(x) + abs(y) for x, y in offsets)
    if not shift or nearest >= 2 * reach + diameter:
        return
    where, allowed = "on_no_contact.shift", subject.plan.places.allow_overlap
    ways = _ways(offsets)
    if len(ways) * len(places) > MOST_LOOKS:
        what = (
            f"{len(offsets) - 1} retries at each of {len(places)} sites reach neighbouring sites."
        )
        yield Problem(where, what, "Ask for fewer retries, or a smaller shift.")
        return
    for way, mine, its in ways:
        found = _met(places, tree, way, diameter)
        if found is not None:
            one, other = found
            lands = f"where retry {its} of site {other} may land" if its else f"on site {other}"
            drop = f"the footprint's diameter is {show(subject.plan.probe.diameter, 'm', 3)}"
            apart = show(float(np.hypot(*(places[one] - places[other]))), "m")
            what = (
                f"{show(shift, 'm')}: retry {mine} of site {one} would land {lands}; these sites "
                f"are {apart} apart, and {drop}."
            )
            remedy = "Make it smaller, take fewer retries, or space the sites wider."
            yield Problem(
                where,
                what,
                "" if allowed else remedy,
                "warning" if allowed else "error",
            )
            return


def _ways(offsets: Sequence[Offset]) -> list[tuple[Offset, int, int]]:
    """Return the different ways between the attempts of two sites, the shortest first.

    Returns:
        The way, and which attempts it is between; one of each opposite pair is enough, since
        every pair of sites is looked at from both ends.
    """
    found: dict[Offset, tuple[Offset, int, int]] = {}
    for mine, (x, y) in enumerate(offsets):
        for its, (u, v) in enumerate(offsets[: mine + 1]):
            way = (x - u, y - v)
            key = max((round(s * way[0], 12), round(s * way[1], 12)) for s in (1, -1))
            if any(key) and key not in found:
                found[key] = way, mine, its
    return sorted(found.values(), key=lambda one: float(np.hypot(*one[0])))


def _met(places: FloatArray, tree: cKDTree, way: Offset, within: float) -> tuple[int, int] | None:
    """Return a site, and another one that lies that way from it, if there are such two."""
    looked = tree.query(places + way, k=2, distance_upper_bound=within)
    distances, partners = (np.asarray(found) for found in looked)
    other = partners != np.arange(len(places))[:, np.newaxis]
    met = other & np.isfinite(distances)
    if not met.any():
        return None
    one, column = (int(i) for i in np.argwhere(met)[0])
    return one, int(partners[one, column])
