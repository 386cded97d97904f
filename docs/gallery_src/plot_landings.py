"""Where the tip touched, and how far past contact it went
=======================================================

Contact heights follow the tilt of the sample; the overtravel is what the rig needed to stop.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import seccm

tables = seccm.load_plan("redox-cv-map").to_dict()
tables["sites"] = {**tables["sites"], "columns": 4, "rows": 4, "pitch": ["13 um", "13 um"]}
plan = seccm.Plan.from_dict(tables)
path = Path(tempfile.mkdtemp()) / "scan.h5"
for _ in seccm.run(plan, path=path, seed=2):
    pass

# %%
# A plane is fitted to the heights; what is left is the roughness and the drift.

figure, panels = plt.subplots(1, 2, figsize=(7, 3), layout="constrained")
with seccm.open(path) as scan:
    x, y, z = (1e6 * scan.sites[name] for name in ("x", "y", "z_contact"))
    plane = np.column_stack([x, y, np.ones_like(x)])
    known = np.isfinite(z)
    fitted = plane @ np.linalg.lstsq(plane[known], z[known], rcond=None)[0]
    panels[0].plot(fitted, z, "o", ms=4)
    panels[0].axline((fitted[known][0], fitted[known][0]), slope=1, color="0.6", lw=0.7)
    panels[0].set(xlabel="height of the plane (µm)", ylabel="contact height (µm)")
    panels[1].hist(1e9 * scan.sites["overtravel"][known], bins=8)
    panels[1].set(xlabel="overtravel (nm)", ylabel="number of sites")
plt.show()
