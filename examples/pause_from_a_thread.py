"""Pause a run from another thread after its first site, look at what there is, go on."""

import threading

from example_plan import small_plan

import seccm

run = seccm.run(small_plan(), path="paused.h5", seed=1)
paused, looked = threading.Event(), threading.Event()


def look() -> None:
    """Wait for the pause, read the growing file, and let the run go on."""
    paused.wait()
    with seccm.open("paused.h5") as scan:
        done = [code == seccm.Outcome.OK for code in scan.sites["status"]]
    print(f"paused with the tip up; {sum(done)} of {len(done)} sites are done")
    looked.set()
    run.ask("resume")


watcher = threading.Thread(target=look)
watcher.start()
asked = False
for event in run:
    if isinstance(event, seccm.SiteFinished) and not asked:
        asked = True
        run.ask("pause")
    if isinstance(event, seccm.Paused):
        paused.set()
watcher.join()
print("looked at while paused:", looked.is_set())
