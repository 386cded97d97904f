"""Changes that make a data file hostile: valid HDF5 all the same, each by a name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

from seccm.data.layout import datasets

Change = Callable[[h5py.File], object]


def attribute(name: str, value: object, of: str = "") -> Change:
    """Set an attribute of the root, or of a column."""
    return lambda file: (file[of] if of else file).attrs.__setitem__(name, value)


def without_attribute(name: str, of: str = "") -> Change:
    return lambda file: (file[of] if of else file).attrs.__delitem__(name)


def replaced(name: str, make: Callable[[h5py.File], object]) -> Change:
    """Put something else in the place of a column."""

    def change(file: h5py.File) -> None:
        del file[name]
        make(file)

    return change


def made(name: str, *args: Any, **options: Any) -> Change:
    """Put a dataset of another kind in the place of a column."""
    return replaced(name, lambda file: file.create_dataset(name, *args, **options))


def cell(name: str, value: object, row: Any = 1) -> Change:
    """Write something else into a column."""
    return lambda file: file[name].__setitem__(row, value)


def stretched(file: h5py.File, name: str, rows: int) -> None:
    """Let a dataset claim so many rows, fixed or not; nothing is behind those that are new."""
    old, values = file[name], file[name][...]
    if old.maxshape[0] is None or rows <= old.maxshape[0]:
        old.resize(rows, axis=0)
        return
    del file[name]
    shape, kind = old.shape[1:], old.dtype
    new = file.create_dataset(
        name, (len(values), *shape), kind, maxshape=(None, *shape), chunks=(1 << 16, *shape)
    )
    new[...] = values
    for key, value in old.attrs.items():
        if key not in ("CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST"):
            new.attrs[key] = value
    new.resize(rows, axis=0)


def resized(size: int, *names: str) -> Change:
    return lambda file: [stretched(file, name, size) for name in names]


def plan(**changes: Any) -> Change:
    """Change some of the stored plan; a name such as `sites__pitch` goes into a table."""

    def change(file: h5py.File) -> None:
        stored = json.loads(file.attrs["plan_json"])
        for path, value in changes.items():
            *tables, last = path.split("__")
            table = stored
            for name in tables:
                table = table[int(name) if name.isdigit() else name]
            table[last] = value
        file.attrs["plan_json"] = json.dumps(stored)

    return change


def stored(name: str, text: str) -> Change:
    return attribute(name, text)


def linked_in_a_ring(file: h5py.File) -> None:
    ring = file.create_group("ring")
    ring["ring"] = ring
    ring["root"] = file["/"]


def of_a_virtual_dataset(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((9,), "f4")
    layout[:] = h5py.VirtualSource("/dev/zero", "I", (9,))
    del file["I"]
    file.create_virtual_dataset("I", layout)


def stored_elsewhere(file: h5py.File) -> None:
    size = len(file["I"])
    del file["I"]
    file.create_dataset("I", (size,), "f4", external=[("/dev/zero", 0, 4 * size)])


def compressed_unknown(file: h5py.File) -> None:
    size = len(file["I"])
    del file["I"]
    space = h5py.h5s.create_simple((size,), (h5py.h5s.UNLIMITED,))
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((16384,))
    properties.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (1,))
    h5py.h5d.create(file.id, b"I", h5py.h5t.IEEE_F32LE, space, properties)


def many_columns(file: h5py.File) -> None:
    for k in range(20_500):
        file.create_group(f"g{k}")


def claims_all(file: h5py.File) -> None:
    for name in ("sample", "t", "E", "I", "z", "phase", "step", "flag", "sample_x", "sample_y"):
        stretched(file, name, 4_000_000_000)
    file["row_size"][1] = 3_999_999_999


def filled(name: str, size: int, value: object) -> Change:
    """Put a column in place of another that was never written, whose entries are all this."""

    def change(file: h5py.File) -> None:
        old = file[name]
        kind, count = old.dtype, len(old)
        del file[name]
        file.create_dataset(
            name, (size or count,), kind, maxshape=(None,), chunks=(1024,), fillvalue=value
        )

    return change


STEP = {"step": "constant current", "current_density": "-1 A/m^2", "duration": "1 s"}
DEEP_LIST = "[" * 3000 + "]" * 3000
DEEP_TABLE = '{"a":' * 90 + "1" + "}" * 90
TERMINAL = "[red]\x1b[31m\x07$\\frac{</b>\u202e%s{0}"
COMPOUND = np.dtype([("a", "f4"), ("b", "i4")])
ENUM = h5py.enum_dtype({"A": 0, "B": 1}, basetype="u1")

HOSTILE: dict[str, Change] = {
    # The header.
    "no title": without_attribute("title"),
    "a title that is a number": attribute("title", 3.0),
    "a title of NULs": attribute("title", np.bytes_(b"a\x00b")),
    "a title that is no UTF-8": attribute("title", np.bytes_(b"\xff\xfe\xfd")),
    "a title that is a list": attribute("title", ["a", "b"]),
    "a title that is a yes": attribute("title", np.bool_(True)),
    "a title of spaces": attribute("title", " " * 999),
    "a title of lines": attribute("title", "a\nb\rc\x85d\u2028e"),
    "a title that is a path": attribute("title", "../../etc/passwd"),
    "an ID that is a path": attribute("scan_uuid", "../../../tmp/x"),
    "an ID that is empty": attribute("scan_uuid", ""),
    "an ID that is not a text": attribute("scan_uuid", np.arange(4)),
    "a software that is not a text": attribute("software", np.float64(1)),
    "a reference of a million letters": attribute("reference", "x" * 60_000),
    "a reference that is not a text": attribute("reference", 1.0),
    "virtual that is 255": attribute("virtual", np.uint8(255)),
    "packed that is 255": attribute("packed", np.uint8(255)),
    "packed below zero": attribute("packed", np.int64(-1)),
    "an averaged near the largest": attribute("raw_averaged", np.int64(2**62)),
    "a seed near the largest": attribute("seed", np.uint64(2**64 - 1)),
    "an offset in words": attribute("add_offset", "x", "E"),
    "another sign convention": attribute("sign_convention", "US"),
    "a title for a terminal": attribute("title", TERMINAL),
    "a title of a million letters": attribute("title", "x" * 60_000),
    "an empty title": attribute("title", ""),
    "a title of nothing": attribute("title", h5py.Empty("S1")),
    "a rate that is a word": attribute("raw_rate", "fast"),
    "a rate of zero": attribute("raw_rate", 0.0),
    "a rate below zero": attribute("raw_rate", -1e5),
    "a rate without end": attribute("raw_rate", np.inf),
    "a rate that is none": attribute("raw_rate", np.nan),
    "a tiny rate": attribute("raw_rate", 5e-324),
    "a huge rate": attribute("raw_rate", 1e308),
    "a rate that is a list": attribute("raw_rate", np.array([1e5, 2e5])),
    "a complex rate": attribute("raw_rate", np.complex128(1e5 + 1j)),
    "no samples in a row": attribute("raw_averaged", np.int64(0)),
    "half a sample in a row": attribute("raw_averaged", 0.5),
    "a spacing below zero": attribute("raw_spacing", np.int64(-3)),
    "a huge spacing": attribute("raw_spacing", np.int64(2**62)),
    "a start in words": attribute("started_at", "yesterday"),
    "a start nowhere": attribute("started_at", "2026-01-01"),
    "a start in year one": attribute("started_at", "0001-01-01T00:00:00+14:00"),
    "a start in the far future": attribute("started_at", "9999-12-31T23:59:59-14:00"),
    "a seed that is a word": attribute("seed", "nine"),
    "a seed below zero": attribute("seed", np.int64(-1)),
    "a seed of a fraction": attribute("seed", np.nan),
    "virtual in words": attribute("virtual", "yes"),
    "packed in words": attribute("packed", "yes"),
    "packed that is a list": attribute("packed", np.array([1, 2])),
    "packed that is nothing": attribute("packed", h5py.Empty("u1")),
    "conventions that are a number": attribute("Conventions", 3.0),
    "a reference for a terminal": attribute("reference", TERMINAL),
    "an empty reference": attribute("reference", ""),
    "an offset that is none": attribute("add_offset", np.inf, "E"),
    "a huge offset": attribute("add_offset", 1e300, "E"),
    "an attribute of a reference": lambda f: f.attrs.__setitem__("what", f["E"].ref),
    "an attribute of a compound": attribute("what", np.zeros(2, COMPOUND)),
    "an attribute of an opaque kind": attribute("what", np.void(b"\x00\x01\x02")),
    "an attribute with a name for a terminal": attribute("\x1b[31m[red]", "x"),
    # The stored plan and rig.
    "a plan that is no JSON": stored("plan_json", "{"),
    "a plan that is empty": stored("plan_json", ""),
    "a plan that is a list": stored("plan_json", "[]"),
    "a plan that is null": stored("plan_json", "null"),
    "a plan that is nothing": stored("plan_json", "{}"),
    "a plan too deep": lambda f: f.attrs.__setitem__("plan_json", DEEP_LIST),
    "a plan just too deep": stored("plan_json", DEEP_TABLE),
    "a plan of a huge number": stored("plan_json", "9" * 10_000),
    "a plan of surrogates": stored("plan_json", '{"title": "\\ud800"}'),
    "a plan with NaN": plan(sites__pitch=float("nan")),
    "a plan with infinity": plan(sites__pitch=float("inf")),
    "a plan with a pitch below zero": plan(sites__pitch=-1e-6),
    "a plan of 10^9 sites": plan(sites__columns=100_000, sites__rows=10_000),
    "a plan of 10^18 sites": plan(sites__columns=10**9, sites__rows=10**9),
    "a plan of a huge count": plan(sites__columns=10**400),
    "a plan with other sites": plan(sites__columns=3, sites__rows=1),
    "a plan with more sites": plan(sites__columns=30, sites__rows=30),
    "a plan with sites that are a word": plan(sites="many"),
    "a plan with sites of no kind": plan(sites__kind="spiral"),
    "a plan with a title that is a list": plan(title=["a"]),
    "a plan with an unknown key": plan(colour="red"),
    "a plan with a step of no kind": plan(program=[{"step": "dance"}]),
    "a plan with steps that are words": plan(program=["dance"]),
    "a plan with an empty program": plan(program=[]),
    "a plan with a step that never ends": plan(program__0__duration="1e300 s"),
    "a plan with a step below zero": plan(program__0__duration=-1.0),
    "a plan with a level that is not a number": plan(factors={"j": ["fast", "slow"]}),
    "a plan with 1000 levels": plan(factors={"j": [-1.0 - k for k in range(1_000)]}),
    "a plan with other factors": plan(factors={"k": [1.0, 2.0]}),
    "a plan with 1000 steps": plan(
        program=[{"step": "constant current", "current_density": "-1 A/m^2", "duration": "1 s"}]
        * 1_000
    ),
    "a plan with 100000 steps": plan(program=[STEP] * 100_000),
    "a plan with a million steps in lists within lists": plan(
        program=[{"step": "repeat", "times": 1, "program": [STEP] * 9_000}] * 50
    ),
    "a plan with steps that are tables of lists": plan(
        program=[{"program": [{"otherwise": [{"program": [{}] * 9}]}], "step": "if"}]
    ),
    "a rig too long": lambda f: f.attrs.__setitem__("rig_json", " " * 33_000_000),
    "a rig that is no JSON": stored("rig_json", "no rig"),
    "a rig that is a list": stored("rig_json", "[1, 2]"),
    "a rig that is null": stored("rig_json", "null"),
    "a rig whose settings are a word": stored("rig_json", '{"config": "x", "faults": []}'),
    "a rig whose settings are numbers": stored("rig_json", '{"config": {"kind": 3}, "faults": []}'),
    "a rig of no kind": stored("rig_json", '{"config": {"rig": {"kind": "x"}}, "faults": []}'),
    "a rig whose faults are a number": stored("rig_json", '{"config": {}, "faults": 3}'),
    "a rig whose faults are null": stored("rig_json", '{"config": {}, "faults": null}'),
    "a rig with a fault that is none": stored("rig_json", '{"config": {}, "faults": ["x@y=z"]}'),
    "a rig that says nothing of itself": stored("rig_json", '{"info": null}'),
    "a rig too deep": stored("rig_json", DEEP_TABLE),
    # Things that are no columns.
    "a group for a column": replaced("I", lambda f: f.create_group("I")),
    "a group for the sites": replaced("site", lambda f: f.create_group("site")),
    "a group for the sessions": replaced("session", lambda f: f.create_group("session")),
    "a type for a column": replaced("I", lambda f: f.__setitem__("I", np.dtype("f4"))),
    "a link to itself": replaced("I", lambda f: f.__setitem__("I", h5py.SoftLink("/I"))),
    "a link to nowhere": replaced("I", lambda f: f.__setitem__("I", h5py.SoftLink("/gone"))),
    "a link to another column": replaced("I", lambda f: f.__setitem__("I", h5py.SoftLink("/E"))),
    "a link to a device": replaced(
        "I", lambda f: f.__setitem__("I", h5py.ExternalLink("/dev/zero", "I"))
    ),
    "one column under two names": replaced("I", lambda f: f.__setitem__("I", f["E"])),
    "groups in a ring": linked_in_a_ring,
    "the root in a column's place": replaced("I", lambda f: f.__setitem__("I", f["/"])),
    "20500 groups": many_columns,
    "a column of another program": lambda f: f.create_dataset("notes", data="hello"),
    "a long column of another program": lambda f: f.create_dataset(
        "notes", (1 << 40,), "f8", maxshape=(None,), chunks=(1024,)
    ),
    "a compound of another program": lambda f: f.create_dataset("notes", (4,), COMPOUND),
    "a name for a terminal": lambda f: f.create_dataset("\x1b[31m[red]", (4,), "f8"),
    # Columns of another kind.
    "texts for samples": made("I", (9,), "S9"),
    "two dimensions": made("I", (3, 3), "f4"),
    "one number": made("I", data=np.float32(1)),
    "nothing at all": made("I", data=h5py.Empty("f4")),
    "a compound": made("I", (9,), COMPOUND),
    "an enumeration": made("status", (4,), ENUM),
    "an array in each entry": made("I", (9,), np.dtype(("f4", (1000,)))),
    "an opaque kind": made("I", (9,), np.dtype("V7")),
    "references": made("I", (9,), h5py.ref_dtype),
    "numbers of any count": made("I", (9,), h5py.vlen_dtype("f4")),
    "numbers the other way round": made("I", (9,), ">f4"),
    "signed where there is no sign": made("row_size", (4,), "i4"),
    "complex": made("I", (9,), "c8"),
    "texts of any length": made("reason", (4,), h5py.string_dtype()),
    "texts of a megabyte": made("reason", (4,), "S1000000"),
    "the world in one chunk": made("I", (1 << 32,), "f4", maxshape=(None,), chunks=(1 << 29,)),
    "chunks of one entry": made("I", (1 << 20,), "f4", maxshape=(None,), chunks=(1,)),
    "no chunks": made("I", data=np.zeros(9, "f4")),
    "a virtual dataset": of_a_virtual_dataset,
    "stored in a device": stored_elsewhere,
    "compressed in an unknown way": compressed_unknown,
    "scaled": made("I", (1000,), "f4", chunks=(100,), scaleoffset=3),
    "lzf": made("I", (1000,), "f4", chunks=(100,), compression="lzf"),
    "a feature of words": made("E_nuc_err", (4,), "S4"),
    "a feature without an error": lambda f: f.__delitem__("E_nuc_err"),
    "a feature of other length": made("E_nuc", data=np.full(3, 0.5)),
    "a factor of words": made("factor_j", (4,), "S4"),
    "no factor": lambda f: f.__delitem__("factor_j"),
    "no events": lambda f: f.__delitem__("event_msg"),
    "no contact records": lambda f: f.__delitem__("contact_E"),
    # Lengths.
    "no state": resized(0, "state"),
    "no session": resized(0, "session"),
    "no start of a session": resized(0, "session_t_offset"),
    "no sites": lambda f: [f[n].resize(0, 0) for n in datasets(f) if f[n].shape[:1] == (4,)],
    "no samples": resized(0, "t", "E", "I", "z", "sample"),
    "4e9 sites": resized(4_000_000_000, "x_cmd", "site"),
    "4e9 sites, unwritten": lambda f: [
        stretched(f, n, 4_000_000_000) for n in datasets(f) if f[n].shape[:1] == (4,)
    ],
    "4e9 events": resized(4_000_000_000, "event_t"),
    "4e9 codes of events, unwritten": resized(4_000_000_000, "event_site", "event_row"),
    "4e9 sessions": resized(4_000_000_000, "session_t_offset", "session"),
    "4e9 frames": resized(4_000_000_000, "frame_t", "frame_index", "frame"),
    "4e9 rows": claims_all,
    "a short event table": resized(2, "event_code"),
    "wide contact records": lambda f: [
        f[n].resize(1 << 30, axis=1) for n in ("contact_E", "contact_I")
    ],
    "unwritten sizes of 1000 rows": filled("row_size", 0, 1000),
    "unwritten states": filled("status", 0, 2),
    "a million unwritten sites": filled("x_cmd", 1_000_000, 1.0),
    # Values.
    "another state": cell("state", b"\x1b[31mfine", 0),
    "an outcome that is none": cell("status", 99),
    "an outcome of a running site": cell("status", 1),
    "planned, with samples": cell("status", 0),
    "a condition that is none": cell("condition", 60_000),
    "a repeat that is none": cell("repeat", 60_000),
    "two sites of one number": cell("site", 0),
    "a place that is none": cell("x_cmd", np.nan),
    "a place far away": cell("x_cmd", 1e300),
    "a place without end": cell("y_cmd", np.inf),
    "a measured place that is none": cell("x", -np.inf),
    "a grid without end": cell("ix", 2**31 - 1),
    "a grid below zero": cell("iy", -(2**31)),
    "rows far away": cell("row_start", 2**64 - 1),
    "rows near the end of numbers": cell("row_start", 2**63),
    "rows of another site": lambda f: f["row_start"].__setitem__(1, f["row_start"][0]),
    "rows of two sites": lambda f: f["row_size"].__setitem__(0, f["row_size"][0] + 10),
    "too many rows": cell("row_size", 2**32 - 1),
    "no rows": cell("row_size", 0),
    "no start": cell("t_start", np.nan),
    "a start without end": cell("t_start", np.inf),
    "a contact that is none": cell("t_contact", np.nan),
    "a contact at no height": cell("z_contact", np.inf),
    "a contact far away": cell("t_contact", 1e300),
    "a landing of 255": cell("landed", 255),
    "a landing that was none": cell("landed", 0),
    "no attempts": cell("attempts", 0),
    "a long contact record": cell("contact_size", 2**32 - 1),
    "a contact record that begins nowhere": cell("contact_start", -(2**63)),
    "a crossing outside of its record": cell("contact_crossing", 2**62),
    "a reason for a terminal": cell("reason", TERMINAL.encode()),
    "a reason that is no UTF-8": cell("reason", b"\xff\xfe\xfd"),
    "a status that is none": cell("E_nuc_status", 200),
    "a huge number": cell("E_nuc", 1e308),
    "a number without end": cell("E_nuc", -np.inf),
    "all quality flags": cell("quality", 2**32 - 1),
    "levels that are none": cell("factor_j", np.nan, slice(None)),
    "a level without end": cell("factor_j", np.inf),
    "a phase that is none": cell("phase", 255, 60),
    "a step that is none": cell("step", 65_535, 80),
    "samples that are none": cell("I", np.nan, slice(None)),
    "times that are none": cell("t", np.nan, slice(None)),
    "times backwards": lambda f: f["t"].__setitem__(slice(None), f["t"][:][::-1]),
    "times of a million years": cell("t", 3e13, -1),
    "a place in the grid of every site": cell("ix", 0, slice(None)),
    "every site at one place": lambda f: [
        f[n].__setitem__(slice(None), 0.0) for n in ("x_cmd", "y_cmd")
    ],
    "places in the wrong unit": cell("x_cmd", 1e9, slice(None)),
    "one condition for all": cell("condition", 0, slice(None)),
    "a site that ended before it began": cell("t_end", -1.0),
    "a contact before the start": cell("t_contact", -1e6),
    "a contact near the largest": cell("t_contact", 1.7e308),
    "a contact near the smallest": cell("t_contact", -1.7e308, slice(None)),
    "a contact after the end": cell("t_contact", 1e6),
    "a latency below zero": cell("latency", -1.0),
    "an overtravel of a metre": cell("overtravel", 1e6),
    "an overtravel that is none": cell("overtravel", np.inf),
    "attempts without end": cell("attempts", 65_535),
    "all heights none": cell("z_contact", np.nan, slice(None)),
    "all heights the same": cell("z_contact", 40.0, slice(None)),
    "all sites aborted": cell("status", 5, slice(None)),
    "all sites still planned": cell("status", 0, slice(None)),
    "all sites still running": cell("status", 1, slice(None)),
    "no site landed": cell("landed", 0, slice(None)),
    "no measured place": cell("x", np.nan, slice(None)),
    "a reason that fills its column": cell("reason", b"x" * 120, slice(None)),
    "a flag of all bits": cell("flag", 255, slice(None)),
    "all rows of one phase": cell("phase", 6, slice(None)),
    "no row of a step": cell("phase", 0, slice(None)),
    "steps in the wrong order": lambda f: f["step"].__setitem__(
        slice(None), np.arange(len(f["step"])) % 60_000
    ),
    "a current without end": cell("I", np.inf, 60),
    "a current near the largest": cell("I", 3e38, slice(None)),
    "a potential near the largest": cell("E", -3e38, slice(None)),
    "denormal currents": cell("I", 1e-45, slice(None)),
    "no current at all": cell("I", 0.0, slice(None)),
    "a time that stands": cell("t", 1.0, slice(None)),
    "a time that jumps by a year": lambda f: f["t"].__setitem__(
        slice(60, None), f["t"][60:] + 3.2e7
    ),
    "one time that is none": cell("t", np.nan, 60),
    "a height that is none": cell("z", np.nan, slice(None)),
    "errors below zero": cell("E_nuc_err", -1.0, slice(None)),
    "errors without end": cell("E_nuc_err", np.inf, slice(None)),
    "numbers that are none and clean": lambda f: [
        f[n].__setitem__(slice(None), v) for n, v in (("E_nuc", np.nan), ("E_nuc_status", 0))
    ],
    "numbers near the largest": cell("E_nuc", 1.7e308, slice(None)),
    "numbers of both signs near the largest": lambda f: f["E_nuc"].__setitem__(
        slice(None), [1.7e308, -1.7e308, 1.7e308, -1.7e308]
    ),
    "levels near the largest": cell("factor_j", 1.7e308, slice(None)),
    "levels of both signs without end": lambda f: f["factor_j"].__setitem__(
        slice(None), [np.inf, -np.inf, np.inf, -np.inf]
    ),
    "the same level for all": cell("factor_j", -11.5, slice(None)),
    "contact records of nothing": cell("contact_size", 0, slice(None)),
    "a contact record of one sample": cell("contact_size", 1),
    "a contact record of one number without end": lambda f: f["contact_I"].__setitem__(
        (1, slice(None)), np.inf
    ),
    "a stop before the crossing": cell("contact_stopped", 0),
    "an event of every site at once": cell("event_site", 1, slice(None)),
    "events backwards": lambda f: f["event_t"].__setitem__(slice(None), f["event_t"][:][::-1]),
    "events near the largest": cell("event_t", 1.7e308, slice(None)),
    "events of ends of steps only": cell("event_code", 7, slice(None)),
    "a session near the largest": cell("session_t_offset", 1.7e308, 0),
    "a session in the far future": cell("session_started_at", b"9999-12-31T23:59:59+00:00", 0),
    "a session without a time zone": cell("session_started_at", b"2026-01-01T00:00:00", 0),
    "a stopped run": cell("state", b"stopped", 0),
    "a running run that is closed": cell("state", b"running", 0),
    "a state in capitals": cell("state", b"COMPLETE", 0),
    "an event that is none": cell("event_code", 60_000, slice(None)),
    "an event of a site that is none": cell("event_site", 2**31 - 1, slice(None)),
    "an event of a site below zero": cell("event_site", -(2**31), slice(None)),
    "an event at no time": cell("event_t", np.nan, slice(None)),
    "an event at a time without end": cell("event_t", np.inf),
    "an event at a row below zero": cell("event_row", -(2**63), slice(None)),
    "events that say nothing": cell("event_msg", b"", slice(None)),
    "events for a terminal": cell("event_msg", TERMINAL.encode(), slice(None)),
    "ends of steps that are none": cell(
        "event_msg", b"step 99999999999999999999999 ended by time, charge 1e999 C", slice(None)
    ),
    "ends of steps without charge": cell(
        "event_msg", b"step 0 ended by time, charge many C", slice(None)
    ),
    "a session at no time": cell("session_t_offset", np.nan, 0),
    "a session without end": cell("session_t_offset", np.inf, 0),
    "a session in words": cell("session_started_at", b"yesterday", 0),
    "a session from another site on": cell("session_first_site", 2**32 - 1, 0),
    # What is said of the columns.
    "a unit that is a number": attribute("units", 3.0, "E_nuc"),
    "a unit for a terminal": attribute("units", TERMINAL, "E_nuc"),
    "another unit": attribute("units", "furlong", "E_nuc"),
    "a name that is a number": attribute("long_name", np.arange(9), "E_nuc"),
    "codes in words": attribute("flag_values", "x", "status"),
    "codes without meanings": without_attribute("flag_meanings", "status"),
    "more meanings than codes": attribute("flag_meanings", "a " * 9999, "E_nuc_status"),
    "codes of fractions": attribute("flag_values", np.array([np.nan, 1.5]), "E_nuc_status"),
    "references to dimensions that are words": attribute("DIMENSION_LIST", "x", "I"),
    "a scale in words for xarray": attribute("scale_factor", "x", "I"),
    "a scale of nothing for xarray": attribute("scale_factor", 0.0, "I"),
    "times of xarray": attribute("units", "days since the flood", "t"),
}
