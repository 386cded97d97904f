"""A file of maps as `seccm irm` writes it: a square of places that all have an onset but one."""

from __future__ import annotations

import json
import math
from pathlib import Path

import h5py
import numpy as np

from seccm.imaging.irm.places import PlaceStatus


def irm_file(path: Path, cycles: int = 2) -> Path:
    status = np.full((12, 12), PlaceStatus.OUTSIDE, np.uint8)
    status[3:9, 3:9], status[3, 3] = PlaceStatus.OK, PlaceStatus.UNCLEAR
    meanings = "; ".join(each.words for each in PlaceStatus)
    with h5py.File(path, "w") as file:
        for k in range(cycles + 1):
            group = file.create_group(f"cycle_{k}") if k else file
            names = ("efficiency", "status") if k else ("onset", "onset_status")
            group[names[0]] = np.full((12, 12), 0.5 + k)
            group[names[1]] = status
            group[names[1]].attrs["flag_meanings"] = meanings
            if k:
                group["plated"], group["stripped"] = (
                    np.full((12, 12), 0.2 * k),
                    np.full((12, 12), 0.1),
                )
                group.attrs["ratio"], group.attrs["ce"] = 0.5 + k, 0.4 if k == 1 else math.nan
        file["inside"] = (status != PlaceStatus.OUTSIDE).astype(np.uint8)
        file["end"], file["t"], file["mean"] = np.zeros((12, 12)), np.arange(9.0), np.arange(9.0)
        file.attrs.update(
            place=160e-9, pixel=40e-9, onset_of_mean=3.0, onset_of_mean_error=0.2,
            footprint_row=24.0, footprint_column=24.0, footprint_diameter=1e-6,
            doubts=json.dumps(["It is doubted."]),
        )  # fmt: skip
    return path
