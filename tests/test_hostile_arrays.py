"""Tables of results and arrays that lie, with checksums that fit: no traceback, no false number."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from campaign_scan import unpacked
from every_method import one_site
from file_uses import Numbers, all_clean_numbers, compare, fault_of, study

import seccm
from seccm.data import vetting
from seccm.data.tables import ARRAYS, QUANTITIES, RESULTS, STEPS, Grown, checksums, read

Rows = Any
Lie = Callable[[Rows, int], object]
"""Changes the rows of a table; the number is of a row to begin with."""


def put(name: str, value: Any, where: slice | None = None) -> Lie:
    """Write something into a column, from a row on or where it is said."""
    return lambda rows, row: rows[name].__setitem__(where or slice(row, row + 1), value)


ALL = slice(None)
LARGEST = 2**64 - 1
ARRAYS_THAT_LIE: Mapping[str, Lie] = {
    "shapes below zero": put("array_shape", b"-1x-9", ALL),
    "a shape below zero": put("array_shape", b"-9", ALL),
    "two unknown sides": put("array_shape", b"-3x-3", ALL),
    "a shape of another size": put("array_shape", b"3x3", ALL),
    "a shape of more dimensions": put("array_shape", b"1x" * 30 + b"9", ALL),
    "a shape of no numbers": put("array_shape", b"nine", ALL),
    "a shape of fractions": put("array_shape", b"4.5x2", ALL),
    "a shape without end": put("array_shape", b"9" * 60, ALL),
    "a shape of nothing": put("array_shape", b"", ALL),
    "a shape in other digits": put("array_shape", "٩".encode(), ALL),
    "a shape of underlines": put("array_shape", b"1_0", ALL),
    "nothing times infinitely much": lambda rows, row: (
        put("array_shape", b"0x" + b"9" * 30, ALL)(rows, row),
        put("array_size", 0, ALL)(rows, row),
    ),
    "no numbers": put("array_size", 0, ALL),
    "a size near the largest": put("array_size", LARGEST, ALL),
    "a start near the largest": put("array_start", LARGEST, ALL),
    "a start at half of all": put("array_start", 2**63, ALL),
    "numbers of another array": put("array_start", 0, ALL),
    "one number too far": lambda rows, row: rows["array_start"].__iadd__(1),
    "a site that is none": put("array_site", 2**31 - 1, ALL),
    "a site below zero": put("array_site", -(2**31), ALL),
    "a step that is none": put("array_step", 2**63 - 1, ALL),
    "a step below zero": put("array_step", -(2**63), ALL),
    "a quantity that is none": put("array_quantity", 2**16 - 1, ALL),
    "one quantity for all": put("array_quantity", 0, ALL),
    "a status that is none": put("array_status", 255, ALL),
    "checksums of nothing": put("array_values_crc", 0, ALL),
}
RESULTS_THAT_LIE: Mapping[str, Lie] = {
    "a site that is none": put("result_site", 2**31 - 1, ALL),
    "a site below zero": put("result_site", -1, ALL),
    "a step that is none": put("result_step", 2**63 - 1, ALL),
    "a step below zero": put("result_step", -1, ALL),
    "a quantity that is none": put("result_quantity", 2**16 - 1, ALL),
    "a status that is none": put("result_status", 255, ALL),
    "numbers without end": put("result_value", np.inf, ALL),
    "numbers that are none": put("result_value", np.nan, ALL),
    "uncertainties below zero": put("result_err", -np.inf, ALL),
}
STEPS_THAT_LIE: Mapping[str, Lie] = {
    "every step is the first": put("step_number", 0, ALL),
    "steps of another site": put("step_site", 1, ALL),
    "steps of a site that is none": put("step_site", -(2**31), ALL),
    "kinds that are none": put("step_kind", b"\x1b[31mdance", ALL),
    "every step is a spectrum": put("step_kind", b"impedance", ALL),
    "every step waits for impacts": put("step_kind", b"impacts", ALL),
    "every step is a sweep": put("step_kind", b"cv", ALL),
    "every step is PITT": put("step_kind", b"pitt", ALL),
    "every step has pulses": put("step_kind", b"pulses", ALL),
    "places that are none": put("step_path", b"9" * 60, ALL),
    "places of a tree": put("step_path", b"-1..x", ALL),
    "no JSON": put("step_resolved", b'{"potential": ', ALL),
    "a list": put("step_resolved", b"[1, 2]", ALL),
    "a long number": put("step_resolved", b'{"$j": ' + b"9" * 600 + b"}", ALL),
    "values that are none": put("step_resolved", b'{"$j": NaN, "potential": Infinity}', ALL),
    "tables within tables": put("step_resolved", b'{"a":' * 100 + b"1" + b"}" * 100, ALL),
    "values that are words": put("step_resolved", json.dumps({"potential": "x"}).encode(), ALL),
    "modes that are none": put("step_mode", b"music", ALL),
    "imposed without end": put("step_first", np.inf, ALL),
    "imposed that is none": put("step_lowest", np.nan, ALL),
    "a first sample near the largest": put("step_start", LARGEST, ALL),
    "more samples than there are": put("step_size", 2**32 - 1, ALL),
    "no samples": put("step_size", 0, ALL),
    "all steps at once": put("step_start", 0, ALL),
    "times that are none": put("step_t", np.nan, ALL),
    "a period of zero": put("step_period", 0.0, ALL),
    "a period below zero": put("step_period", -1.0, ALL),
    "a period that is none": put("step_period", np.nan, ALL),
    "ends that are none": put("step_ended_by", 200, ALL),
    "charges without end": put("step_charge", np.inf, ALL),
    "rows below zero": put("step_first_row", -(2**63), ALL),
    "rows backwards": put("step_last_row", 0, ALL),
}
QUANTITIES_THAT_LIE: Mapping[str, Lie] = {
    "one name for all": put("quantity_name", b"CE", ALL),
    "a name twice": put("quantity_name", b"cycles", slice(3, 4)),
    "names of nothing": put("quantity_name", b"", ALL),
    "names for a terminal": put("quantity_name", b"\x1b[31m[red]$\\frac{", ALL),
    "names that are no text": put("quantity_name", b"\xff\xfe", ALL),
    "no dimensions": put("quantity_dims", b"", ALL),
    "dimensions of nothing": put("quantity_dims", b",,,", ALL),
    "one dimension twice": put("quantity_dims", b"cycle,cycle", ALL),
    "dimensions that are columns": put("quantity_dims", b"site", ALL),
    "units for a terminal": put("quantity_unit", b"\x1b[31m", ALL),
}
LIES: list[tuple[Grown, str, Lie]] = [
    (table, what, lie)
    for table, lies in (
        (ARRAYS, ARRAYS_THAT_LIE),
        (RESULTS, RESULTS_THAT_LIE),
        (STEPS, STEPS_THAT_LIE),
        (QUANTITIES, QUANTITIES_THAT_LIE),
    )
    for what, lie in lies.items()
]


@pytest.fixture(scope="module")
def methods(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Numbers]:
    """A file with numbers and arrays of several kinds of step, and its clean numbers."""
    path = tmp_path_factory.mktemp("methods") / "scan.h5"
    plan = one_site("cv", "impedance", "pulses", "constant current")
    with unpacked():
        for _ in seccm.run(plan, "virtual", path=path, seed=1):
            pass
    with seccm.open(path) as scan:
        return path, all_clean_numbers(scan)


@pytest.fixture
def copied(methods: tuple[Path, Numbers], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to be changed; its structure stays whole, and need not be tried by another process."""
    monkeypatch.setattr(vetting, "_try", lambda path: None)
    return Path(shutil.copyfile(methods[0], tmp_path / "scan.h5"))


def tell(path: Path, table: Grown, lie: Lie) -> None:
    """Change the rows of a table, as somebody who knows of its checksums."""
    with h5py.File(path, "r+") as file:
        rows, good = read(file, table)
        assert good.all()
        lie(rows, len(rows) // 2)
        for name in table.row.names or ():
            file[name][:] = rows[name].astype(file[name].dtype)
        file[table.check.name][:] = checksums(rows)


def tables(path: Path) -> None:
    """As a script does."""
    with seccm.open(path) as scan:
        all_clean_numbers(scan)
        for quantity in scan.quantities:
            if quantity.dims:
                scan.arrays(quantity.name).to_pandas()
        for table in (scan.steps, scan.cycles, scan.results()):
            assert len(table.to_pandas()) == len(table)


@pytest.mark.parametrize(
    ("table", "lie"),
    [(table, lie) for table, _, lie in LIES],
    ids=[f"{table.prefix}{what}" for table, what, _ in LIES],
)
def test_tables_that_lie_end_in_sentences(copied: Path, table: Grown, lie: Lie) -> None:
    """Whatever a row of steps, results, arrays or quantities says."""
    tell(copied, table, lie)
    for use in (tables, study):
        assert fault_of(use, copied) == "", use.__name__


def test_results_keep_their_names_where_one_is_there_twice(
    copied: Path, methods: tuple[Path, Numbers]
) -> None:
    """And where a row of the names is gone: what is left is what it was."""
    tell(copied, QUANTITIES, put("quantity_name", b"cycles", slice(3, 4)))
    compare(copied, methods[1])
    with seccm.open(copied) as scan:
        left = all_clean_numbers(scan)
    assert len(left.keys() & methods[1].keys()) > 0.8 * len(methods[1])


@pytest.mark.parametrize("shape", ["-3x-3", "3x3x1", "9", "0x9"])
def test_an_array_of_an_impossible_shape_has_no_numbers(copied: Path, shape: str) -> None:
    """Of nine numbers in two dimensions; of a possible one it has them."""
    tell(copied, QUANTITIES, put("quantity_dims", b"frequency,time", ALL))
    for said, seen in ((shape, (0, 0)), ("3x3", (3, 3))):
        tell(copied, ARRAYS, put("array_shape", said.encode(), ALL))
        with seccm.open(copied) as scan:
            assert [values.shape for values in scan.arrays("Z_real")] == [seen]


def test_an_array_reads_no_numbers_of_another_one(
    copied: Path, methods: tuple[Path, Numbers]
) -> None:
    tell(copied, ARRAYS, put("array_start", 0, ALL))
    compare(copied, methods[1])
    with seccm.open(copied) as scan:
        assert [values.size for values in scan.arrays("Z_real")] == [0]
