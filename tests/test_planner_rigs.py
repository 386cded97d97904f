"""The same seed asks for the same sites, whichever rig carries them out; and planners that fail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from planned_runs import Scripted, halving, places
from small_scan import small_scan
from typer.testing import CliRunner
from ui_windows import small_plan
from waiting import HANGING

import seccm
import seccm.session
from seccm.cli.commands import app
from seccm.plan import Plan
from seccm.plan.planner import KINDS, Finished, PlannerKind, PlannerSpec
from seccm.session import replan
from sim.truth import Truth
from sim.world import World

RIGS = ("virtual", "virtual-nidaq")
LAW: dict[str, Any] = {
    "kind": "gaussian process", "learn": [{"result": "Q"}], "first": 2, "stop": {"sites": 4},
    "vary": [{"factor": "j", "between": ["-1 mA/cm^2", "-4 mA/cm^2"], "scale": "logarithmic"}],
    "places": "any", "seed": 7,
}  # fmt: skip
PLAN = small_scan(3, 2, planner=LAW, design={}, factors={"j": ["-1 mA/cm^2"]})


def asked(path: Path) -> list[tuple[float, float, float]]:
    """Where the sites of a file are, and at which level."""
    with seccm.open(path) as scan:
        planned = scan.planned.values()
        levels = scan.sites["factor_j"].tolist()
        return [(site.x, site.y, j) for site, j in zip(planned, levels, strict=True)]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One plan with one seed on two rigs."""
    folder, found = tmp_path_factory.mktemp("rigs"), []
    for rig in RIGS:
        found.append(folder / f"{rig}.h5")
        with seccm.session.run(PLAN, rig, path=found[-1], seed=2) as run:
            assert not [e for e in run if isinstance(e, seccm.Paused)]
    return found


def test_what_is_asked_for_before_any_result_is_the_same_on_every_rig(runs: list[Path]) -> None:
    one, other = map(asked, runs)
    assert len(one) == len(other) == 4
    assert one[:2] == other[:2]


def test_a_planner_that_is_told_the_same_decides_the_same_on_every_rig(runs: list[Path]) -> None:
    """It knows the plan, its seed and the results; nothing of the rig reaches it."""
    plans = set()
    for path in runs:
        with seccm.open(path) as scan:
            plans.add(scan.plan_json)
        found = replan(path)
        assert [one.off for one in found.asked] == pytest.approx([0.0] * 4, abs=1e-9)
        given = [(one.wanted.x, one.wanted.y) for one in found.asked]
        assert given == [site[:2] for site in asked(path)]
    assert len(plans) == 1


def test_decisions_that_noise_does_not_turn_are_the_same_on_every_rig(tmp_path: Path) -> None:
    plan = small_scan()
    for rig in RIGS:
        planner = Scripted(halving(plan))
        run = seccm.session.run(plan, rig, path=tmp_path / f"{rig}.h5", seed=1, planner=planner)
        assert not [e for e in run if isinstance(e, seccm.Paused)]
    one, other = (asked(tmp_path / f"{rig}.h5") for rig in RIGS)
    assert one == other
    assert len(one) == 3


# ------------------------------------------------------------- planners that fail, in whole runs


class Spec(PlannerSpec):
    """Says how its planner goes wrong after the first site."""

    kind: Literal["wrong"] = "wrong"
    how: str

    @property
    def thinking(self) -> float:
        """Hardly any time."""
        return 0.5


class Wrong:
    """A planner that goes wrong when it was told of a site."""

    total = None

    def __init__(self, spec: Spec, plan: Plan) -> None:
        self.spec, self.plan, self.done = spec, plan, 0

    def tell(self, finished: Finished) -> None:
        """Count."""
        self.done += 1

    def ask(self) -> seccm.Site:
        """Return the first site; then fail."""
        (x, y), *_ = places(self.plan)
        if self.done:
            x, y = WRONG[self.spec.how][0](x, y)
        return self.plan.site(x, y, {"j": -10.0})


LET_GO = threading.Event()
"""A planner that hangs goes on when its test is over."""


@pytest.fixture
def let_go() -> Iterator[None]:
    LET_GO.clear()
    yield
    LET_GO.set()


def _hang(x: float, y: float) -> tuple[float, float]:
    LET_GO.wait(HANGING)
    return x, y


WRONG: dict[str, tuple[Callable[[float, float], tuple[float, float]], str]] = {
    "hangs": (_hang, "The planner has not answered within"),
    "used ground": (lambda x, y: (x + 1e-6, y), "is on used ground: site 0"),
}


@pytest.mark.usefixtures("let_go")
@pytest.mark.parametrize("how", WRONG)
def test_at_the_command_line_a_planner_that_fails_leaves_one_landing_and_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    worlds = list[Truth]()
    made = World.__init__

    def keep(self: World, *args: Any, **named: Any) -> None:
        made(self, *args, **named)
        worlds.append(self.truth)

    monkeypatch.setattr(World, "__init__", keep)
    KINDS.register(PlannerKind("wrong", Spec, Wrong))
    plan, file = small_plan(tmp_path, 2, 1, factors__j=["-1 mA/cm^2"]), tmp_path / "scan.h5"
    table = f'\n[planner]\nkind = "wrong"\nhow = "{how}"\n'
    plan.write_text(plan.read_text(encoding="utf-8") + table, encoding="utf-8")
    said = CliRunner().invoke(app, ["run", str(plan), "-o", str(file)])
    assert said.exit_code == 1, said.output
    words = " ".join(said.output.split())
    assert "Paused: The planner" in words
    assert WRONG[how][1] in words
    assert "seccm resume" in words
    truth = worlds[-1]
    assert len(truth.landings) == 1, "never a second landing"
    assert truth.crashes == []
    with seccm.open(file) as scan:
        assert scan.state == "stopped"
        assert scan.sites["status"].tolist() == [seccm.Outcome.OK]
        z = scan.record(0).z
        assert float(z[-1]) > float(z.min()) + 1e-6, "the tip is up"
