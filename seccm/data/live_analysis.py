"""The analysis of each site as it is finished, while the run goes on."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from seccm.data.layout import NOT_MEASURED
from seccm.data.trace import Analyse, Analysed, SiteRecord
from seccm.events import Outcome, SiteAnalysed
from seccm.plan.site import Site

_UNDEFINED = (math.nan, math.nan, NOT_MEASURED)


class LiveAnalysis:
    """Determines what is kept of a site, whatever its analysis stumbles over.

    Args:
        analyse: gives what is found at a site; None to find nothing.
        features: the names of those that the file has columns for.
        quantities: the names of those that the file knows of steps.
        sites: those that may be finished.
    """

    def __init__(
        self,
        analyse: Analyse | None,
        features: Iterable[str],
        quantities: Collection[str],
        sites: Iterable[Site],
    ) -> None:
        self._analyse = analyse
        self._features, self._quantities = tuple(features), quantities
        self._sites = {site.number: site for site in sites}
        self.busy = False
        """Whether a site is being analysed just now."""

    def add(self, sites: Iterable[Site]) -> None:
        """Take sites in that were added during the run."""
        self._sites |= {site.number: site for site in sites}

    def of(self, record: SiteRecord) -> tuple[Analysed | None, str]:
        """Return what is found at a finished site, and why nothing is if the analysis failed.

        Nothing is returned of a site that is not analysed.
        """
        site = self._sites.get(record.number)
        if self._analyse is None or site is None:
            return None, ""
        self.busy = True
        try:
            found = self._analyse(site, record)
            names = {result.name for result in found.results}
            names |= {array.name for array in found.arrays}
            unknown = names.difference(self._quantities)
            unknown |= found.features.keys() - self._features
            if unknown:
                raise KeyError(f"the file has no column for {', '.join(sorted(unknown))}")
        except Exception as error:
            # The samples are safe, and the analysis can be repeated.
            said = f"the analysis failed: {type(error).__name__}: {error}"
            return Analysed({}, summary=said), said
        finally:
            self.busy = False
        return found, ""

    def told(self, number: int, found: Analysed, outcome: Outcome) -> SiteAnalysed:
        """Return what is told of a site, with every feature of the file."""
        stored = {name: found.features.get(name, _UNDEFINED) for name in self._features}
        values = {name: value for name, (value, _, _) in stored.items()}
        statuses = {name: int(status) for name, (_, _, status) in stored.items() if status}
        errors = {name: error for name, (_, error, _) in stored.items()}
        return SiteAnalysed(
            number, values, found.summary, statuses, errors, outcome, found.doubtful
        )


def cells_of(features: Mapping[str, tuple[float, float, int]], quality: int) -> dict[str, Any]:
    """Return the cells of what was found at a site, by their columns."""
    cells: dict[str, Any] = {"quality": quality}
    for name, (value, uncertainty, status) in features.items():
        cells |= {name: value, f"{name}_err": uncertainty, f"{name}_status": status}
    return cells
