"""A plan of a few seconds for the other examples: four sites, two current densities."""

import seccm


def small_plan() -> seccm.Plan:
    """Return the shipped screen cut down to 2 x 2 sites with steps of half a second."""
    tables = seccm.load_plan("li-on-au-combinatorial").to_dict()
    tables["title"] = "Four sites"
    tables["sites"] = {"kind": "grid", "columns": 2, "rows": 2, "pitch": "15 um",
                       "origin": ["15 um", "15 um"]}  # fmt: skip
    tables["factors"] = {"j": ["-1 mA/cm^2", "-3 mA/cm^2"]}
    tables["design"] = {"assign": "columns"}
    tables["travel"] = {"speed": "50 um/s", "settle": "25 ms"}
    tables["retract"] = {"distance": "8 um", "speed": "20 um/s"}
    step = {"step": "constant current", "current_density": "$j", "duration": "0.5 s"}
    tables["program"] = [step]
    return seccm.Plan.from_dict(tables)
