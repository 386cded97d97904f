"""Parquet, for pandas, polars, DuckDB and every other program of data analysis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from seccm.data import Scan
from seccm.exports.content import facts, heads, measured, places, site_table, units
from seccm.exports.seam import Wanted, Writer, package


def points(scan: Scan, target: Path, wanted: Wanted) -> None:
    """Write all data points; a group of rows for each site, units in the metadata of columns."""
    pa, pq = _packages()
    x, y = places(scan)
    of = units(scan) | {"x": "m", "y": "m"}
    writer = None
    try:
        for trace, columns in measured(scan, wanted):
            size = columns["t"].size
            whole = {
                "site": np.full(size, trace.number),
                "x": np.full(size, x[trace.number]),
                "y": np.full(size, y[trace.number]),
                "condition": np.full(size, trace.condition),
            } | columns
            table = _table(pa, whole, {name: of.get(name, "") for name in whole}, scan, heads(scan))
            writer = writer or pq.ParquetWriter(target, table.schema)
            writer.write_table(table)
        if writer is None:
            pq.write_table(pa.table({"site": pa.array([], pa.int64())}), target)
    finally:
        if writer is not None:
            writer.close()


def sites(scan: Scan, target: Path, wanted: Wanted) -> None:
    """Write the table of sites."""
    pa, pq = _packages()
    table = site_table(scan)
    columns = {name: column.values for name, column in table.items()}
    of = {name: column.unit for name, column in table.items()}
    pq.write_table(_table(pa, columns, of, scan, {}), target)


def _packages() -> tuple[Any, Any]:
    return (package(name, "exchange", "Parquet") for name in ("pyarrow", "pyarrow.parquet"))  # type: ignore[return-value]


def _table(
    pa: Any, columns: dict[str, Any], of: dict[str, str], scan: Scan, words: dict[str, str]
) -> Any:
    arrays = {
        name: pa.array(
            np.asarray(values).tolist() if np.asarray(values).dtype.kind == "U" else values
        )
        for name, values in columns.items()
    }
    fields = [
        pa.field(name, array.type, metadata={"unit": of[name], "long_name": words.get(name, name)})
        for name, array in arrays.items()
    ]
    return pa.table(list(arrays.values()), schema=pa.schema(fields, metadata=dict(facts(scan))))


WRITERS = (
    Writer("parquet", "all data points, for pandas, polars, DuckDB", ".parquet", points),
    Writer("parquet-sites", "the table of sites", ".parquet", sites),
)
