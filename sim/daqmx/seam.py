"""Where the stand-in goes in: under the `LibraryInterpreter` of the real `nidaqmx`.

`nidaqmx` loads NI's library once, into three private attributes of `nidaqmx._lib.lib_importer`.
Setting them is enough for every version from 1.0 on; a test guards that they are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nidaqmx import _lib, _library_interpreter

PLACES = ("_windll", "_cdll", "_encoding")
ENVIRONMENT = "_was_runtime_environment_set"


@contextmanager
def installed(library: object) -> Iterator[None]:
    """Put a library under nidaqmx until the context ends.

    Raises:
        RuntimeError: this version of nidaqmx has no such places, or something is there already.
    """
    importer = _lib.lib_importer
    missing = [place for place in PLACES if not hasattr(importer, place)]
    if missing or not hasattr(_library_interpreter, ENVIRONMENT):
        raise RuntimeError(
            f"this version of nidaqmx keeps its library elsewhere (no {', '.join(missing)}); "
            "use one that the project's dependencies allow"
        )
    if any(getattr(importer, place) is not None for place in PLACES):
        raise RuntimeError("nidaqmx has loaded a library already, NI's or another stand-in")
    functions = _lib.DaqFunctionImporter(library)
    before = getattr(_library_interpreter, ENVIRONMENT)
    for place, value in zip(PLACES, (functions, functions, "utf-8"), strict=True):
        setattr(importer, place, value)
    setattr(_library_interpreter, ENVIRONMENT, None)
    try:
        yield
    finally:
        for place in PLACES:
            setattr(importer, place, None)
        setattr(_library_interpreter, ENVIRONMENT, before)
