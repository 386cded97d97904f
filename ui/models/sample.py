"""The numbers behind a statement about some sites: of one condition each, never of several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seccm.analysis.spread import Spread, spread
from seccm.arrays import FloatArray
from seccm.events import Outcome
from seccm.results import UNTRUSTED, Status
from ui.models.site_map import SiteMap

_CAVEATS = {int(status): status.caveat for status in Status if status.caveat}


@dataclass(frozen=True, slots=True)
class Sample:
    """The numbers of some sites that may be averaged with one another; SI."""

    condition: int
    sites: npt.NDArray[np.int64]
    """The numbers of the sites; shape of the values."""
    values: FloatArray
    errors: FloatArray
    """Standard uncertainties, NaN where unknown; shape of the values."""
    caveat: str
    """What has to be said of every one of them; empty where they stand for themselves."""
    apart: Mapping[str, int]
    """How many further sites have a number with a caveat, by its words."""
    doubtful: Mapping[str, int]
    """How many sites have a doubtful number, by what is to be said of it."""
    missing: int
    """Sites without a number, or that did not come to their regular end; not those to come."""

    @property
    def spread(self) -> Spread | None:
        """Mean, and what is printed after ±; None where there is no value."""
        return spread(self.values, self.errors) if self.values.size else None


def samples(sites: SiteMap, name: str) -> list[Sample]:
    """Return the numbers that statistics are about, condition by condition.

    They are of the selected sites, or of all where none is selected. Only sites that came to
    their regular end count. Numbers with a caveat are not averaged with those that stand for
    themselves, nor with those of another caveat: where there are none of the first kind, the most
    frequent kind is taken. Untrusted ones are never taken.
    """
    chosen = sites.selected if sites.selected.any() else np.ones(sites.x.size, bool)
    return [
        _sample(sites, name, int(k), chosen & (sites.condition == k))
        for k in np.unique(sites.condition[chosen])
    ]


def _sample(sites: SiteMap, name: str, condition: int, chosen: npt.NDArray[np.bool_]) -> Sample:
    quantity, values = sites.quantities[name], sites.values(name)
    known = chosen & np.isfinite(values) & (sites.outcome == Outcome.OK)
    codes = quantity.statuses
    counts = {int(c): int((codes[known] == c).sum()) for c in np.unique(codes[known])}
    plain = [c for c in counts if c not in _CAVEATS and c < UNTRUSTED]
    trusted = [c for c in counts if c < UNTRUSTED]
    taken = plain or sorted(trusted, key=counts.__getitem__)[-1:]
    apart, doubts = Counter[str](), Counter[str]()
    for code, count in counts.items():
        if code not in taken:
            words = _CAVEATS.get(code, "not to be trusted")
            (doubts if code >= UNTRUSTED else apart)[words] += count
    usable = known & np.isin(codes, taken)
    return Sample(
        condition=condition,
        sites=np.flatnonzero(usable),
        values=values[usable],
        errors=quantity.errors[usable],
        caveat="" if plain or not taken else _CAVEATS[taken[0]],
        apart=apart,
        doubtful=doubts,
        missing=int((chosen & (sites.outcome > Outcome.RUNNING)).sum()) - int(known.sum()),
    )
