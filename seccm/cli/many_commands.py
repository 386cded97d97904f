"""The commands over many scans: the catalogue, and sweeps of virtual screens."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from seccm.cli.exits import Exit, sentences
from seccm.cli.printing import errors, say, shown, tell_table
from seccm.typography import counted
from seccm.units import show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seccm.catalog import Catalog, Entry

WorkersOption = Annotated[
    int, typer.Option("--workers", min=1, help="Processes that work at the same time.")
]
ClusterOption = Annotated[
    str,
    typer.Option(
        "--cluster", help='Address of a scheduler of Dask, or "local" for one on this computer.'
    ),
]


def catalog(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(help="Folders to look through from now on; those of before, too."),
    ] = None,
    text: Annotated[
        str, typer.Option("--text", help="In title, description, sample, notes or path.")
    ] = "",
    plan: Annotated[str, typer.Option("--plan", help="In the title.")] = "",
    sample: Annotated[str, typer.Option("--sample", help="In the name of the sample.")] = "",
    condition: Annotated[str, typer.Option("--condition", help="In a condition.")] = "",
    notes: Annotated[str, typer.Option("--notes", help="In notes and description.")] = "",
    tag: Annotated[str, typer.Option("--tag", help="A tag that the scan has.")] = "",
    after: Annotated[str, typer.Option("--after", help="Begun on this day or later.")] = "",
    before: Annotated[str, typer.Option("--before", help="Begun before this day.")] = "",
    result: Annotated[
        list[str] | None,
        typer.Option("--result", help='Median of a result: "E_nuc = -0.4 V .. -0.2 V".'),
    ] = None,
    compare: Annotated[
        str, typer.Option("--compare", help="Show how this result spreads in each scan.")
    ] = "",
    sql: Annotated[
        str, typer.Option("--sql", help="Query the tables scans and sites in SQL, with DuckDB.")
    ] = "",
    give: Annotated[
        list[str] | None,
        typer.Option("--give", help='A tag for the scans found; "-name" removes it.'),
    ] = None,
    here: Annotated[
        Path | None,
        typer.Option("--catalog", help="Where the catalogue is; by default that of the user."),
    ] = None,
) -> None:
    """Search and compare the scans below some folders. Data files are only read."""
    from dataclasses import replace

    from seccm.catalog import Catalog, Search

    with sentences():
        kept = Catalog(here)
        with errors.status("Looking through the folders"):
            changes = kept.update(folders or (), workers=os.cpu_count() or 1)
        for path, why in changes.problems.items():
            say(
                ("Not read: ", "yellow"),
                shown(why if str(path) in why else f"{path}: {why}"),
                console=errors,
            )
        if sql:
            _answer(*kept.query(sql))
            return
        search = Search(text, plan, sample, condition, notes, tag, after, before)
        for one in result or ():
            search = replace(search, results=search.with_range(one).results)
        found = kept.find(search)
        for entry in found if give else ():
            kept.tag(entry.path, *(give or ()))
        _found(kept, found, compare)
    scans = counted(len(kept.entries) - len(changes.problems), "scan")
    say(f"{len(found)} of {scans}; {changes.read} new or changed, {changes.gone} gone")


def _found(kept: Catalog, found: Sequence[Entry], compare: str) -> None:
    heads = ["begun", "title", "sample", "state", "sites", "tags"]
    table = Table(*heads, *([compare] if compare else []), "file", box=None, pad_edge=False)
    for entry in found:
        tags = ", ".join(kept.tags.get(entry.uuid, ()))
        cells = [entry.started_at[:16].replace("T", " "), entry.title, entry.sample, entry.state]
        spread = entry.results.get(compare)
        if compare:
            tell = "" if spread is None else _spread(spread.unit, spread.median, spread.lowest,
                                                     spread.highest, spread.count)  # fmt: skip
            row = [*cells, str(entry.sites), tags, tell, entry.path]
        else:
            row = [*cells, str(entry.sites), tags, entry.path]
        table.add_row(*map(shown, row))
    tell_table(table)


def _spread(unit: str, median: float, low: float, high: float, count: int) -> str:
    return f"{show(median, unit, 3)} ({show(low, unit, 3)} to {show(high, unit, 3)}, n = {count})"


def _answer(names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    table = Table(*names, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(shown(f"{v:.6g}" if isinstance(v, float) else str(v)) for v in row))
    tell_table(table)


def sweep(
    plan: Annotated[str, typer.Argument(help="A plan: a TOML file, or a shipped one's name.")],
    vary: Annotated[
        list[str] | None,
        typer.Option(
            "--vary",
            help='A key and its values: "retract.speed = 1 um/s, 2 um/s". '
            "Can be given more than once.",
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder of the data files.")
    ] = Path("sweep"),
    rig: Annotated[str, typer.Option("--rig", help="A virtual rig.")] = "virtual",
    seeds: Annotated[
        int, typer.Option("--seeds", min=1, max=10_000, help="Runs of each combination.")
    ] = 1,
    compared: Annotated[
        bool,
        typer.Option(
            "--compare",
            help="Say how many sites the plan's planner saves against a fixed grid and at random.",
        ),
    ] = False,
    workers: WorkersOption = 1,
    cluster: ClusterOption = "",
) -> None:
    """Run a plan on the virtual rig with every combination of values (SIMULATION).

    With --compare, run its planner on many virtual samples, beside a fixed design, and say how many
    sites it saves at equal error; table and figure are written into the folder.
    """
    if compared or not vary:
        _compare(plan, vary, output, rig, seeds, workers, cluster, asked=compared)
        return
    from seccm.batch import Swept
    from seccm.batch import sweep as sweep_all

    def told(one: Swept) -> None:
        values = ", ".join(f"{key} = {value}" for key, value in one.values.items())
        said = one.failed or ("was there already" if one.before else "done")
        say(f"{values}: {said}")

    with sentences():
        found = sweep_all(
            plan, vary, output, rig=rig, seeds=seeds, workers=workers, cluster=cluster, done=told
        )
    names = list(dict.fromkeys(name for one in found for name in one.results))[:6]
    keys = list(found[0].values) if found else []
    table = Table(*keys, *names, "file", box=None, pad_edge=False)
    for one in found:
        medians = [
            f"{one.results[name]['median']:.5g}" if name in one.results else "-" for name in names
        ]
        table.add_row(*(shown(v) for v in (*one.values.values(), *medians, one.failed or one.path)))
    tell_table(table)
    if any(one.failed for one in found):
        raise typer.Exit(Exit.STOPPED)


def _compare(
    plan: str, vary: list[str] | None, output: Path, rig: str, seeds: int, workers: int,
    cluster: str, *, asked: bool,
) -> None:  # fmt: skip
    """Compare the planner of a plan with a fixed grid and with sites at random."""
    from seccm.batch import compare
    from seccm.errors import PlanError, Problem
    from seccm.report.comparison import draw

    with sentences():
        if not asked:
            remedy = "Give --vary, or --compare for a plan with a planner."
            raise PlanError("seccm sweep", [Problem("--vary", "is missing.", remedy)])
        if vary:
            remedy = "Leave out one of the two."
            raise PlanError(
                "seccm sweep", [Problem("--compare", "does not go with --vary.", remedy)]
            )
        found = compare(
            plan, output, rig=rig, seeds=seeds, workers=workers, cluster=cluster,
            done=lambda seed, failed: say(shown(f"sample {seed}: {failed or 'screened'}")),
        )  # fmt: skip
        rows = [("sample", "who", "sites", found.what)]
        table = Table("who", "sites", found.what, "samples", box=None, pad_edge=False)
        curves = {}
        for who in dict.fromkeys(curve.who for curve in found.curves):
            mine = [curve for curve in found.curves if curve.who == who]
            curves[who] = [(curve.sites, curve.errors) for curve in mine]
            for curve in mine:
                rows += [
                    (str(curve.seed), who, str(n), repr(e))
                    for n, e in zip(curve.sites, curve.errors, strict=True)
                ]
            counts = [curve.sites[-1] for curve in mine]
            errors = sorted(curve.errors[-1] for curve in mine)
            table.add_row(who, f"{sum(counts) / len(counts):.1f}",
                          f"{errors[len(errors) // 2]:.3g}", str(len(mine)))  # fmt: skip
        with (output / "comparison.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        draw(curves, found.what, output / "comparison.png")
    tell_table(table)
    for saved in found.saved:
        say(saved.words)
    say(f"Table and figure: {output / 'comparison.csv'}, {output / 'comparison.png'}")
    if found.failed:
        raise typer.Exit(Exit.STOPPED)


def analyze_many(files: Sequence[Path], workers: int, cluster: str, ledger: Path | None) -> None:
    """Analyse many files again, and print a table of all."""
    from seccm.batch import Analysed, analyse_all

    def told(one: Analysed) -> None:
        said = one.failed or f"{counted(one.sites, 'site')} analysed"
        before = " in an earlier batch" if one.before else ""
        say(shown(f"{Path(one.path).name}: {said}{before}"))

    with sentences():
        found = analyse_all(files, workers=workers, cluster=cluster, ledger=ledger, done=told)
    names = list(dict.fromkeys(name for one in found for name in one.results))[:5]
    table = Table("file", "sites", "damaged", *names, "note", box=None, pad_edge=False)
    for one in found:
        medians = [
            f"{one.results[name]['median']:.5g}" if name in one.results else "-" for name in names
        ]
        row = [Path(one.path).name, str(one.sites), str(one.damaged), *medians, one.failed]
        table.add_row(*map(shown, row))
    tell_table(table)
    failed = [one for one in found if one.failed]
    say(f"{len(found) - len(failed)} of {counted(len(found), 'scan')} analysed; medians in SI")
    if failed:
        raise typer.Exit(Exit.STOPPED)
