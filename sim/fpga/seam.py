"""Where the stand-in goes in: under the real `nifpga`, which looks for a library in each session.

Only the name `ctypes` of one of its modules is replaced while the stand-in is there.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from nifpga import statuscheckedlibrary

NAME = "NiFpga"


@contextmanager
def installed(library: object) -> Iterator[None]:
    """Put a library under nifpga until the context ends.

    Raises:
        RuntimeError: another stand-in exists already.
    """
    module: Any = statuscheckedlibrary
    own = module.ctypes
    if own is not ctypes:
        raise RuntimeError("nifpga has another stand-in for its library already")
    module.ctypes = SimpleNamespace(
        util=SimpleNamespace(find_library=lambda name: name if name == NAME else None),
        cdll=SimpleNamespace(LoadLibrary=lambda path: library),
        c_int32=ctypes.c_int32,
    )
    try:
        yield
    finally:
        module.ctypes = own
