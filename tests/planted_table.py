"""A scan of which every number is known, in memory: what writers of other files are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from seccm.data import Column, Header
from seccm.errors import DamagedError
from seccm.events import Outcome, Phase
from seccm.results import Status
from seccm.rig import Signal

POINTS = 5


class Sites(dict[str, Any]):
    """A table of sites as a data file has it."""

    def __len__(self) -> int:
        return int(self["status"].size)

    def words(self, name: str) -> Any:
        """Return what codes mean."""
        known = {int(one): one.words for one in Outcome} if name == "status" else None
        known = known or {int(one): one.label for one in Status}
        return np.array([known[code] for code in self[name].tolist()], np.str_)


class Planted:
    """A scan of places in metres, with one outcome for each.

    Args:
        places: of the sites.
        outcomes: of the sites; all went well unless given.
        results: columns with their units, values and statuses.
        title: of the scan.
        reference: that potentials are against.
        levels: of the factor "c" at each site.
        damaged: sites that cannot be read.
    """

    def __init__(
        self,
        places: Sequence[tuple[float, float]],
        outcomes: Sequence[Outcome] = (),
        results: Mapping[str, tuple[str, Sequence[float], Sequence[Status]]] | None = None,
        *,
        title: str = "planted",
        reference: str = "Ag/AgCl",
        levels: Sequence[float] = (),
        damaged: Sequence[int] = (),
    ) -> None:
        count, results = len(places), results or {}
        where = np.array(places, np.float64).reshape(count, 2)
        outcomes = outcomes or [Outcome.OK] * count
        self.path = Path("planted.h5")
        self.header = Header(title=title, plan_json="{}", rig_json="{}", virtual=True,
                             reference=reference, reference_offset=0.0,
                             started_at="2026-01-02T03:04:05+00:00", uuid="u")  # fmt: skip
        self.plan_json = self.header.plan_json
        self.features = tuple(Column(n, unit, f"{n} in words")
                              for n, (unit, _, _) in results.items())  # fmt: skip
        self.factors = (Column("c", "mol/m^3", "factor c"),) if levels else ()
        self.signals: tuple[Signal, ...] = (Signal("I2", "A", "second current"),)
        self.sites = Sites(
            status=np.array([int(one) for one in outcomes], np.int64),
            x_cmd=where[:, 0],
            y_cmd=where[:, 1],
            x=np.where([one is Outcome.OK for one in outcomes], where[:, 0] + 1e-9, np.nan),
            y=np.where([one is Outcome.OK for one in outcomes], where[:, 1] - 1e-9, np.nan),
            z_contact=np.where([one is Outcome.OK for one in outcomes], 4e-5, np.nan),
        )
        for name, (_, values, statuses) in results.items():
            self.sites[name] = np.array(values, np.float64)
            self.sites[f"{name}_err"] = np.abs(self.sites[name]) / 100
            self.sites[f"{name}_status"] = np.array([int(one) for one in statuses], np.int64)
        if levels:
            self.sites["factor_c"] = np.array(levels, np.float64)
        self._damaged = frozenset(damaged)

    def site(self, number: int) -> Any:
        """Return a trace whose every value tells its site; empty where nothing was measured."""
        if number in self._damaged:
            raise DamagedError(f"site {number} cannot be read")
        reached = self.sites["status"][number] not in (Outcome.PLANNED, Outcome.SKIPPED)
        rows = np.arange(POINTS if reached else 0, dtype=np.float64)
        sign = -1.0 if number % 2 else 1.0
        return SimpleNamespace(
            number=number,
            condition=f'c = {number} µM, "x"' if self.factors else "",
            t=rows / 10,
            E=-0.1 * number - rows / 7,
            I=sign * (number + 1) * 1e-12 / 3 + rows * 1e-15,
            z=4e-5 + rows * 1e-9,
            phase=np.full(rows.size, Phase.STEP, np.uint8),
            step=np.arange(rows.size, dtype=np.int16) // 3,
            signals={"I2": sign * rows * 1e-9},
            record=SimpleNamespace(t=rows / 10 + 100 * number),
        )

    def __enter__(self) -> Planted:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""


def square(columns: int, rows: int, pitch: float = 4e-6) -> list[tuple[float, float]]:
    """Return the places of a grid, row by row, the lowest y first."""
    return [(k * pitch, j * pitch) for j in range(rows) for k in range(columns)]
