"""A file is read along in one thread while another thread of the program writes it: the window."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import pytest
from h5py._objects import phil

from seccm.data.attempts import open_growing
from seccm.data.layout import LIBVER

WRITTEN_AND_READ_ALONG = """
import sys, threading
from pathlib import Path
import h5py
from seccm.data.attempts import open_growing
from seccm.data.attempts import open_growing
from seccm.data.layout import LIBVER

sys.setswitchinterval(1e-5)  # the threads take turns often: what can meet meets
path = Path(sys.argv[1])
file = h5py.File(path, "w", libver=LIBVER)
column = file.create_dataset("E", (0,), maxshape=(None,), chunks=(64,), dtype="f8")
file.swmr_mode = True
read, faults = [], []

def read_along():
    try:
        for _ in range(1000):
            with open_growing(path) as growing:
                read.append(len(growing["E"]))
    except Exception as fault:
        faults.append(fault)

reader = threading.Thread(target=read_along)
reader.start()
while reader.is_alive():
    column.resize((len(column) + 1,))
    column[-1:] = 1.0
    column.flush()
    column.id.get_space(), column.id.get_type()
file.close()
assert not faults, faults
assert len(read) == 1000 and read == sorted(read), "the file only grows"
"""


@pytest.mark.skipif(sys.platform == "win32", reason="what one process locks, it cannot read there")
def test_a_program_may_read_along_what_another_of_its_threads_writes(tmp_path: Path) -> None:
    """HDF5 allows one thread at a time: two of them in it end the program without a word."""
    ended = subprocess.run(
        [sys.executable, "-c", WRITTEN_AND_READ_ALONG, str(tmp_path / "scan.h5")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-2000:]


@pytest.mark.skipif(sys.platform == "win32", reason="what one process locks, it cannot read there")
def test_hdf5_is_called_by_one_thread_at_a_time_where_h5py_does_not_see_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = ctypes.CDLL
    owned = []

    class Watched:
        def __init__(self, name: str) -> None:
            self._library = library(name)

        def __getattr__(self, function: str) -> Any:
            owned.append(phil._is_owned())
            return getattr(self._library, function)

    with h5py.File(tmp_path / "scan.h5", "w", libver=LIBVER) as file:
        file["E"] = [1.0]
        file.swmr_mode = True
        monkeypatch.setattr(ctypes, "CDLL", Watched)
        with open_growing(tmp_path / "scan.h5") as growing:
            assert growing["E"][0] == 1.0
    assert owned
    assert all(owned)
