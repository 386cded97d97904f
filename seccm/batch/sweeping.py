"""One plan with other values, again and again, on the virtual rig: what would come out?"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seccm.batch.alone import carried_out
from seccm.batch.workers import Failed, each
from seccm.errors import DataFileError, PlanError, Problem
from seccm.plan import Plan, load_plan

_MOST = 10_000
"""Scans of one sweep."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What came of the plan with one set of values."""

    values: Mapping[str, str]
    path: str = ""
    failed: str = ""
    before: bool = False
    """Whether its data file was there, complete, from an earlier sweep."""
    results: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def variants(plan: Plan, vary: Sequence[str]) -> list[tuple[dict[str, str], Plan]]:
    """Return the plan with every combination of values.

    Args:
        plan: to be varied.
        vary: each "key = value, value", as "approach.contact.threshold = 2 pA, 5 pA"; a key of a
            step has the number of the step, as "program.0.scan_rate = 0.1 V/s, 1 V/s".

    A value that is given twice counts once.

    Raises:
        PlanError: keys are not there, or values are none for them; says which, all at once.
    """
    lists: dict[str, list[str]] = {}
    problems: dict[Problem, None] = {}
    for written in vary:
        key, equals, values = (part.strip() for part in written.partition("="))
        each_value = list(dict.fromkeys(v.strip() for v in values.split(",") if v.strip()))
        if not key or not equals or not each_value:
            what = 'must be a key and values, as "retract.speed = 1 um/s, 2 um/s"'
            problems[_wrong(written, what)] = None
        elif key in lists:
            problems[_wrong(key, "is given twice. Give all its values at once")] = None
        else:
            try:
                _put(plan.to_dict(), key, each_value[0])
            except LookupError as error:
                problems[_wrong(key, str(error.args[0]))] = None
            lists[key] = each_value
    count = math.prod(map(len, lists.values()))
    if count > _MOST:
        problems[_wrong(", ".join(lists), f"makes {count} scans; at most {_MOST}")] = None
    made = []
    for chosen in () if problems else itertools.product(*lists.values()):
        tables = plan.to_dict()
        values_of = dict(zip(lists, chosen, strict=True))
        for key, value in values_of.items():
            _put(tables, key, value)
        try:
            made.append((values_of, Plan.from_dict(tables, source=plan.title)))
        except PlanError as error:
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise PlanError(plan.title, problems)
    return made


def sweep(
    plan: Plan | str,
    vary: Sequence[str],
    folder: Path,
    *,
    rig: str = "virtual",
    seeds: int = 1,
    workers: int = 1,
    cluster: str = "",
    done: Callable[[Swept], None] = lambda one: None,
) -> list[Swept]:
    """Run a plan with every combination of values on a virtual rig; finished ones are kept.

    Args:
        plan: a plan, its file, or the name of a shipped one.
        vary: as in `variants`.
        folder: where the data files go; made if it is not there.
        rig: a virtual one.
        seeds: runs of each combination, with seeds from 0 on.
        workers: processes.
        cluster: address of a scheduler of Dask, or "local"; none unless given.
        done: is told of each run as it is finished.

    Raises:
        PlanError: the plan, a key or a value is wrong; nothing was run.
        DataFileError: the folder cannot be made, or the cluster not be reached.
    """
    from seccm.rigs import load_rig

    if not load_rig(rig).simulated:
        raise DataFileError(
            f'"{rig}" is a real rig. A sweep runs by itself, on virtual rigs only. Nothing moved.'
        )
    wanted = variants(plan if isinstance(plan, Plan) else load_plan(plan), vary)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataFileError(f"{folder}: cannot be made: {error.strerror or error}.") from error
    given = [
        (values, made.to_json(), rig, seed, str(folder / f"{_name(number)}-{seed}.h5"))
        for number, (values, made) in enumerate(wanted)
        for seed in range(seeds)
    ]
    found: dict[str, Swept] = {}
    for one, made in each(_one, given, workers=workers, cluster=cluster):
        values, path = one[0], one[4]
        swept = (
            Swept(values, path, failed=made.why)
            if isinstance(made, Failed)
            else Swept(values, **made)
        )
        found[path] = swept
        done(swept)
    return [found[one[4]] for one in given]


Task = tuple[dict[str, str], str, str, int, str]


def _one(task: Task) -> dict[str, Any]:
    """Run one plan, in whichever process this is."""
    from seccm import session
    from seccm.data import open_scan

    _, text, rig, seed, path = task
    plan = Plan.from_json(text)
    before = False
    if Path(path).exists():
        with open_scan(path) as scan:
            if scan.state == "complete" and scan.plan_json == plan.to_json():
                before = True
            else:
                raise DataFileError(
                    f"{path}: is another scan, or one that is not complete, and was left as it is. "
                    "Remove it, or name another folder with -o."
                )
    if not before:
        with session.run(plan, rig, path=path, seed=seed) as run:
            carried_out(run)
    return {"path": path, "before": before, "results": _results(path)}


def _results(path: str) -> dict[str, dict[str, float]]:
    from seccm.catalog.entry import read

    entry, _ = read(Path(path), 0, 0)
    return {
        name: {"n": spread.count, "median": spread.median} for name, spread in entry.results.items()
    }


def _name(number: int) -> str:
    return f"sweep-{number:05d}"


def _put(tables: dict[str, Any], key: str, value: str) -> None:
    """Put a value into the tables of a plan, at a key such as "program.0.scan_rate".

    Raises:
        LookupError: the key leads nowhere; says where it stops.
    """
    at: Any = tables
    *way, last = key.split(".")
    for part in way:
        at = at[_inside(at, part)]
    if isinstance(at, dict):
        at[last] = _read(value)
    else:
        at[_inside(at, last)] = _read(value)


def _inside(at: Any, part: str) -> Any:
    """Return what a table or a list has a part under."""
    if isinstance(at, list) and re.fullmatch("[0-9]{1,9}", part) and int(part) < len(at):
        return int(part)
    if isinstance(at, dict) and part in at:
        return part
    known = ""
    if isinstance(at, dict | list) and at:
        known = f"; there is {', '.join(at) if isinstance(at, dict) else f'0 to {len(at) - 1}'}"
    raise LookupError(f'is not a key of the plan: there is no "{part}"{known}')


def _read(value: str) -> Any:
    """Return a value as a TOML file has it: a number stays one, other words are text."""
    if re.fullmatch(r"[-+]?[0-9]{1,18}", value):
        return int(value)
    if re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", value):
        return float(value)
    return value == "true" if value in ("true", "false") else value


def _wrong(key: str, what: str) -> Problem:
    return Problem(f"--vary {key}", f"{what}.")
