"""Tables of steps and results that say nonsense, with checksums that fit, end in sentences."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np
import pytest
from file_uses import clean_numbers
from fuzz_files import uses
from test_old_files import copied

import seccm
from seccm.data.tables import ARRAYS, EVENTS, GROWN, Grown, checksums, read
from seccm.errors import SeccmError

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
        rows[name] = np.frombuffer(rng.bytes(rows[name].nbytes), rows[name].dtype)
        file[name][:] = rows[name].astype(file[name].dtype)
        file[table.check.name][:] = checksums(rows)
    assert len(rows)


def tables(path: Path) -> None:
    """Read all tables, as a script does."""
    with seccm.open(path) as scan:
        for table in (scan.steps, scan.results(), scan.events):
            assert len(table.to_pandas()) == len(table)
        for quantity in scan.quantities:
            scan.results(quantity.name).to_pandas()
            scan.arrays(quantity.name).to_pandas()


@pytest.mark.parametrize(("table", "name"), COLUMNS, ids=[name for _, name in COLUMNS])
def test_a_column_of_nonsense_ends_nothing_in_a_traceback(
    table: Grown, name: str, bases: tuple[Path, Path], tmp_path: Path
) -> None:
    finished = bases[table is ARRAYS]
    with seccm.open(finished) as scan:
        true = clean_numbers(scan)
    made = Path(shutil.copy(finished, tmp_path / "made.h5"))
    nonsense(made, table, name)
    path = tmp_path / "scan.h5"
    wanted = {"numbers", "study", "resumed", "analyzed"}
    chosen = [use for which, use in uses(true) if which in wanted]
    assert len(chosen) == len(wanted)
    for use in (tables, *chosen):
        path.unlink(missing_ok=True)
        shutil.copy(made, path)
        with suppress(SeccmError):  # a sentence; anything else is a fault of the program
            use(path)
