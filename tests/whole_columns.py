"""A column of a data file from its first entry to its last, of whatever site or of none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seccm.data.opening import open_file


def column_of(path: Path, name: str) -> npt.NDArray[Any]:
    """Return it as it is stored; xarray takes a second to find one among hundreds."""
    with open_file(path) as file:
        return np.asarray(file[name][()])
