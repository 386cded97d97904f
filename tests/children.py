"""Processes that begin with everything imported, where the system can do that."""

from __future__ import annotations

import faulthandler
import hashlib
import io
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from seccm.data import vetting
from seccm.data.__main__ import RUN, main
from seccm.program.registry import kinds

CHILDREN = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
in_a_new_process = vetting._try
"""How users have files tried that are not sealed."""
PRELOADED = ["children", "remote_hosts", "scan_feeder"]
_outcomes: dict[bytes, tuple[int, str]] = {}
kinds()  # loaded here, no child need load them


def begun(target: Any, *arguments: Any) -> BaseProcess:
    """Begin a child: a fork of a server that has one thread and holds no file open."""
    CHILDREN.set_forkserver_preload(PRELOADED)
    child = CHILDREN.Process(target=target, args=arguments)
    with pytest.MonkeyPatch.context() as patch:
        # The server that children come from does not get this process's path by itself.
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        child.start()
    return child


class Packing:
    """A data file being finished in a child, as `subprocess.Popen` of a new Python looks to a run.

    Args:
        path: as for `seccm.data.finish_apart`.
        run_id: as for `seccm.data.finish_apart`.
    """

    def __init__(self, path: Path, run_id: str) -> None:
        self._hears, says = CHILDREN.Pipe(duplex=False)
        self._child = begun(_pack, says, str(path.absolute()), run_id)
        says.close()

    def communicate(self, timeout: float) -> tuple[str, None]:
        """Return what it says, once it has ended; see `subprocess.Popen`."""
        if not self._hears.poll(timeout):
            raise subprocess.TimeoutExpired("finish", timeout)
        said = self._hears.recv()
        self._hears.close()
        self._child.join()
        return said, None


def _pack(says: Connection, path: str, run_id: str) -> None:
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        main(["finish", f"{RUN}{run_id}", path])
    says.send(said.getvalue())


def tried(path: Path) -> None:
    """Do what `vetting` does in a new Python in such a child, which need not import the program."""
    vetting.judge(path, *outcome(path))


def outcome(path: Path) -> tuple[int, str]:
    """Return the code with which a child that tried a file ended, and what it said."""
    hears, says = CHILDREN.Pipe(duplex=False)
    child = begun(_read, says, str(path.absolute()))
    says.close()
    said = ""
    try:
        while hears.poll(vetting.PATIENCE):
            said += hears.recv()
    except EOFError:
        pass  # it has ended, or crashed, which its code tells
    finally:
        hears.close()
        child.join(vetting.PATIENCE)
        child.kill()
        child.join()
    return child.exitcode or 0, said


def tried_once(path: Path, by: Callable[[Path], tuple[int, str]] = outcome) -> None:
    """Do the same once for the same content: tests use one damaged file in many ways."""
    content = hashlib.sha256(bytes(path.absolute()) + path.read_bytes()).digest()
    if content not in _outcomes:
        _outcomes[content] = by(path)
    vetting.judge(path, *_outcomes[content])


def _read(says: Connection, path: str) -> None:
    said = io.StringIO()
    faulthandler.disable()  # a crash is an answer here, and not to be told
    with redirect_stdout(said), redirect_stderr(said):
        code = main([vetting.VERB, path])
    says.send(said.getvalue())
    says.close()
    sys.exit(code)
