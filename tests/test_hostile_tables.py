"""Tables of steps and results that say nonsense, with checksums that fit, end in sentences."""

from __future__ import annotations

import shutil
from contextlib import suppress
from functools import cache, partial
from pathlib import Path

import h5py
import numpy as np
import pytest
from file_uses import Numbers, clean_numbers, in_turn
from fuzz_files import uses
from test_old_files import copied

import seccm
from seccm.data.tables import ARRAYS, EVENTS, GROWN, Grown, checksums, read
from seccm.errors import SeccmError

pytestmark = pytest.mark.usefixtures("quickly_tried")

COLUMNS = [(table, column.name) for table in (EVENTS, *GROWN) for column in table.columns]


@pytest.fixture(scope="module")
def bases(bases: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two finished files; the second one has arrays."""
    cycles = copied("li-on-au-cv", tmp_path_factory.mktemp("cycles"))
    seccm.analyze(cycles)
    return bases[0], cycles


def nonsense(path: Path, table: Grown, name: str) -> None:
    """Fill a column with random bytes; the rows are then as somebody wrote them."""
    rng = np.random.default_rng(len(name))
    with h5py.File(path, "r+") as file:
        rows, _ = read(file, table)
        if not len(rows):  # nobody said anything in the run: somebody else writes some rows
            rows = np.zeros(3, rows.dtype)
            for column in (*rows.dtype.names, table.check.name):
                file[column].resize((3,))
                file[column][:] = 0
        rows[name] = np.frombuffer(rng.bytes(rows[name].nbytes), rows[name].dtype)
        file[name][:] = rows[name].astype(file[name].dtype)
        file[table.check.name][:] = checksums(rows)
    assert len(rows)


@cache
def true_numbers(finished: Path) -> Numbers:
    """The clean numbers of a file before it was damaged."""
    with seccm.open(finished) as scan:
        return clean_numbers(scan)


@cache
def names_in(finished: Path) -> tuple[str, ...]:
    """The results that a file has, and one that it has not."""
    with seccm.open(finished) as scan:
        names = {q.name for q in scan.quantities}
        found = {name for name in names if len(scan.results(name)) or len(scan.arrays(name))}
        return (*sorted(found), min(names - found))


def tables(path: Path, names: tuple[str, ...]) -> None:
    """Read all tables, as a script does."""
    with seccm.open(path) as scan:
        for table in (scan.steps, scan.results(), scan.events):
            assert len(table.to_pandas()) == len(table)
        for name in {q.name for q in scan.quantities}.intersection(names):
            scan.results(name).to_pandas()
            scan.arrays(name).to_pandas()


@pytest.mark.parametrize(("table", "name"), COLUMNS, ids=[name for _, name in COLUMNS])
def test_a_column_of_nonsense_ends_nothing_in_a_traceback(
    table: Grown, name: str, bases: tuple[Path, Path], tmp_path: Path
) -> None:
    finished = bases[table is ARRAYS]
    made = Path(shutil.copy(finished, tmp_path / "made.h5"))
    nonsense(made, table, name)
    path = tmp_path / "scan.h5"
    writing = in_turn(("resumed", "analyzed"), COLUMNS.index((table, name)), 1)
    wanted = {"numbers", "study", *writing}
    chosen = [use for which, use in uses(true_numbers(finished)) if which in wanted]
    assert len(chosen) == len(wanted)
    for use in (partial(tables, names=names_in(finished)), *chosen):
        path.unlink(missing_ok=True)
        shutil.copy(made, path)
        with suppress(SeccmError):  # a sentence; anything else is a fault of the program
            use(path)
