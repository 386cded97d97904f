"""The same file with h5py alone: everything is a data set at the root, codes are spelled out."""

import h5py

with h5py.File("scan.h5") as file:
    status = file["status"]
    words = dict(
        zip(status.attrs["flag_values"], str(status.attrs["flag_meanings"]).split(), strict=True)
    )
    for site, code in enumerate(status[:]):
        start, size = int(file["row_start"][site]), int(file["row_size"][site])
        raw = file["E"][start : start + size]
        potential = raw + file["E"].attrs["add_offset"]  # against the reference of the plan
        print(f"site {site}: {words[code]}, {size} data points, last E {potential[-1]:.3f} V")
