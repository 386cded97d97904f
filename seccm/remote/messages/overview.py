"""What became of the sites so far: kept up by the events alone, on both ends of the channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from seccm.arrays import FloatArray
from seccm.data import open_scan
from seccm.events import (
    Event,
    Landed,
    Outcome,
    Outcomes,
    SiteAdded,
    SiteAnalysed,
    SiteFinished,
    SiteStarted,
)


@dataclass
class Overview:
    """A table of the sites in visiting order; every array has shape (sites,), all in SI units.

    `hear` writes into it what an event says; a site that a planner adds makes it longer.
    """

    status: npt.NDArray[np.uint8]
    """An `Outcome`."""
    z_contact: FloatArray
    """Height of the tip at contact; NaN where there was none."""
    latency: FloatArray
    overtravel: FloatArray
    features: dict[str, FloatArray] = field(default_factory=dict)
    """By name; NaN where undefined or not determined yet."""
    statuses: dict[str, npt.NDArray[np.uint8]] = field(default_factory=dict)
    """By the name of a feature: what is to be said about it, or why there is none."""
    errors: dict[str, FloatArray] = field(default_factory=dict)
    """By the name of a feature: its standard uncertainty, NaN where unknown."""
    _outcomes: Outcomes = field(default_factory=Outcomes, init=False, repr=False, compare=False)

    @classmethod
    def planned(cls, count: int) -> Self:
        """Return the overview of a scan that has not begun."""
        status = np.full(count, Outcome.PLANNED, np.uint8)
        z_contact, latency, overtravel = np.full((3, count), np.nan)
        return cls(status, z_contact, latency, overtravel)

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """Return the overview of a scan that is in a file, to be continued.

        Raises:
            DataFileError: the file cannot be read.
        """
        with open_scan(path) as scan:
            sites = scan.sites
            status = sites["status"].astype(np.uint8)
            # Its tip had come down when the program died; nobody measures there any more, but where
            # nothing moves: that site goes on.
            for number in np.flatnonzero(status == Outcome.RUNNING).tolist():
                site = scan.planned.get(number)
                left = site is not None and site.goes_on
                status[number] = Outcome.PLANNED if left else Outcome.ABORTED
            return cls(
                status,
                z_contact=sites["z_contact"].astype(np.float64),
                latency=sites["latency"].astype(np.float64),
                overtravel=sites["overtravel"].astype(np.float64),
                features={c.name: sites[c.name].astype(np.float64) for c in scan.features},
                statuses={c.name: sites[f"{c.name}_status"].astype("u1") for c in scan.features},
                errors={c.name: sites[f"{c.name}_err"].astype(np.float64) for c in scan.features},
            )

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many sites there are of each outcome."""
        found = np.bincount(self.status, minlength=len(Outcome))
        return {outcome: int(found[outcome]) for outcome in Outcome if found[outcome]}

    def hear(self, event: Event) -> None:
        """Write down what an event says of its site; most say nothing."""
        if getattr(event, "site", -1) < 0:  # about no site, or done by hand
            return
        became = self._outcomes.hear(event)
        match event:
            case SiteAdded(site=site):
                self._grow(site + 1)
            case SiteStarted(site=site) | SiteFinished(site=site) if became is not None:
                self.status[site] = became
            case Landed(site=site, landing=landing):
                self.z_contact[site] = landing.z_crossing
                self.latency[site] = landing.latency
                self.overtravel[site] = landing.overtravel
            case SiteAnalysed(site=site):
                for name, value in event.features.items():
                    if name not in self.features:
                        self.features[name] = np.full(len(self.status), np.nan)
                        self.statuses[name] = np.zeros(len(self.status), np.uint8)
                        self.errors[name] = np.full(len(self.status), np.nan)
                    self.features[name][site] = value
                    self.statuses[name][site] = event.statuses.get(name, 0)
                    self.errors[name][site] = event.errors.get(name, np.nan)
            case _:
                pass

    def _grow(self, count: int) -> None:
        """Make room for as many sites; those that are new are planned."""
        more = count - len(self.status)
        if more <= 0:
            return
        nothing = np.full(more, np.nan)
        self.status = np.append(self.status, np.full(more, Outcome.PLANNED, np.uint8))
        self.z_contact = np.append(self.z_contact, nothing)
        self.latency = np.append(self.latency, nothing)
        self.overtravel = np.append(self.overtravel, nothing)
        for table in (self.features, self.errors):
            table |= {name: np.append(values, nothing) for name, values in table.items()}
        unknown = np.zeros(more, np.uint8)
        self.statuses |= {n: np.append(codes, unknown) for n, codes in self.statuses.items()}

    def to_plain(self) -> dict[str, Any]:
        """Return the columns as they are now."""
        return {
            "status": self.status.copy(),
            "z_contact": self.z_contact.copy(),
            "latency": self.latency.copy(),
            "overtravel": self.overtravel.copy(),
            "features": {name: values.copy() for name, values in self.features.items()},
            "statuses": {name: codes.copy() for name, codes in self.statuses.items()},
            "errors": {name: errors.copy() for name, errors in self.errors.items()},
        }

    @classmethod
    def from_plain(cls, table: Mapping[str, Any]) -> Self:
        """Build what `to_plain` gave, with columns that can be written to."""
        return cls(
            status=np.array(table["status"]),
            z_contact=np.array(table["z_contact"]),
            latency=np.array(table["latency"]),
            overtravel=np.array(table["overtravel"]),
            features={name: np.array(values) for name, values in table["features"].items()},
            statuses={name: np.array(codes) for name, codes in table["statuses"].items()},
            errors={name: np.array(errors) for name, errors in table["errors"].items()},
        )
