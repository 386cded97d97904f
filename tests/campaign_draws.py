"""Random plans, rigs, faults and disturbances of a campaign: each a function of one `Random`."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any, Literal

from every_method import SHORT, every_step
from nidaq_bench import RIG_FILE

from seccm.plan import Plan, load_plan
from seccm.quantities import read_toml
from sim.daqmx.behind import UNKNOWN
from sim.faults import KNOWN

Table = dict[str, Any]


def um(metres: float) -> str:
    """A length as a plan has it."""
    return f"{metres * 1e6:.4f} um"


# Plans: the shipped ones, cut down to a few sites of some tenths of a second.


def draw_plan(rng: Random) -> Plan:
    """One of the shipped plans with its own kind of contact, few sites and short steps."""
    name = rng.choice(list(CUTS))
    shipped = _shipped(name)
    cut, pitch = CUTS[name]
    sites = {
        "kind": "grid",
        "columns": rng.randint(1, 3),
        "rows": rng.randint(1, 2),
        "pitch": um(pitch),
        "origin": [um(rng.uniform(10e-6, 40e-6)), um(rng.uniform(10e-6, 50e-6))],
        "order": rng.choice(["raster", "serpentine"]),
    }
    tables: Table = {
        **shipped,
        "title": f"cut {name}",
        "sites": sites,
        "travel": {"speed": "50 um/s", "settle": "25 ms"},
        "retract": {**shipped["retract"], "speed": rng.choice(["10 um/s", "20 um/s"])},
        "on_no_contact": _retries(rng, pitch),
        "budget": {"consecutive": rng.randint(1, 5), "total": rng.randint(2, 9)},
    }
    cut(rng, tables)
    confirm, forgiven = rng.choice([1, 3, 5]), rng.choice([0, 1, 3])
    tables["approach"] = {**tables["approach"], "confirm": confirm, "false_contacts": forgiven}
    return Plan.from_dict(tables, source="campaign")


@cache
def _loaded(name: str) -> Table:
    return load_plan("redox-cv-map" if name == "every method" else name).to_dict()


def _shipped(name: str) -> Table:
    return copy.deepcopy(_loaded(name))


def _retries(rng: Random, pitch: float) -> Table:
    match rng.randrange(4):
        case 0:
            return {"then": "stop"}
        case 1 | 2:
            shift = um(pitch / 4)
            return {"then": "retry", "retries": rng.randint(1, 2), "shift": shift}
        case _:
            return {"then": "skip"}


def _cut_screen(rng: Random, tables: Table) -> None:
    """Galvanostatic plating at one density or two."""
    many = rng.random() < 0.5
    count = tables["sites"]["columns"] if many else 1
    for key in ("factors", "design"):
        tables.pop(key)
    density = "-1 mA/cm^2"
    if many and count > 1:
        tables["factors"] = {"j": [f"-{k + 1} mA/cm^2" for k in range(count)]}
        tables["design"] = {"assign": rng.choice(["columns", "shuffled"])}
        density = "$j"
    plating: Table = {"step": "constant current", "current_density": density}
    plating["duration"] = rng.choice(["60 ms", "300 ms"])
    tables["program"] = [plating]
    if rng.random() < 0.3:
        plating["until"] = {"potential_below": "1 V", "after": "20 ms"}
    if rng.random() < 0.3:
        tables["program"].append({"step": "open circuit", "duration": "80 ms"})
    if rng.random() < 0.3:
        strip = {"step": "constant current", "current_density": "1 mA/cm^2", "duration": "50 ms"}
        tables["program"].append(strip)


def _cut_charge(rng: Random, tables: Table) -> None:
    """The listed conditions, each much shorter."""
    tables["sites"] |= {"columns": 3, "rows": 1, "origin": ["12 um", um(rng.uniform(12e-6, 60e-6))]}
    conditions = [
        {"j": "-0.78 mA/cm^2", "t": "300 ms"},
        {"j": "-2 mA/cm^2", "t": "100 ms"},
        {"j": "-3.82 mA/cm^2", "t": "50 ms"},
    ]
    tables["design"] |= {"conditions": conditions, "repeats": 1, "seed": rng.randrange(99)}


def _cut_lithium(rng: Random, tables: Table) -> None:
    """A sweep or two from the potential of the approach."""
    tables["sites"]["columns"] = min(tables["sites"]["columns"], 2)
    tables["approach"] |= {"settle": "100 ms"}
    cv = {"step": "cv", "start": "1.47 V", "vertices": ["1.2 V"], "cycles": 1}
    tables["program"] = [{**cv, "scan_rate": "4 V/s"}]
    if rng.random() < 0.4:
        hold = {"step": "constant potential", "potential": "1.47 V", "duration": "50 ms"}
        tables["program"].insert(0, hold)


def _cut_redox(rng: Random, tables: Table) -> None:
    """Some of all kinds of steps, at a wave of a dissolved couple."""
    tables["approach"] |= {"speed": "0.4 um/s", "travel": "6 um"}
    if rng.random() < 0.4:
        rise = {"kind": "current rise", "rise": "1.5 pA", "polarity": "anodic"}
        tables["approach"]["contact"] = rise
    steps: list[Table] = [
        {
            "step": "cv",
            "start": "-0.25 V",
            "vertices": ["0.25 V"],
            "cycles": 1,
            "scan_rate": "5 V/s",
        },
        {"step": "lsv", "start": "-0.25 V", "stop": "0.25 V", "scan_rate": "2 V/s"},
        {"step": "constant potential", "potential": "0.25 V", "duration": "100 ms"},
        {"step": "open circuit", "duration": "60 ms"},
        {"step": "constant current", "current": "2 pA", "duration": "50 ms"},
    ]
    chosen = rng.sample(steps, rng.randint(1, 3))
    if rng.random() < 0.3:
        chosen = [{"step": "repeat", "times": 2, "program": chosen[:2]}]
    tables["program"] = chosen


def _cut_methods(rng: Random, tables: Table) -> None:
    """One to three steps of any kinds there are, at a wave of a dissolved couple."""
    _cut_redox(rng, tables)
    steps = rng.sample(every_step(), rng.randint(1, 3))
    pulses = [step for step in steps if step["step"] == "gitt"]
    current = [{"step": "constant current", **SHORT["constant current"]} for _ in pulses]
    tables["program"] = [*(s for s in steps if s not in pulses), *current, *pulses]


CUTS = {
    "li-on-au-combinatorial": (_cut_screen, 15e-6),
    "li-on-au-constant-charge": (_cut_charge, 32e-6),
    "li-on-au-cv": (_cut_lithium, 32e-6),
    "redox-cv-map": (_cut_redox, 6.5e-6),
    "every method": (_cut_methods, 6.5e-6),
}


# Rigs.


def draw_virtual(rng: Random, plan: Plan) -> Table:
    """The table of a virtual rig: a sample that is tilted and drifts, noise, lengths of blocks."""
    tilt = rng.choice([0.0, 0.003, 0.008])
    # Above the highest corner, and above the longest drop that may hang.
    lowest = 50e-6 + 75e-6 * tilt + 0.3 * plan.probe.aperture
    return {
        "longest_block": rng.choice([3, 17, 64, 256, 2048]),
        "stage": {
            "start_z": um(lowest + rng.uniform(0.5e-6, 3e-6)),
            "noise": rng.choice(["0 nm", "1 nm", "3 nm"]),
        },
        "surface": {
            "tilt_x": rng.uniform(-tilt, tilt),
            "tilt_y": rng.uniform(-tilt, tilt) / 2,
            "bumps_per_area": rng.choice([0.0, 3e10]),
        },
        "drift": {f"steady_{axis}": f"{rng.uniform(-1, 1):.3f} nm/s" for axis in "xyz"},
        "meniscus": {"pendant": rng.uniform(0.25, 0.45)},
        "electrometer": {
            "hum": rng.choice(["0 pA", "0.2 pA"]),
            "potential_noise": rng.choice(["0.1 mV", "0.4 mV", "2 mV"]),
        },
    }


def draw_card(rng: Random, plan: Plan) -> Table:
    """The table of a rig with a virtual card."""
    table = read_toml(RIG_FILE)
    virtual = draw_virtual(rng, plan)
    virtual.pop("longest_block")
    table["virtual"] = virtual
    table["stop"]["block"] = rng.choice(["5 ms", "10 ms", "20 ms"])
    return table


# What goes wrong.


def draw_faults(rng: Random, *, card: bool = False) -> tuple[str, ...]:
    """None, one or two of all the faults there are, beginning anywhere."""
    names = [name for name in KNOWN if not (card and name in UNKNOWN)]
    return tuple(_fault(rng, rng.choice(names)) for _ in range(rng.choice([0, 1, 1, 2, 2])))


def _fault(rng: Random, name: str) -> str:
    values: dict[str, str] = {
        "site": str(rng.randrange(4)),
        "at": f"{rng.uniform(0.0, 8.0):.4f} s",
        "for": rng.choice(["2 ms", "10 ms", "100 ms"]),
        "after": f"{10 ** rng.uniform(-3.5, 0.0):.6f} s",
        "within": rng.choice(["100 ms", "2 s", "60 s"]),
        "rows": rng.choice(["1", "3", "100"]),
        "amplitude": f"{rng.uniform(0.5, 30.0):.2f} pA",
        "every": rng.choice(["50 ms", "1 s", "5 s"]),
        "speed": f"{rng.uniform(-10.0, 10.0):.2f} nm/s",
    }
    arguments = [
        f"{key}={values[key]}" for key in KNOWN[name] if key == "speed" or rng.random() < 0.5
    ]
    return f"{name}@{','.join(arguments)}".rstrip("@")


Kind = Literal["verb", "read", "apply", "write", "close"]
VERBS = ("pause", "resume", "skip", "stop", "halt", "emergency")


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Something that a person, a rig or a disk does in the midst of a run."""

    kind: Kind
    """A verb; an error out of `read`, `apply` or the file; or the run is dropped by its caller."""
    what: str
    """The verb, or the name of the error."""
    when: int
    """At which event if `at_event`, else at which call of its kind."""
    at_event: bool = False


def draw_disturbances(rng: Random) -> tuple[Disturbance, ...]:
    """None, one or two of them."""
    return tuple(_disturbance(rng) for _ in range(rng.choice([0, 1, 1, 2])))


def _disturbance(rng: Random) -> Disturbance:
    kind: Kind = rng.choice(["verb", "verb", "verb", "verb", "read", "apply", "write", "close"])
    # Long blocks are few: half of all happens early.
    when = round(10 ** rng.uniform(0.0, 2.5))
    match kind:
        case "verb":
            at_event = rng.random() < 0.5
            when = rng.randint(1, 45) if at_event else when
            return Disturbance(kind, rng.choice(VERBS), when, at_event)
        case "read" | "apply":
            error = rng.choice(["RigError", "KeyboardInterrupt", "MemoryError"])
            return Disturbance(kind, error, when if kind == "read" else rng.randint(1, 60))
        case "write":
            return Disturbance(kind, rng.choice(["OSError", "MemoryError"]), rng.randint(1, 40))
        case "close":
            return Disturbance(kind, "", rng.randint(1, 45), at_event=True)
