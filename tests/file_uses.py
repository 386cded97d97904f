"""Everything that is done with a data file, each use by name: for files that may be damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from hypothesis import settings
from rich.console import Console

import seccm.session
from seccm.analysis.features import Features
from seccm.cli.summary import statistics, summary
from seccm.data import Scan, Store, finish, open_scan
from seccm.data.repair import clear
from seccm.data.table import Table
from seccm.errors import DamagedError, SeccmError
from seccm.events import Outcome
from seccm.plan import Plan
from seccm.report import write_report
from seccm.report.study import Study
from seccm.results import UNTRUSTED
from ui.models.curves import read_site
from ui.models.scan_file import ScanFile, write_table

Numbers = Mapping[str, npt.NDArray[np.float64]]
"""The clean numbers of a file, NaN where there are none, by the name of the column."""
Use = Callable[[Path], object]
T = TypeVar("T")


def clean_numbers(scan: Scan) -> Numbers:
    """Return the features of a file, NaN where they are not called clean."""
    sites = scan.sites
    return {
        c.name: np.where(sites[f"{c.name}_status"] < UNTRUSTED, sites[c.name], np.nan)
        for c in scan.features
    }


def all_clean_numbers(scan: Scan) -> Numbers:
    """Return the features of a file, and what it says of each step and each cycle."""
    return {**clean_numbers(scan), **_of_steps(scan), **_of_cycles(scan)}


def _of_steps(scan: Scan) -> Numbers:
    """What is known of each step: its charge, and its results, each with its uncertainty."""
    found: dict[str, npt.NDArray[np.float64]] = {}

    def tell(name: str, about: Table, row: int, both: npt.ArrayLike) -> None:
        site, step = (int(about[column][row]) for column in ("site", "step"))
        values = np.ravel(np.asarray(both, np.float64))
        clean = about["status"][row] < UNTRUSTED and step >= 0
        found[f"{name} of step {step} of site {site}"] = values if clean else values * np.nan

    steps, numbers = scan.steps, scan.results()
    for row, (site, step) in enumerate(zip(steps["site"], steps["number"], strict=True)):
        known = [steps[name][row] for name in ("charge", "first", "last", "t")]
        found[f"step {step} of site {site}"] = np.array(known, np.float64)
    for row, name in enumerate(numbers["name"].tolist()):
        tell(name, numbers, row, (numbers["value"][row], numbers["err"][row]))
    for quantity in scan.quantities:
        if quantity.dims:
            arrays = scan.arrays(quantity.name)
            for row, both in enumerate(zip(arrays.values, arrays.errors, strict=True)):
                tell(quantity.name, arrays.about, row, both)
    return found


def _tells(name: str) -> bool:
    """Whether this is of a step or cycle, and says of what: a name may be what is damaged."""
    return " of site " in name and "(cannot be read)" not in name


def _of_cycles(scan: Scan) -> Numbers:
    """Each cycle, NaN where it is not called whole."""
    cycles = scan.cycles
    names = [name for name in cycles.names if name not in ("site", "cycle", "whole")]
    table = np.array([cycles[name] for name in names], np.float64).reshape(len(names), -1).T
    table[cycles["whole"] != 1] = np.nan
    which = zip(cycles["cycle"], cycles["site"], table, strict=True)
    return {f"cycle {cycle} of site {site}": row for cycle, site, row in which}


def compare(path: Path, true: Numbers) -> None:
    """Check that every number of a file that is called clean is the true one."""
    with open_scan(path) as scan:
        for name, values in all_clean_numbers(scan).items():
            if name in true and len(values) == len(true[name]):
                wrong = np.isfinite(values) & (values != true[name])
                assert not wrong.any(), f"{name} is {values[wrong]} instead of {true[name][wrong]}"
            elif _tells(name) and any(_tells(known) for known in true):
                assert not np.isfinite(values).any(), f"{name} is {values} out of nothing"


def info(path: Path) -> None:
    """As `seccm info` does."""
    with open_scan(path) as scan:
        Console(quiet=True).print(summary(scan), statistics(scan))


def sites(path: Path) -> None:
    """As a script does: each site, its steps and its raw samples, and the table."""
    with open_scan(path) as scan:
        repr((scan, scan.sites, scan.events, scan.packed, scan.raw_bytes, scan.raw_samples))
        for number in range(min(len(scan.sites), 100)):
            try:
                site = scan.site(number)
                repr((site, site.E, [site.steps[k] for k in site.steps]))
                if scan.raw_channels:
                    raw = scan.raw(number)
                    repr((raw.gaps, raw.t.size, [raw[name].size for name in raw.names]))
            except DamagedError:
                continue
        scan.check()
        scan.sites.to_pandas()
        scan.events.to_pandas()


def xarray(path: Path) -> None:
    """As xarray does, whole; what it reads later is told by HDF5, and no affair of this program."""
    with open_scan(path) as scan, scan.to_xarray() as data, suppress(OSError):
        data.load()


def browse(path: Path) -> None:
    """As the window does."""
    file = ScanFile(path)
    try:
        repr((file.words, file.title, file.resumable))
        for number in range(min(file.map.x.size, 100)):
            read_site(file.scan, number)
            file.map.label(number)
            for name in file.map.names:
                file.map.tell(number, name, "")
        file.refresh()
        write_table(file, path.with_suffix(".csv"))
        plan, _ = file.plan()
        file.map.describe(plan)
    finally:
        file.close()


def study(path: Path) -> None:
    """As a report does before it draws."""
    with open_scan(path) as scan:
        found = Study(scan)
        assert set(found.damaged) <= set(range(len(scan.sites)))
        for number in range(min(len(scan.sites), 100)):
            found.trace(number, 0)
        repr((found.groups, found.quality, found.topography, found.features))


def report(path: Path) -> None:
    """As `seccm report` does."""
    with open_scan(path) as scan:
        write_report(scan, path.with_suffix(""))


def resume(path: Path) -> None:
    """Continue the run of a file, and stop it at once."""
    with open_scan(path) as scan:
        plan, clock = Plan.from_json(scan.plan_json), scan.clock
        channels = scan.raw_channels
    features = Features(plan)
    if not channels:
        Store.resume(path, plan.sites(), features.layout, clock, features).close("stopped")


def resumed(path: Path) -> None:
    """Continue it, and look whether a site that was touched would be visited again."""
    with open_scan(path) as scan:
        before = scan.sites["status"]
    resume(path)
    with open_scan(path) as scan:
        left = set(scan.remaining())
        assert not left & set(np.flatnonzero(before > Outcome.PLANNED).tolist())


def prepared(path: Path) -> None:
    """As `seccm resume` does before anything moves."""
    seccm.session.resume(path).close()


def analyze(path: Path) -> None:
    """As `seccm analyze` does; what a killed program left is repaired for it."""
    clear(path)
    seccm.session.analyze(path)


def uses(true: Numbers, *, drawn: bool = True) -> Iterator[tuple[str, Use]]:
    """Yield everything that is done with a file.

    Args:
        true: its clean numbers before it was damaged.
        drawn: whether the figures of a report are drawn, too, which takes the most time of all.
    """

    def numbers(path: Path) -> None:
        compare(path, true)

    def analyzed(path: Path) -> None:
        analyze(path)
        compare(path, true)

    for use in (info, numbers, sites, xarray, browse, study, resumed, prepared, analyzed, finish):
        yield use.__name__, use
    if drawn:
        yield "report", report


def in_turn(every: Sequence[T], turn: int, count: int) -> tuple[T, ...]:
    """Return some of the uses: others each turn, all of them with hypothesis' profile `explore`.

    Args:
        every: of them.
        turn: which this is, of files that are alike.
        count: how many to return.
    """
    if settings.default is settings.get_profile("explore"):
        return tuple(every)
    first = turn % len(every)
    return tuple(islice(cycle(every), first, first + count))


def fault_of(use: Use, path: Path) -> str:
    """Use a file; return what went wrong. An error of this program that is a sentence is right."""
    try:
        use(path)
    except SeccmError as error:
        said = str(error)
        if "Traceback" in said or len(said) < 20:
            return f"says {said!r}"
        if any(not c.isprintable() and c != "\n" for c in said):
            return f"says something to a terminal: {said!r}"
    except AssertionError as error:
        return f"wrong: {error}"
    except Exception as error:
        import traceback

        where = traceback.extract_tb(error.__traceback__)[-1]
        ours = [
            f
            for f in traceback.extract_tb(error.__traceback__)
            if "/seccm/" in f.filename or "/ui/" in f.filename
        ]
        last = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
        return f"{type(error).__name__}: {error} ({last}; {where.name})"[:400]
    return ""
