"""A filmed run in a process of its own, to be killed: `python tests/killed_film.py FILE [resume]`.

Every frame that the data file is told of goes to standard output, at once: a line for each batch.
"""

from __future__ import annotations

import sys

import seccm
from seccm.filming.film import Filming

if __name__ == "__main__":
    from test_filmed_run import plan, rig

    path = sys.argv[1]
    taken = Filming.taken

    def telling(film: Filming) -> object:
        """Take frames, and say how many."""
        rows = taken(film)
        if len(rows):
            print(len(rows), film.process, flush=True)
        return rows

    Filming.taken = telling  # type: ignore[assignment,method-assign]
    going_on = "resume" in sys.argv
    run = (
        seccm.resume(path)
        if going_on
        else seccm.run(plan(2, frames="all"), rig(noise=False), path=path, seed=1)
    )
    with run:
        for _ in run:
            pass
