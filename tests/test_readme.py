"""What the README shows of Python works, and what Python shows of itself is what is meant."""

from __future__ import annotations

import pydoc
import re
from pathlib import Path
from typing import Any, get_args

import matplotlib as mpl
import numpy as np
import pytest
from command_lines import a_plan
from small_scan import small_scan

import seccm
from seccm.events import Event, RunStopped
from seccm.units import show

mpl.use("Agg")
README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_snippets_of_the_readme_work_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """On a scan of two sites, and but for raw samples, which this rig has none of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(seccm, "load_plan", lambda name: small_scan(2, 1))
    names: dict[str, Any] = {}
    import h5py
    import xarray as xr

    names |= {"h5py": h5py, "xr": xr}
    ran = 0
    for snippet in SNIPPETS:
        code = compile(snippet.replace("site(12)", "site(1)"), "README.md", "exec")
        if "scan.raw" not in snippet:
            exec(code, names)
            ran += 1
    assert ran >= 3
    names["growing"].close()
    names["data"].close()
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1].startswith("Run complete")
    assert any(
        re.match(r"site 1: contact at z = \d\d\.\d+ um, overtravel ", line) for line in printed
    )
    import matplotlib.pyplot as plt

    assert len(plt.gca().lines[0].get_xdata()) > 0
    plt.close("all")


def test_every_event_prints_one_plain_line(tmp_path: Path):
    """Also where a title or a reason has several lines."""
    plan = small_scan(2, 1)
    seen = {}
    run = seccm.run(plan, path=tmp_path / "a.h5", faults=("no-surface@site=1",))
    for event in run:
        line = str(event)
        assert line.strip() == line
        assert len(line.splitlines()) == 1
        assert type(event).__name__ not in line
        assert "row" not in line
        seen[type(event)] = event
        if hasattr(event, "site") and event.site >= 0:
            assert line.startswith(f"site {event.site}: ")
    assert RunStopped in seen
    landed = next(event for kind, event in seen.items() if kind.__name__ == "Landed")
    assert show(landed.landing.z_crossing, "m", 5) in str(landed)
    for kind in get_args(Event):
        assert "__str__" in vars(kind), kind


def test_a_text_of_several_lines_stays_on_one():
    for kind, fields in (
        ("Note", {"row": 1, "site": -1, "text": "a\nb"}),
        ("RunStopped", {"row": 1, "status": "stopped", "reason": "x\r\ny"}),
        ("Paused", {"row": 1, "why": "one\ntwo"}),
    ):
        from seccm import events

        assert "\n" not in str(getattr(events, kind)(**fields))


def test_the_package_shows_what_it_is_for():
    shown = dir(seccm)
    assert set(seccm.__all__) <= set(shown)
    assert not [name for name in shown if name.startswith("_") and not name.startswith("__")]
    page = pydoc.plain(pydoc.render_doc(seccm))
    for name in ("run(", "resume(", "open(", "load_plan(", "check(", "analyze("):
        assert name in page


def test_codes_have_names(tmp_path: Path):
    path = tmp_path / "a.h5"
    list(seccm.run(a_plan(tmp_path), path=path, faults=("no-surface@site=1",)))
    with seccm.open(path) as scan:
        status = scan.sites["status"]
        words = scan.sites.words("status")
        assert [seccm.Outcome(int(code)).words for code in status] == words.tolist()
        assert words[0] == "ok"
        assert words[1].startswith("no contact")
        results = scan.sites["E_half_status"]
        told = scan.sites.words("E_half_status")
        np.testing.assert_array_equal(told[results == seccm.Status.NOT_MEASURED], "not measured")
        assert told[1] == "not measured"
        with pytest.raises(KeyError, match="holds no codes"):
            scan.sites.words("E_half")
        with pytest.raises(KeyError, match="no column"):
            scan.sites.words("E_quarter")
        assert words.tolist() == scan.sites.words("status").tolist()
        assert (scan.sites.to_pandas()["status"] == seccm.Outcome.OK).sum() == 2
