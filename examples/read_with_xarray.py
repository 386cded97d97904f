"""A scan as an xarray dataset: units, words of codes, and potentials against the reference."""

import xarray as xr

with xr.open_dataset("scan.h5") as data:
    first = slice(int(data["row_start"][0]), int(data["row_start"][0] + data["row_size"][0]))
    potential = data["E"][first]
    print(f"{data['E'].attrs['long_name']} in {data['E'].attrs['units']}")
    print(f"from {float(potential.min()):.3f} to {float(potential.max()):.3f}")
