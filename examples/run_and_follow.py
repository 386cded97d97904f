"""Run a plan on the virtual rig, and follow it event by event."""

from example_plan import small_plan

import seccm

for event in seccm.run(small_plan(), "virtual", path="followed.h5", seed=1):
    match event:
        case seccm.Landed():
            print(f"site {event.site}: contact at z = {event.landing.z_crossing * 1e6:.2f} um")
        case seccm.SiteAnalysed() | seccm.RunStopped():
            print(event)
