"""`python -m seccm.data finish|repair|read FILE ...`: look after data files without the program.

`read` reads through what is not samples, and says whether the structure of a file is damaged.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from seccm.data import vetting
from seccm.data.finishing import finish
from seccm.data.guard import is_held
from seccm.data.redo import restore
from seccm.data.repair import clear, mark
from seccm.data.scan import open_scan
from seccm.errors import DataFileError

RUN = "--run="
"""Before the ID of the run that must be in a file to be finished."""


def main(arguments: Sequence[str]) -> int:
    """Do to each file what the first argument says; return 0, or 2 if anything failed."""
    run_id = ""
    if len(arguments) > 1 and arguments[1].startswith(RUN):
        run_id = arguments[1].removeprefix(RUN)
        arguments = [arguments[0], *arguments[2:]]
    verbs = {
        "finish": lambda path: str(finish(path, run_id)),
        "repair": _repair,
        vetting.VERB: _read,
    }
    if len(arguments) < 2 or arguments[0] not in verbs:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    code = 0
    for name in arguments[1:]:
        try:
            sys.stdout.write(f"{verbs[arguments[0]](Path(name))}\n")
        except (DataFileError, OSError) as error:
            sys.stderr.write(f"{error}\n")
            code = 2
    return code


def _repair(path: Path) -> str:
    mark(path)
    if is_held(path):
        raise DataFileError(f"{path}: a program is writing this file. End it, then repair.")
    done = restore(path) or clear(path)
    return f"{path}: {'repaired' if done else 'nothing to repair'}."


def _read(path: Path) -> str:
    vetting.limit_memory()
    vetting.trust(path)
    with open_scan(path) as scan:
        scan.check_structure()
    return f"{path}: read."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
