"""Analysing many scans again: each in its own file, resumable, and a table of all in the end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seccm.batch.workers import Failed, each
from seccm.errors import DataFileError


@dataclass(frozen=True, slots=True)
class Analysed:
    """What came of one scan."""

    path: str
    sites: int = 0
    """How many have results."""
    damaged: int = 0
    failed: str = ""
    """Why it could not be analysed; empty where it was."""
    before: bool = False
    """Whether an earlier batch had done it already."""
    results: dict[str, dict[str, float]] = field(default_factory=dict)
    """Count, median and spread of each result, in SI."""


def analyse_all(
    paths: Iterable[str | Path],
    *,
    workers: int = 1,
    cluster: str = "",
    ledger: Path | None = None,
    done: Callable[[Analysed], None] = lambda one: None,
) -> list[Analysed]:
    """Analyse scans again; what an earlier batch finished is not done twice.

    Args:
        paths: of the data files.
        workers: processes.
        cluster: address of a scheduler of Dask, or "local"; none unless given.
        ledger: a file that keeps what was done, a line for each scan; without it, nothing is kept.
        done: is told of each scan as it is finished.

    Returns:
        What came of each, in the order of the paths.

    Raises:
        DataFileError: the ledger cannot be written, or the cluster not be reached.
    """
    wanted = list(dict.fromkeys(str(Path(path).resolve()) for path in paths))
    known = _read(ledger)
    found: dict[str, Analysed] = {}
    for path in wanted:
        line = known.get(path)
        if line is not None and line[0] and line[0] == _mark(path):
            found[path] = line[1]
            done(found[path])
    left = [path for path in wanted if path not in found]
    for path, made in each(_one, left, workers=workers, cluster=cluster):
        one = Analysed(path, failed=made.why) if isinstance(made, Failed) else Analysed(**made)
        found[path] = one
        if not one.failed:
            _keep(ledger, path, one)
        done(one)
    return [found[path] for path in wanted]


def _one(path: str) -> dict[str, Any]:
    """Analyse one scan, in whichever process this is."""
    import numpy as np

    from seccm import session
    from seccm.data import open_scan
    from seccm.events import Outcome
    from seccm.results import UNTRUSTED

    count = session.analyze(path)
    results: dict[str, dict[str, float]] = {}
    with open_scan(path) as scan:
        ok = scan.sites["status"] == Outcome.OK
        for feature in scan.features:
            values = np.asarray(scan.sites[feature.name], np.float64)
            status = scan.sites[f"{feature.name}_status"]
            mine = values[ok & np.isfinite(values) & (status < UNTRUSTED)]
            if mine.size:
                spread = float(mine.std(ddof=1)) if mine.size > 1 else float("nan")
                median = float(np.median(mine))
                results[feature.name] = {"n": mine.size, "median": median, "sd": spread}
    told = {"path": path, "sites": int(count), "damaged": len(count.damaged), "results": results}
    return told


def _mark(path: str) -> str:
    """Return what tells a file from itself after a change, whatever this program has stored."""
    try:
        told = Path(path).stat()
    except OSError:
        return ""
    return hashlib.sha256(f"{told.st_size} {told.st_mtime_ns}".encode()).hexdigest()[:16]


def _read(ledger: Path | None) -> dict[str, tuple[str, Analysed]]:
    """Return the mark that each file had, and what came of it."""
    if ledger is None or not ledger.exists():
        return {}
    lines: dict[str, tuple[str, Analysed]] = {}
    try:
        texts = ledger.read_bytes().split(b"\n")
    except OSError as error:
        raise DataFileError(f"{ledger}: cannot be read: {error.strerror or error}.") from error
    for text in texts:
        try:
            line = json.loads(text)
            made = Analysed(**{**line["analysed"], "before": True})
            lines[line["path"]] = str(line["mark"]), made
        except (ValueError, RecursionError, KeyError, TypeError):
            continue  # the line that was being written when the batch was killed
    return lines


def _keep(ledger: Path | None, path: str, one: Analysed) -> None:
    if ledger is None:
        return
    told = {"path": one.path, "sites": one.sites, "damaged": one.damaged, "results": one.results}
    line = {"path": path, "mark": _mark(path), "analysed": told}
    try:
        with open(ledger, "a+b") as file:
            # A batch that was killed may have left half a line.
            file.seek(0, 2)
            if file.tell():
                file.seek(-1, 2)
                whole = file.read(1) == b"\n"
                file.write(b"" if whole else b"\n")
            file.write(json.dumps(line).encode() + b"\n")
    except OSError as error:
        raise DataFileError(f"{ledger}: cannot be written: {error.strerror or error}.") from error
