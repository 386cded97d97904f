"""A run in a process of its own, to be killed: `python tests/killed_run.py FILE LOG [resume]`.

Every meniscus contact that really happens, as the virtual world knows it, goes to the log at
once, past every buffer, before the program itself learns of it.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from small_scan import small_scan

import seccm
import seccm.session
from seccm.rig import Block


def log_landings(log: str) -> None:
    """Make every rig built from now on write its landings to a log."""
    build = seccm.session.making.build_rig

    def building(*args: Any, **options: Any) -> Any:
        rig = build(*args, **options)
        read, known = rig.read, 0
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

        def reading() -> Block:
            nonlocal known
            block = read()
            for landing in rig.truth.landings[known:]:
                os.write(descriptor, f"{landing.x:.9f} {landing.y:.9f}\n".encode())
            known = len(rig.truth.landings)
            return block

        rig.read = reading
        return rig

    seccm.session.making.build_rig = building


if __name__ == "__main__":
    path, log = sys.argv[1:3]
    log_landings(log)
    run = seccm.resume(path) if "resume" in sys.argv else seccm.run(small_scan(), path=path)
    for _ in run:
        pass
