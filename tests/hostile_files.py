"""Changes that make a data file hostile: valid HDF5 all the same, each by a name."""
from seccm.data.layout import datasets

from seccm.data.layout import datasets
from __future__ import annotations
from seccm.data.layout import datasets

from seccm.data.layout import datasets
import json
from seccm.data.layout import datasets
from collections.abc import Callable
from seccm.data.layout import datasets
from typing import Any
from seccm.data.layout import datasets

from seccm.data.layout import datasets
import h5py
from seccm.data.layout import datasets
import numpy as np
from seccm.data.layout import datasets

from seccm.data.layout import datasets
Change = Callable[[h5py.File], object]
from seccm.data.layout import datasets

from seccm.data.layout import datasets

from seccm.data.layout import datasets
def attribute(name: str, value: object, of: str = "") -> Change:
from seccm.data.layout import datasets
    """Set an attribute of the root, or of a column."""
from seccm.data.layout import datasets
    return lambda file: (file[of] if of else file).attrs.__setitem__(name, value)
from seccm.data.layout import datasets

from seccm.data.layout import datasets

from seccm.data.layout import datasets
def without_attribute(name: str, of: str = "") -> Change:
from seccm.data.layout import datasets
    return lambda file: (file[of] if of else file).attrs.__delitem__(name)
from seccm.data.layout import datasets

from seccm.data.layout import datasets

from seccm.data.layout import datasets
def replaced(name: str, make: Callable[[h5py.File], object]) -> Change:
from seccm.data.layout import datasets
    """Put something else in the place of a column."""
from seccm.data.layout import datasets

from seccm.data.layout import datasets
    def change(file: h5py.File) -> None:
from seccm.data.layout import datasets
        del file[name]
from seccm.data.layout import datasets
        make(file)
from seccm.data.layout import datasets

from seccm.data.layout import datasets
    return change
from seccm.data.layout import datasets

from seccm.data.layout import datasets

from seccm.data.layout import datasets
def made(name: str, *args: Any, **options: Any) -> Change:
from seccm.data.layout import datasets
    """Put a dataset of another kind in the place of a column."""
from seccm.data.layout import datasets
    return replaced(name, lambda file: file.create_dataset(name, *args, **options))
from seccm.data.layout import datasets

from seccm.data.layout import datasets

from seccm.data.layout import datasets
def cell(name: str, value: object, row: Any = 1) -> Change:
from seccm.data.layout import datasets
    """Write something else into a column."""
from seccm.data.layout import datasets
    return lambda file: file[name].__setitem__(row, value)
from seccm.data.layout import datasets

from seccm.data.layout import datasets

from seccm.data.layout import datasets
def stretched(file: h5py.File, name: str, rows: int) -> None:
from seccm.data.layout import datasets
    """Let a dataset claim so many rows, fixed or not; nothing is behind those that are new."""
from seccm.data.layout import datasets
    old, values = file[name], file[name][...]
from seccm.data.layout import datasets
    if old.maxshape[0] is None or rows <= old.maxshape[0]:
from seccm.data.layout import datasets
        old.resize(rows, axis=0)
from seccm.data.layout import datasets
        return
from seccm.data.layout import datasets
    del file[name]
from seccm.data.layout import datasets
    shape, kind = old.shape[1:], old.dtype
from seccm.data.layout import datasets
    new = file.create_dataset(
from seccm.data.layout import datasets
        name, (len(values), *shape), kind, maxshape=(None, *shape), chunks=(1 << 16, *shape)
from seccm.data.layout import datasets
    )
from seccm.data.layout import datasets
    new[...] = values
from seccm.data.layout import datasets
    for key, value in old.attrs.items():
from seccm.data.layout import datasets
        if key not in ("CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST"):
from seccm.data.layout import datasets
            new.attrs[key] = value
from seccm.data.layout import datasets
    new.resize(rows, axis=0)
from seccm.data.layout import datasets

from seccm.data.layout import datasets

from seccm.data.layout import datasets
def resized(size: int, *names: str) -> Change:
from seccm.data.layout import datasets
    return lambda file: [stretched(file, name, size) for name in names]
from seccm.data.layout import datasets

from seccm.data.layout import datasets

from seccm.data.layout import datasets
def plan(**changes: Any) -> Change:
from seccm.data.layout import datasets
    """Change some of the stored plan; a name such as `sites__pitch` goes into a table."""
from seccm.data.layout import datasets

from seccm.data.layout import datasets
    def change(file: h5py.File) -> None:
from seccm.data.layout import datasets
        stored = json.loads(file.attrs["plan_json"])
from seccm.data.layout import datasets
        for path, value in changes.items():
from seccm.data.layout import datasets
            *tables, last = path.split("__")
from seccm.data.layout import datasets
            table = stored
from seccm.data.layout import datasets
            for name in tables:
from seccm.data.layout import datasets
                table = table[int(name) if name.isdigit() else name]
from seccm.data.layout import datasets
            table[last] = value
from seccm.data.layout import datasets
        file.attrs["plan_json"] = json.dumps(stored)
from seccm.data.layout import datasets

from seccm.data.layout import datasets
    return change
from seccm.data.layout import datasets

from seccm.data.layout import datasets

from seccm.data.layout import datasets
def stored(name: str, text: str) -> Change:
from seccm.data.layout import datasets
    return attribute(name, text)
from seccm.data.layout import datasets

from seccm.data.layout import datasets

from seccm.data.layout import datasets
def linked_in_a_ring(file: h5py.File) -> None:
from seccm.data.layout import datasets
    ring = file.create_group("ring")
from seccm.data.layout import datasets
    ring["ring"] = ring
from seccm.data.layout import datasets
    ring["root"] = file["/"]
from seccm.data.layout import datasets

from seccm.data.layout import datasets

from seccm.data.layout import datasets
def of_a_virtual_dataset(file: h5py.File) -> None:
from seccm.data.layout import datasets
    layout = h5py.VirtualLayout((9,), "f4")
from seccm.data.layout import datasets
    layout[:] = h5py.VirtualSource("/dev/zero", "I", (9,))
from seccm.data.layout import datasets
    del file["I"]
from seccm.data.layout import datasets
    file.create_virtual_dataset("I", layout)
from seccm.data.layout import datasets

from seccm.data.layout import datasets

from seccm.data.layout import datasets
def stored_elsewhere(file: h5py.File) -> None:
from seccm.data.layout import datasets
    size = len(file["I"])
from seccm.data.layout import datasets
    del file["I"]
from seccm.data.layout import datasets
    file.create_dataset("I", (size,), "f4", external=[("/dev/zero", 0, 4 * size)])
from seccm.data.layout import datasets

from seccm.data.layout import datasets

from seccm.data.layout import datasets
def compressed_unknown(file: h5py.File) -> None:
from seccm.data.layout import datasets
    size = len(file["I"])
from seccm.data.layout import datasets
    del file["I"]
from seccm.data.layout import datasets
    space = h5py.h5s.create_simple((size,), (h5py.h5s.UNLIMITED,))
from seccm.data.layout import datasets
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
from seccm.data.layout import datasets
    properties.set_chunk((16384,))
from seccm.data.layout import datasets
    properties.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (1,))
from seccm.data.layout import datasets
    h5py.h5d.create(file.id, b"I", h5py.h5t.IEEE_F32LE, space, properties)
from seccm.data.layout import datasets

from seccm.data.layout import datasets

from seccm.data.layout import datasets
def many_columns(file: h5py.File) -> None:
from seccm.data.layout import datasets
    for k in range(20_500):
from seccm.data.layout import datasets
        file.create_group(f"g{k}")
from seccm.data.layout import datasets

from seccm.data.layout import datasets

from seccm.data.layout import datasets
def claims_all(file: h5py.File) -> None:
from seccm.data.layout import datasets
    for name in ("sample", "t", "E", "I", "z", "phase", "step", "flag", "sample_x", "sample_y"):
from seccm.data.layout import datasets
        stretched(file, name, 4_000_000_000)
from seccm.data.layout import datasets
    file["row_size"][1] = 3_999_999_999
from seccm.data.layout import datasets

from seccm.data.layout import datasets

from seccm.data.layout import datasets
def filled(name: str, size: int, value: object) -> Change:
from seccm.data.layout import datasets
    """Put a column in place of another that was never written, whose entries are all this."""
from seccm.data.layout import datasets

from seccm.data.layout import datasets
    def change(file: h5py.File) -> None:
from seccm.data.layout import datasets
        old = file[name]
from seccm.data.layout import datasets
        kind, count = old.dtype, len(old)
from seccm.data.layout import datasets
        del file[name]
from seccm.data.layout import datasets
        file.create_dataset(
from seccm.data.layout import datasets
            name, (size or count,), kind, maxshape=(None,), chunks=(1024,), fillvalue=value
from seccm.data.layout import datasets
        )
from seccm.data.layout import datasets

from seccm.data.layout import datasets
    return change
from seccm.data.layout import datasets

from seccm.data.layout import datasets

from seccm.data.layout import datasets
STEP = {"step": "constant current", "current_density": "-1 A/m^2", "duration": "1 s"}
from seccm.data.layout import datasets
DEEP_LIST = "[" * 3000 + "]" * 3000
from seccm.data.layout import datasets
DEEP_TABLE = '{"a":' * 90 + "1" + "}" * 90
from seccm.data.layout import datasets
TERMINAL = "[red]\x1b[31m\x07$\\frac{</b>\u202e%s{0}"
from seccm.data.layout import datasets
COMPOUND = np.dtype([("a", "f4"), ("b", "i4")])
from seccm.data.layout import datasets
ENUM = h5py.enum_dtype({"A": 0, "B": 1}, basetype="u1")
from seccm.data.layout import datasets

from seccm.data.layout import datasets
HOSTILE: dict[str, Change] = {
from seccm.data.layout import datasets
    # The header.
from seccm.data.layout import datasets
    "no title": without_attribute("title"),
from seccm.data.layout import datasets
    "a title that is a number": attribute("title", 3.0),
from seccm.data.layout import datasets
    "a title of NULs": attribute("title", np.bytes_(b"a\x00b")),
from seccm.data.layout import datasets
    "a title that is no UTF-8": attribute("title", np.bytes_(b"\xff\xfe\xfd")),
from seccm.data.layout import datasets
    "a title that is a list": attribute("title", ["a", "b"]),
from seccm.data.layout import datasets
    "a title that is a yes": attribute("title", np.bool_(True)),
from seccm.data.layout import datasets
    "a title of spaces": attribute("title", " " * 999),
from seccm.data.layout import datasets
    "a title of lines": attribute("title", "a\nb\rc\x85d\u2028e"),
from seccm.data.layout import datasets
    "a title that is a path": attribute("title", "../../etc/passwd"),
from seccm.data.layout import datasets
    "an ID that is a path": attribute("scan_uuid", "../../../tmp/x"),
from seccm.data.layout import datasets
    "an ID that is empty": attribute("scan_uuid", ""),
from seccm.data.layout import datasets
    "an ID that is no text": attribute("scan_uuid", np.arange(4)),
from seccm.data.layout import datasets
    "a software that is no text": attribute("software", np.float64(1)),
from seccm.data.layout import datasets
    "a reference of a million letters": attribute("reference", "x" * 60_000),
from seccm.data.layout import datasets
    "a reference that is no text": attribute("reference", 1.0),
from seccm.data.layout import datasets
    "virtual that is 255": attribute("virtual", np.uint8(255)),
from seccm.data.layout import datasets
    "packed that is 255": attribute("packed", np.uint8(255)),
from seccm.data.layout import datasets
    "packed below zero": attribute("packed", np.int64(-1)),
from seccm.data.layout import datasets
    "an averaged near the largest": attribute("raw_averaged", np.int64(2**62)),
from seccm.data.layout import datasets
    "a seed near the largest": attribute("seed", np.uint64(2**64 - 1)),
from seccm.data.layout import datasets
    "an offset in words": attribute("add_offset", "x", "E"),
from seccm.data.layout import datasets
    "another sign convention": attribute("sign_convention", "US"),
from seccm.data.layout import datasets
    "a title for a terminal": attribute("title", TERMINAL),
from seccm.data.layout import datasets
    "a title of a million letters": attribute("title", "x" * 60_000),
from seccm.data.layout import datasets
    "an empty title": attribute("title", ""),
from seccm.data.layout import datasets
    "a title of nothing": attribute("title", h5py.Empty("S1")),
from seccm.data.layout import datasets
    "a rate that is a word": attribute("raw_rate", "fast"),
from seccm.data.layout import datasets
    "a rate of zero": attribute("raw_rate", 0.0),
from seccm.data.layout import datasets
    "a rate below zero": attribute("raw_rate", -1e5),
from seccm.data.layout import datasets
    "a rate without end": attribute("raw_rate", np.inf),
from seccm.data.layout import datasets
    "a rate that is none": attribute("raw_rate", np.nan),
from seccm.data.layout import datasets
    "a tiny rate": attribute("raw_rate", 5e-324),
from seccm.data.layout import datasets
    "a huge rate": attribute("raw_rate", 1e308),
from seccm.data.layout import datasets
    "a rate that is a list": attribute("raw_rate", np.array([1e5, 2e5])),
from seccm.data.layout import datasets
    "a complex rate": attribute("raw_rate", np.complex128(1e5 + 1j)),
from seccm.data.layout import datasets
    "no samples in a row": attribute("raw_averaged", np.int64(0)),
from seccm.data.layout import datasets
    "half a sample in a row": attribute("raw_averaged", 0.5),
from seccm.data.layout import datasets
    "a spacing below zero": attribute("raw_spacing", np.int64(-3)),
from seccm.data.layout import datasets
    "a huge spacing": attribute("raw_spacing", np.int64(2**62)),
from seccm.data.layout import datasets
    "a start in words": attribute("started_at", "yesterday"),
from seccm.data.layout import datasets
    "a start nowhere": attribute("started_at", "2026-01-01"),
from seccm.data.layout import datasets
    "a start in year one": attribute("started_at", "0001-01-01T00:00:00+14:00"),
from seccm.data.layout import datasets
    "a start in the far future": attribute("started_at", "9999-12-31T23:59:59-14:00"),
from seccm.data.layout import datasets
    "a seed that is a word": attribute("seed", "nine"),
from seccm.data.layout import datasets
    "a seed below zero": attribute("seed", np.int64(-1)),
from seccm.data.layout import datasets
    "a seed of a fraction": attribute("seed", np.nan),
from seccm.data.layout import datasets
    "virtual in words": attribute("virtual", "yes"),
from seccm.data.layout import datasets
    "packed in words": attribute("packed", "yes"),
from seccm.data.layout import datasets
    "packed that is a list": attribute("packed", np.array([1, 2])),
from seccm.data.layout import datasets
    "packed that is nothing": attribute("packed", h5py.Empty("u1")),
from seccm.data.layout import datasets
    "conventions that are a number": attribute("Conventions", 3.0),
from seccm.data.layout import datasets
    "a reference for a terminal": attribute("reference", TERMINAL),
from seccm.data.layout import datasets
    "an empty reference": attribute("reference", ""),
from seccm.data.layout import datasets
    "an offset that is none": attribute("add_offset", np.inf, "E"),
from seccm.data.layout import datasets
    "a huge offset": attribute("add_offset", 1e300, "E"),
from seccm.data.layout import datasets
    "an attribute of a reference": lambda f: f.attrs.__setitem__("what", f["E"].ref),
from seccm.data.layout import datasets
    "an attribute of a compound": attribute("what", np.zeros(2, COMPOUND)),
from seccm.data.layout import datasets
    "an attribute of an opaque kind": attribute("what", np.void(b"\x00\x01\x02")),
from seccm.data.layout import datasets
    "an attribute with a name for a terminal": attribute("\x1b[31m[red]", "x"),
from seccm.data.layout import datasets
    # The stored plan and rig.
from seccm.data.layout import datasets
    "a plan that is no JSON": stored("plan_json", "{"),
from seccm.data.layout import datasets
    "a plan that is empty": stored("plan_json", ""),
from seccm.data.layout import datasets
    "a plan that is a list": stored("plan_json", "[]"),
from seccm.data.layout import datasets
    "a plan that is null": stored("plan_json", "null"),
from seccm.data.layout import datasets
    "a plan that is nothing": stored("plan_json", "{}"),
from seccm.data.layout import datasets
    "a plan too deep": lambda f: f.attrs.__setitem__("plan_json", DEEP_LIST),
from seccm.data.layout import datasets
    "a plan just too deep": stored("plan_json", DEEP_TABLE),
from seccm.data.layout import datasets
    "a plan of a huge number": stored("plan_json", "9" * 10_000),
from seccm.data.layout import datasets
    "a plan of surrogates": stored("plan_json", '{"title": "\\ud800"}'),
from seccm.data.layout import datasets
    "a plan with NaN": plan(sites__pitch=float("nan")),
from seccm.data.layout import datasets
    "a plan with infinity": plan(sites__pitch=float("inf")),
from seccm.data.layout import datasets
    "a plan with a pitch below zero": plan(sites__pitch=-1e-6),
from seccm.data.layout import datasets
    "a plan of 10^9 sites": plan(sites__columns=100_000, sites__rows=10_000),
from seccm.data.layout import datasets
    "a plan of 10^18 sites": plan(sites__columns=10**9, sites__rows=10**9),
from seccm.data.layout import datasets
    "a plan of a huge count": plan(sites__columns=10**400),
from seccm.data.layout import datasets
    "a plan with other sites": plan(sites__columns=3, sites__rows=1),
from seccm.data.layout import datasets
    "a plan with more sites": plan(sites__columns=30, sites__rows=30),
from seccm.data.layout import datasets
    "a plan with sites that are a word": plan(sites="many"),
from seccm.data.layout import datasets
    "a plan with sites of no kind": plan(sites__kind="spiral"),
from seccm.data.layout import datasets
    "a plan with a title that is a list": plan(title=["a"]),
from seccm.data.layout import datasets
    "a plan with an unknown key": plan(colour="red"),
from seccm.data.layout import datasets
    "a plan with a step of no kind": plan(program=[{"step": "dance"}]),
from seccm.data.layout import datasets
    "a plan with steps that are words": plan(program=["dance"]),
from seccm.data.layout import datasets
    "a plan with an empty program": plan(program=[]),
from seccm.data.layout import datasets
    "a plan with a step that never ends": plan(program__0__duration="1e300 s"),
from seccm.data.layout import datasets
    "a plan with a step below zero": plan(program__0__duration=-1.0),
from seccm.data.layout import datasets
    "a plan with a level that is no number": plan(factors={"j": ["fast", "slow"]}),
from seccm.data.layout import datasets
    "a plan with 1000 levels": plan(factors={"j": [-1.0 - k for k in range(1_000)]}),
from seccm.data.layout import datasets
    "a plan with other factors": plan(factors={"k": [1.0, 2.0]}),
from seccm.data.layout import datasets
    "a plan with 1000 steps": plan(
from seccm.data.layout import datasets
        program=[{"step": "constant current", "current_density": "-1 A/m^2", "duration": "1 s"}]
from seccm.data.layout import datasets
        * 1_000
from seccm.data.layout import datasets
    ),
from seccm.data.layout import datasets
    "a plan with 100000 steps": plan(program=[STEP] * 100_000),
from seccm.data.layout import datasets
    "a plan with a million steps in lists within lists": plan(
from seccm.data.layout import datasets
        program=[{"step": "repeat", "times": 1, "program": [STEP] * 9_000}] * 50
from seccm.data.layout import datasets
    ),
from seccm.data.layout import datasets
    "a plan with steps that are tables of lists": plan(
from seccm.data.layout import datasets
        program=[{"program": [{"otherwise": [{"program": [{}] * 9}]}], "step": "if"}]
from seccm.data.layout import datasets
    ),
from seccm.data.layout import datasets
    "a rig too long": lambda f: f.attrs.__setitem__("rig_json", " " * 33_000_000),
from seccm.data.layout import datasets
    "a rig that is no JSON": stored("rig_json", "no rig"),
from seccm.data.layout import datasets
    "a rig that is a list": stored("rig_json", "[1, 2]"),
from seccm.data.layout import datasets
    "a rig that is null": stored("rig_json", "null"),
from seccm.data.layout import datasets
    "a rig whose settings are a word": stored("rig_json", '{"config": "x", "faults": []}'),
from seccm.data.layout import datasets
    "a rig whose settings are numbers": stored("rig_json", '{"config": {"kind": 3}, "faults": []}'),
from seccm.data.layout import datasets
    "a rig of no kind": stored("rig_json", '{"config": {"rig": {"kind": "x"}}, "faults": []}'),
from seccm.data.layout import datasets
    "a rig whose faults are a number": stored("rig_json", '{"config": {}, "faults": 3}'),
from seccm.data.layout import datasets
    "a rig whose faults are null": stored("rig_json", '{"config": {}, "faults": null}'),
from seccm.data.layout import datasets
    "a rig with a fault that is none": stored("rig_json", '{"config": {}, "faults": ["x@y=z"]}'),
from seccm.data.layout import datasets
    "a rig that says nothing of itself": stored("rig_json", '{"info": null}'),
from seccm.data.layout import datasets
    "a rig too deep": stored("rig_json", DEEP_TABLE),
from seccm.data.layout import datasets
    # Things that are no columns.
from seccm.data.layout import datasets
    "a group for a column": replaced("I", lambda f: f.create_group("I")),
from seccm.data.layout import datasets
    "a group for the sites": replaced("site", lambda f: f.create_group("site")),
from seccm.data.layout import datasets
    "a group for the sessions": replaced("session", lambda f: f.create_group("session")),
from seccm.data.layout import datasets
    "a type for a column": replaced("I", lambda f: f.__setitem__("I", np.dtype("f4"))),
from seccm.data.layout import datasets
    "a link to itself": replaced("I", lambda f: f.__setitem__("I", h5py.SoftLink("/I"))),
from seccm.data.layout import datasets
    "a link to nowhere": replaced("I", lambda f: f.__setitem__("I", h5py.SoftLink("/gone"))),
from seccm.data.layout import datasets
    "a link to another column": replaced("I", lambda f: f.__setitem__("I", h5py.SoftLink("/E"))),
from seccm.data.layout import datasets
    "a link to a device": replaced(
from seccm.data.layout import datasets
        "I", lambda f: f.__setitem__("I", h5py.ExternalLink("/dev/zero", "I"))
from seccm.data.layout import datasets
    ),
from seccm.data.layout import datasets
    "one column under two names": replaced("I", lambda f: f.__setitem__("I", f["E"])),
from seccm.data.layout import datasets
    "groups in a ring": linked_in_a_ring,
from seccm.data.layout import datasets
    "the root in a column's place": replaced("I", lambda f: f.__setitem__("I", f["/"])),
from seccm.data.layout import datasets
    "20500 groups": many_columns,
from seccm.data.layout import datasets
    "a column of another program": lambda f: f.create_dataset("notes", data="hello"),
from seccm.data.layout import datasets
    "a long column of another program": lambda f: f.create_dataset(
from seccm.data.layout import datasets
        "notes", (1 << 40,), "f8", maxshape=(None,), chunks=(1024,)
from seccm.data.layout import datasets
    ),
from seccm.data.layout import datasets
    "a compound of another program": lambda f: f.create_dataset("notes", (4,), COMPOUND),
from seccm.data.layout import datasets
    "a name for a terminal": lambda f: f.create_dataset("\x1b[31m[red]", (4,), "f8"),
from seccm.data.layout import datasets
    # Columns of another kind.
from seccm.data.layout import datasets
    "texts for samples": made("I", (9,), "S9"),
from seccm.data.layout import datasets
    "two dimensions": made("I", (3, 3), "f4"),
from seccm.data.layout import datasets
    "one number": made("I", data=np.float32(1)),
from seccm.data.layout import datasets
    "nothing at all": made("I", data=h5py.Empty("f4")),
from seccm.data.layout import datasets
    "a compound": made("I", (9,), COMPOUND),
from seccm.data.layout import datasets
    "an enumeration": made("status", (4,), ENUM),
from seccm.data.layout import datasets
    "an array in each entry": made("I", (9,), np.dtype(("f4", (1000,)))),
from seccm.data.layout import datasets
    "an opaque kind": made("I", (9,), np.dtype("V7")),
from seccm.data.layout import datasets
    "references": made("I", (9,), h5py.ref_dtype),
from seccm.data.layout import datasets
    "numbers of any count": made("I", (9,), h5py.vlen_dtype("f4")),
from seccm.data.layout import datasets
    "numbers the other way round": made("I", (9,), ">f4"),
from seccm.data.layout import datasets
    "signed where there is no sign": made("row_size", (4,), "i4"),
from seccm.data.layout import datasets
    "complex": made("I", (9,), "c8"),
from seccm.data.layout import datasets
    "texts of any length": made("reason", (4,), h5py.string_dtype()),
from seccm.data.layout import datasets
    "texts of a megabyte": made("reason", (4,), "S1000000"),
from seccm.data.layout import datasets
    "the world in one chunk": made("I", (1 << 32,), "f4", maxshape=(None,), chunks=(1 << 29,)),
from seccm.data.layout import datasets
    "chunks of one entry": made("I", (1 << 20,), "f4", maxshape=(None,), chunks=(1,)),
from seccm.data.layout import datasets
    "no chunks": made("I", data=np.zeros(9, "f4")),
from seccm.data.layout import datasets
    "a virtual dataset": of_a_virtual_dataset,
from seccm.data.layout import datasets
    "stored in a device": stored_elsewhere,
from seccm.data.layout import datasets
    "compressed in an unknown way": compressed_unknown,
from seccm.data.layout import datasets
    "scaled": made("I", (1000,), "f4", chunks=(100,), scaleoffset=3),
from seccm.data.layout import datasets
    "lzf": made("I", (1000,), "f4", chunks=(100,), compression="lzf"),
from seccm.data.layout import datasets
    "a feature of words": made("E_nuc_err", (4,), "S4"),
from seccm.data.layout import datasets
    "a feature without an error": lambda f: f.__delitem__("E_nuc_err"),
from seccm.data.layout import datasets
    "a feature of other length": made("E_nuc", data=np.full(3, 0.5)),
from seccm.data.layout import datasets
    "a factor of words": made("factor_j", (4,), "S4"),
from seccm.data.layout import datasets
    "no factor": lambda f: f.__delitem__("factor_j"),
from seccm.data.layout import datasets
    "no events": lambda f: f.__delitem__("event_msg"),
from seccm.data.layout import datasets
    "no contact records": lambda f: f.__delitem__("contact_E"),
from seccm.data.layout import datasets
    # Lengths.
from seccm.data.layout import datasets
    "no state": resized(0, "state"),
from seccm.data.layout import datasets
    "no session": resized(0, "session"),
from seccm.data.layout import datasets
    "no start of a session": resized(0, "session_t_offset"),
from seccm.data.layout import datasets
    "no sites": lambda f: [f[n].resize(0, 0) for n in datasets(f) if f[n].shape[:1] == (4,)],
from seccm.data.layout import datasets
    "no samples": resized(0, "t", "E", "I", "z", "sample"),
from seccm.data.layout import datasets
    "4e9 sites": resized(4_000_000_000, "x_cmd", "site"),
from seccm.data.layout import datasets
    "4e9 sites, unwritten": lambda f: [
from seccm.data.layout import datasets
        stretched(f, n, 4_000_000_000) for n in datasets(f) if f[n].shape[:1] == (4,)
from seccm.data.layout import datasets
    ],
from seccm.data.layout import datasets
    "4e9 events": resized(4_000_000_000, "event_t"),
from seccm.data.layout import datasets
    "4e9 codes of events, unwritten": resized(4_000_000_000, "event_site", "event_row"),
from seccm.data.layout import datasets
    "4e9 sessions": resized(4_000_000_000, "session_t_offset", "session"),
from seccm.data.layout import datasets
    "4e9 frames": resized(4_000_000_000, "frame_t", "frame_index", "frame"),
from seccm.data.layout import datasets
    "4e9 rows": claims_all,
from seccm.data.layout import datasets
    "a short event table": resized(2, "event_code"),
from seccm.data.layout import datasets
    "wide contact records": lambda f: [
from seccm.data.layout import datasets
        f[n].resize(1 << 30, axis=1) for n in ("contact_E", "contact_I")
from seccm.data.layout import datasets
    ],
from seccm.data.layout import datasets
    "unwritten sizes of 1000 rows": filled("row_size", 0, 1000),
from seccm.data.layout import datasets
    "unwritten states": filled("status", 0, 2),
from seccm.data.layout import datasets
    "a million unwritten sites": filled("x_cmd", 1_000_000, 1.0),
from seccm.data.layout import datasets
    # Values.
from seccm.data.layout import datasets
    "another state": cell("state", b"\x1b[31mfine", 0),
from seccm.data.layout import datasets
    "an outcome that is none": cell("status", 99),
from seccm.data.layout import datasets
    "an outcome of a running site": cell("status", 1),
from seccm.data.layout import datasets
    "planned, with samples": cell("status", 0),
from seccm.data.layout import datasets
    "a condition that is none": cell("condition", 60_000),
from seccm.data.layout import datasets
    "a repeat that is none": cell("repeat", 60_000),
from seccm.data.layout import datasets
    "two sites of one number": cell("site", 0),
from seccm.data.layout import datasets
    "a place that is none": cell("x_cmd", np.nan),
from seccm.data.layout import datasets
    "a place far away": cell("x_cmd", 1e300),
from seccm.data.layout import datasets
    "a place without end": cell("y_cmd", np.inf),
from seccm.data.layout import datasets
    "a measured place that is none": cell("x", -np.inf),
from seccm.data.layout import datasets
    "a grid without end": cell("ix", 2**31 - 1),
from seccm.data.layout import datasets
    "a grid below zero": cell("iy", -(2**31)),
from seccm.data.layout import datasets
    "rows far away": cell("row_start", 2**64 - 1),
from seccm.data.layout import datasets
    "rows near the end of numbers": cell("row_start", 2**63),
from seccm.data.layout import datasets
    "rows of another site": lambda f: f["row_start"].__setitem__(1, f["row_start"][0]),
from seccm.data.layout import datasets
    "rows of two sites": lambda f: f["row_size"].__setitem__(0, f["row_size"][0] + 10),
from seccm.data.layout import datasets
    "too many rows": cell("row_size", 2**32 - 1),
from seccm.data.layout import datasets
    "no rows": cell("row_size", 0),
from seccm.data.layout import datasets
    "no start": cell("t_start", np.nan),
from seccm.data.layout import datasets
    "a start without end": cell("t_start", np.inf),
from seccm.data.layout import datasets
    "a contact that is none": cell("t_contact", np.nan),
from seccm.data.layout import datasets
    "a contact at no height": cell("z_contact", np.inf),
from seccm.data.layout import datasets
    "a contact far away": cell("t_contact", 1e300),
from seccm.data.layout import datasets
    "a landing of 255": cell("landed", 255),
from seccm.data.layout import datasets
    "a landing that was none": cell("landed", 0),
from seccm.data.layout import datasets
    "no attempts": cell("attempts", 0),
from seccm.data.layout import datasets
    "a long contact record": cell("contact_size", 2**32 - 1),
from seccm.data.layout import datasets
    "a contact record that begins nowhere": cell("contact_start", -(2**63)),
from seccm.data.layout import datasets
    "a crossing outside of its record": cell("contact_crossing", 2**62),
from seccm.data.layout import datasets
    "a reason for a terminal": cell("reason", TERMINAL.encode()),
from seccm.data.layout import datasets
    "a reason that is no UTF-8": cell("reason", b"\xff\xfe\xfd"),
from seccm.data.layout import datasets
    "a status that is none": cell("E_nuc_status", 200),
from seccm.data.layout import datasets
    "a huge number": cell("E_nuc", 1e308),
from seccm.data.layout import datasets
    "a number without end": cell("E_nuc", -np.inf),
from seccm.data.layout import datasets
    "all quality flags": cell("quality", 2**32 - 1),
from seccm.data.layout import datasets
    "levels that are none": cell("factor_j", np.nan, slice(None)),
from seccm.data.layout import datasets
    "a level without end": cell("factor_j", np.inf),
from seccm.data.layout import datasets
    "a phase that is none": cell("phase", 255, 60),
from seccm.data.layout import datasets
    "a step that is none": cell("step", 65_535, 80),
from seccm.data.layout import datasets
    "samples that are none": cell("I", np.nan, slice(None)),
from seccm.data.layout import datasets
    "times that are none": cell("t", np.nan, slice(None)),
from seccm.data.layout import datasets
    "times backwards": lambda f: f["t"].__setitem__(slice(None), f["t"][:][::-1]),
from seccm.data.layout import datasets
    "times of a million years": cell("t", 3e13, -1),
from seccm.data.layout import datasets
    "a place in the grid of every site": cell("ix", 0, slice(None)),
from seccm.data.layout import datasets
    "every site at one place": lambda f: [
from seccm.data.layout import datasets
        f[n].__setitem__(slice(None), 0.0) for n in ("x_cmd", "y_cmd")
from seccm.data.layout import datasets
    ],
from seccm.data.layout import datasets
    "places in the wrong unit": cell("x_cmd", 1e9, slice(None)),
from seccm.data.layout import datasets
    "one condition for all": cell("condition", 0, slice(None)),
from seccm.data.layout import datasets
    "a site that ended before it began": cell("t_end", -1.0),
from seccm.data.layout import datasets
    "a contact before the start": cell("t_contact", -1e6),
from seccm.data.layout import datasets
    "a contact near the largest": cell("t_contact", 1.7e308),
from seccm.data.layout import datasets
    "a contact near the smallest": cell("t_contact", -1.7e308, slice(None)),
from seccm.data.layout import datasets
    "a contact after the end": cell("t_contact", 1e6),
from seccm.data.layout import datasets
    "a latency below zero": cell("latency", -1.0),
from seccm.data.layout import datasets
    "an overtravel of a metre": cell("overtravel", 1e6),
from seccm.data.layout import datasets
    "an overtravel that is none": cell("overtravel", np.inf),
from seccm.data.layout import datasets
    "attempts without end": cell("attempts", 65_535),
from seccm.data.layout import datasets
    "all heights none": cell("z_contact", np.nan, slice(None)),
from seccm.data.layout import datasets
    "all heights the same": cell("z_contact", 40.0, slice(None)),
from seccm.data.layout import datasets
    "all sites aborted": cell("status", 5, slice(None)),
from seccm.data.layout import datasets
    "all sites still planned": cell("status", 0, slice(None)),
from seccm.data.layout import datasets
    "all sites still running": cell("status", 1, slice(None)),
from seccm.data.layout import datasets
    "no site landed": cell("landed", 0, slice(None)),
from seccm.data.layout import datasets
    "no measured place": cell("x", np.nan, slice(None)),
from seccm.data.layout import datasets
    "a reason that fills its column": cell("reason", b"x" * 120, slice(None)),
from seccm.data.layout import datasets
    "a flag of all bits": cell("flag", 255, slice(None)),
from seccm.data.layout import datasets
    "all rows of one phase": cell("phase", 6, slice(None)),
from seccm.data.layout import datasets
    "no row of a step": cell("phase", 0, slice(None)),
from seccm.data.layout import datasets
    "steps in the wrong order": lambda f: f["step"].__setitem__(
from seccm.data.layout import datasets
        slice(None), np.arange(len(f["step"])) % 60_000
from seccm.data.layout import datasets
    ),
from seccm.data.layout import datasets
    "a current without end": cell("I", np.inf, 60),
from seccm.data.layout import datasets
    "a current near the largest": cell("I", 3e38, slice(None)),
from seccm.data.layout import datasets
    "a potential near the largest": cell("E", -3e38, slice(None)),
from seccm.data.layout import datasets
    "denormal currents": cell("I", 1e-45, slice(None)),
from seccm.data.layout import datasets
    "no current at all": cell("I", 0.0, slice(None)),
from seccm.data.layout import datasets
    "a time that stands": cell("t", 1.0, slice(None)),
from seccm.data.layout import datasets
    "a time that jumps by a year": lambda f: f["t"].__setitem__(
from seccm.data.layout import datasets
        slice(60, None), f["t"][60:] + 3.2e7
from seccm.data.layout import datasets
    ),
from seccm.data.layout import datasets
    "one time that is none": cell("t", np.nan, 60),
from seccm.data.layout import datasets
    "a height that is none": cell("z", np.nan, slice(None)),
from seccm.data.layout import datasets
    "errors below zero": cell("E_nuc_err", -1.0, slice(None)),
from seccm.data.layout import datasets
    "errors without end": cell("E_nuc_err", np.inf, slice(None)),
from seccm.data.layout import datasets
    "numbers that are none and clean": lambda f: [
from seccm.data.layout import datasets
        f[n].__setitem__(slice(None), v) for n, v in (("E_nuc", np.nan), ("E_nuc_status", 0))
from seccm.data.layout import datasets
    ],
from seccm.data.layout import datasets
    "numbers near the largest": cell("E_nuc", 1.7e308, slice(None)),
from seccm.data.layout import datasets
    "numbers of both signs near the largest": lambda f: f["E_nuc"].__setitem__(
from seccm.data.layout import datasets
        slice(None), [1.7e308, -1.7e308, 1.7e308, -1.7e308]
from seccm.data.layout import datasets
    ),
from seccm.data.layout import datasets
    "levels near the largest": cell("factor_j", 1.7e308, slice(None)),
from seccm.data.layout import datasets
    "levels of both signs without end": lambda f: f["factor_j"].__setitem__(
from seccm.data.layout import datasets
        slice(None), [np.inf, -np.inf, np.inf, -np.inf]
from seccm.data.layout import datasets
    ),
from seccm.data.layout import datasets
    "the same level for all": cell("factor_j", -11.5, slice(None)),
from seccm.data.layout import datasets
    "contact records of nothing": cell("contact_size", 0, slice(None)),
from seccm.data.layout import datasets
    "a contact record of one sample": cell("contact_size", 1),
from seccm.data.layout import datasets
    "a contact record of one number without end": lambda f: f["contact_I"].__setitem__(
from seccm.data.layout import datasets
        (1, slice(None)), np.inf
from seccm.data.layout import datasets
    ),
from seccm.data.layout import datasets
    "a stop before the crossing": cell("contact_stopped", 0),
from seccm.data.layout import datasets
    "an event of every site at once": cell("event_site", 1, slice(None)),
from seccm.data.layout import datasets
    "events backwards": lambda f: f["event_t"].__setitem__(slice(None), f["event_t"][:][::-1]),
from seccm.data.layout import datasets
    "events near the largest": cell("event_t", 1.7e308, slice(None)),
from seccm.data.layout import datasets
    "events of ends of steps only": cell("event_code", 7, slice(None)),
from seccm.data.layout import datasets
    "a session near the largest": cell("session_t_offset", 1.7e308, 0),
from seccm.data.layout import datasets
    "a session in the far future": cell("session_started_at", b"9999-12-31T23:59:59+00:00", 0),
from seccm.data.layout import datasets
    "a session without a time zone": cell("session_started_at", b"2026-01-01T00:00:00", 0),
from seccm.data.layout import datasets
    "a stopped run": cell("state", b"stopped", 0),
from seccm.data.layout import datasets
    "a running run that is closed": cell("state", b"running", 0),
from seccm.data.layout import datasets
    "a state in capitals": cell("state", b"COMPLETE", 0),
from seccm.data.layout import datasets
    "an event that is none": cell("event_code", 60_000, slice(None)),
from seccm.data.layout import datasets
    "an event of a site that is none": cell("event_site", 2**31 - 1, slice(None)),
from seccm.data.layout import datasets
    "an event of a site below zero": cell("event_site", -(2**31), slice(None)),
from seccm.data.layout import datasets
    "an event at no time": cell("event_t", np.nan, slice(None)),
from seccm.data.layout import datasets
    "an event at a time without end": cell("event_t", np.inf),
from seccm.data.layout import datasets
    "an event at a row below zero": cell("event_row", -(2**63), slice(None)),
from seccm.data.layout import datasets
    "events that say nothing": cell("event_msg", b"", slice(None)),
from seccm.data.layout import datasets
    "events for a terminal": cell("event_msg", TERMINAL.encode(), slice(None)),
from seccm.data.layout import datasets
    "ends of steps that are none": cell(
from seccm.data.layout import datasets
        "event_msg", b"step 99999999999999999999999 ended by time, charge 1e999 C", slice(None)
from seccm.data.layout import datasets
    ),
from seccm.data.layout import datasets
    "ends of steps without charge": cell(
from seccm.data.layout import datasets
        "event_msg", b"step 0 ended by time, charge many C", slice(None)
from seccm.data.layout import datasets
    ),
from seccm.data.layout import datasets
    "a session at no time": cell("session_t_offset", np.nan, 0),
from seccm.data.layout import datasets
    "a session without end": cell("session_t_offset", np.inf, 0),
from seccm.data.layout import datasets
    "a session in words": cell("session_started_at", b"yesterday", 0),
from seccm.data.layout import datasets
    "a session from another site on": cell("session_first_site", 2**32 - 1, 0),
from seccm.data.layout import datasets
    # What is said of the columns.
from seccm.data.layout import datasets
    "a unit that is a number": attribute("units", 3.0, "E_nuc"),
from seccm.data.layout import datasets
    "a unit for a terminal": attribute("units", TERMINAL, "E_nuc"),
from seccm.data.layout import datasets
    "another unit": attribute("units", "furlong", "E_nuc"),
from seccm.data.layout import datasets
    "a name that is a number": attribute("long_name", np.arange(9), "E_nuc"),
from seccm.data.layout import datasets
    "codes in words": attribute("flag_values", "x", "status"),
from seccm.data.layout import datasets
    "codes without meanings": without_attribute("flag_meanings", "status"),
from seccm.data.layout import datasets
    "more meanings than codes": attribute("flag_meanings", "a " * 9999, "E_nuc_status"),
from seccm.data.layout import datasets
    "codes of fractions": attribute("flag_values", np.array([np.nan, 1.5]), "E_nuc_status"),
from seccm.data.layout import datasets
    "references to dimensions that are words": attribute("DIMENSION_LIST", "x", "I"),
from seccm.data.layout import datasets
    "a scale in words for xarray": attribute("scale_factor", "x", "I"),
from seccm.data.layout import datasets
    "a scale of nothing for xarray": attribute("scale_factor", 0.0, "I"),
from seccm.data.layout import datasets
    "times of xarray": attribute("units", "days since the flood", "t"),
from seccm.data.layout import datasets
}
from seccm.data.layout import datasets
