"""What runs of the shipped plans gave before: samples bit for bit, and every stored result.

`same_as_before.json` holds a checksum of the samples of small runs on the virtual rig, and the
results of every site. A change of the program that is not meant to change them leaves them alone.
What was meant to change is taken again with

    python tests/same_as_before.py [samples] [results]

which says what is different, and stores the new values of what is named: of results of which the
definition has changed, or of samples after a change of the virtual world.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import seccm
from seccm.data import Scan
from seccm.data.layout import SAMPLE_COLUMNS, sample_dataset
from seccm.plan import Plan, load_plan

STORED = Path(__file__).with_suffix(".json")
SEEDS = (1, 20)
FEW: dict[str, dict[str, dict[str, Any]]] = {
    "li-on-au-combinatorial": {"sites": {"columns": 1, "rows": 8, "leave_out": []}},
    "li-on-au-constant-charge": {"sites": {"columns": 3, "rows": 1}, "design": {"repeats": 1}},
    "li-on-au-cv": {"sites": {"columns": 2, "rows": 1}},
    "redox-cv-map": {"sites": {"columns": 2, "rows": 2, "origin": [40e-6, 44e-6]}},
}
"""Which keys of each shipped plan are others, so that it has few sites: of every condition, and
of clean and stained places."""
RUNS = [f"{name}, seed {seed}" for name in FEW for seed in SEEDS]


def few_sites(name: str) -> Plan:
    """Return a shipped plan with a few of its sites."""
    plan = load_plan(name)
    tables = plan.to_dict()
    return plan.replace(**{table: {**tables[table], **keys} for table, keys in FEW[name].items()})


def given(run: str, folder: Path) -> dict[str, Any]:
    """Carry out a run, and return the checksum of its samples and the results of its sites."""
    name, _, seed = run.partition(", seed ")
    path = folder / f"{run}.h5"
    for _ in seccm.run(few_sites(name), "virtual", path=path, seed=int(seed)):
        pass
    with seccm.open(path) as scan:
        assert scan.state == "complete"
        return {"samples": samples(scan), "results": results(scan)}


def samples(scan: Scan) -> str:
    """Return a checksum of all columns of all samples, as they are stored."""
    total = hashlib.sha256()
    for column in SAMPLE_COLUMNS:
        stored = scan._file[sample_dataset(column.name)][:]
        total.update(np.ascontiguousarray(stored, "<" + column.dtype).tobytes())
    return total.hexdigest()


def results(scan: Scan) -> dict[str, list[float | None]]:
    """Return value, uncertainty and status of each result of each site; None is NaN."""
    names = [f"{column.name}{end}" for column in scan.features for end in ("", "_err", "_status")]
    return {
        name: [None if math.isnan(value) else value for value in scan.sites[name].tolist()]
        for name in (*names, "quality", "status")
    }


def differences(then: dict[str, Any], now: dict[str, Any], exact: bool = True) -> Iterator[str]:
    """Yield what is not as it was, in words.

    Args:
        then: what was given before.
        now: what is given.
        exact: whether the bits of samples count; else they may differ, and results by a thousandth.
    """
    if exact and then["samples"] != now["samples"]:
        yield "samples"
    for name in sorted({*then["results"], *now["results"]}):
        pair = (then["results"].get(name), now["results"].get(name))
        if pair[0] is None or pair[1] is None:
            yield f"{name}: {'new' if pair[0] is None else 'gone'}"
            continue
        was, become = (np.array(values, float) for values in pair)
        # The last bits of a sum also hang on where its numbers lie in memory.
        close = {"rtol": 1e-9, "atol": 0.0} if exact else {"rtol": 1e-3}
        same = np.isclose(was, become, **close)
        for site in np.flatnonzero(~(same | (np.isnan(was) & np.isnan(become)))).tolist():
            yield f"{name} of site {site}: {was[site]!r} before, {become[site]!r} now"


def arithmetic() -> str:
    """Return a checksum of what this machine's mathematics gives in the last bit."""
    x = np.linspace(0.01, 20.0, 20_000)
    parts = [np.exp(-x), np.log(x), np.sin(x), np.tanh(x), np.sinh(x), np.sqrt(x), x**1.7]
    parts.append(np.array([math.exp(-v) + math.log(v) + math.sin(v) for v in x.tolist()]))
    return hashlib.sha256(np.concatenate(parts).tobytes()).hexdigest()


def main(renewed: list[str]) -> int:
    """Say what is different from before, and store what is named."""
    before = json.loads(STORED.read_text("utf-8")) if STORED.exists() else {}
    stored = {"arithmetic": arithmetic(), "runs": {}}
    different = 0
    with tempfile.TemporaryDirectory() as folder:
        for run in RUNS:
            now = given(run, Path(folder))
            then = before.get("runs", {}).get(run, {"samples": "", "results": {}})
            for words in differences(then, now):
                print(f"{run}: {words}")
                different += 1
            stored["runs"][run] = {part: (now if part in renewed else then)[part] for part in then}
    print(f"{different} differences")
    if renewed:
        text = json.dumps(stored, indent=1)
        # A line for each result, and not for each number of it.
        text = re.sub(r"\[[^\[\]]*\]", lambda found: " ".join(found[0].split()), text)
        STORED.write_text(text + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
