"""One conductor reads every rig: nothing else in the program does, and no story can go without it.

That a rig is read, driven and made safe in one place is looked up in the source.
"""

from __future__ import annotations

import ast
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from little_world import LittleWorld, a_site
from small_scan import small_scan

import seccm
from seccm.conductor.conductor import Conductor, StoppedError
from seccm.conductor.opening import look_at, make_safe_alone, open_at_rest, open_for_motion
from seccm.conductor.safety import Leaving, Safety
from seccm.errors import PlanError, RigError
from seccm.events import Note
from seccm.hopping.course import OFF, Course, Steps
from seccm.rig import Block, Constant, Drive, Freeze, Move, Rig, SafeReport
from seccm.rigs import build_rig, load_rig

HOME = Path(seccm.__file__).parent
SEAM = HOME / "rig"
"""A rig that is put together from parts passes on what it is asked; that is no story."""
PROGRAM = [
    path
    for path in (*HOME.rglob("*.py"), *(HOME.parent / "ui").rglob("*.py"))
    if SEAM not in path.parents
]
UM = 1e-6

OPENING, CONDUCTOR = "seccm/conductor/opening.py", "seccm/conductor/conductor.py"
SAFETY = "seccm/conductor/safety.py"
WHO_MAY = {
    "open": {OPENING},
    "start": {CONDUCTOR},
    "read": {CONDUCTOR},
    "apply": {CONDUCTOR},
    "safe": {SAFETY, OPENING},
}
"""Which files call a method of a rig."""


def calls_of_rigs(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of each call of a rig's method, told by what is annotated or named as a rig."""
    tree = ast.parse(source)
    rigs = {"rig", "_rig", "built", "card", "opened_rig"}
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign):
            what = ast.unparse(node.annotation) if node.annotation else ""
            target = node.arg if isinstance(node, ast.arg) else ast.unparse(node.target)
            if what in ("Rig", "Rig | None"):
                rigs.add(target.rpartition(".")[2])
        if isinstance(node, ast.Assign) and "build_rig(" in ast.unparse(node.value):
            rigs |= {ast.unparse(target).rpartition(".")[2] for target in node.targets}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in WHO_MAY:
            of = ast.unparse(node.value).rpartition(".")[2]
            if of in rigs or of.startswith(("build_rig(", "build(")):
                yield node.lineno, node.attr


def test_only_the_conductor_opens_reads_drives_and_makes_safe():
    found: dict[str, set[str]] = {name: set() for name in WHO_MAY}
    for path in PROGRAM:
        where = path.relative_to(HOME.parent).as_posix()
        for _, name in calls_of_rigs(path.read_text(encoding="utf-8")):
            found[name].add(where)
    assert found == WHO_MAY


@pytest.mark.parametrize(
    "source",
    [
        "def f(rig): rig.read()",
        "class A:\n  def f(self): self._rig.apply(1)",
        "def f(other: Rig): other.start()",
        "def f(self): self.stage: Rig = x; self.stage.safe('why')",
        "mine = build_rig(file)\nmine.open()",
        "build_rig(file).open()",
        "def f(rig): read = rig.read",
    ],
)
def test_a_call_of_a_rig_is_seen_however_it_is_written(source: str):
    assert list(calls_of_rigs(source))


class Truthful(LittleWorld):
    """The little world, and all that it was told to do."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[str] = []

    def open(self):  # type: ignore[no-untyped-def]
        self.log.append("open")
        return super().open()

    def start(self, *, raw: bool = False) -> None:
        self.log.append("start")
        super().start(raw=raw)

    def safe(self, why: str, *, retract: bool = True, by: float = float("inf")) -> SafeReport:
        self.log.append(f"safe {'up' if retract else 'held'}: {why}")
        return super().safe(why, retract=retract, by=by)

    def close(self) -> None:
        self.log.append("close")
        super().close()


def drive(course: Course) -> Steps[int]:
    yield from course.next(Drive("current", Constant(-1e-9)))
    course.tell(Note(course.row, -1, "driven"))
    yield from course.next(OFF)
    return course.row


def test_a_story_is_read_shown_fed_and_applied_in_order():
    rig, seen = Truthful(), []
    conductor = Conductor(
        rig,
        show=lambda block: seen.append("rows"),
        tell=lambda event: seen.append(event.text if isinstance(event, Note) else ""),
        applied=lambda action: seen.append(type(action).__name__),
    )
    with conductor.driving("a test", open_at_rest, retract=False):
        row = conductor.carry_out(drive)
    assert row > 0
    assert seen == ["rows", "Drive", "rows", "driven", "Drive", "rows"]
    assert rig.log == ["open", "start", "safe held: end of a test", "close"]


@pytest.mark.parametrize("retract", [True, False])
@pytest.mark.parametrize(
    "error",
    [RigError("x", "y", "z."), ValueError("no"), KeyboardInterrupt(), PlanError("plan", [])],
)
def test_whatever_ends_a_story_the_rig_is_made_safe_and_let_go_of(
    error: BaseException, retract: bool
):
    rig = Truthful()
    conductor = Conductor(rig)
    with (
        pytest.raises(type(error)) as raised,
        conductor.driving("a test", open_at_rest, retract=retract),
    ):
        raise error
    assert rig.log[-2:] == [f"safe {'up' if retract else 'held'}: a test was cut short", "close"]
    assert raised.value.__notes__


@pytest.mark.parametrize("retract", [True, False])
def test_who_stops_a_story_has_the_rig_safe_before_the_story_hears_of_it(retract: bool):
    rig = Truthful()
    conductor = Conductor(rig, show=lambda block: conductor.stop("asked", retract=retract))
    with (
        pytest.raises(StoppedError, match="Asked") as raised,
        conductor.driving("a test", open_at_rest, retract=True),
    ):
        conductor.carry_out(drive)
    first, *_ = [line for line in rig.log if line.startswith("safe")]
    assert first.startswith("safe up" if retract else "safe held")
    assert raised.value.report.retracted == retract
    assert rig.log[-1] == "close"


def test_an_emergency_during_an_emergency_is_not_lost():
    rig, lifted = Truthful(), []
    again = iter([True])

    def show(block: Block) -> None:
        if next(again, False):
            conductor.stop("emergency retract", retract=True)

    def told(report: SafeReport) -> None:
        lifted.append(report)
        if len(lifted) == 1:
            conductor.stop("emergency retract", retract=True)

    conductor = Conductor(rig, show=show, lifted=told)
    open_at_rest(rig)
    conductor.start()
    with pytest.raises(StoppedError):
        conductor.next_block()
    assert conductor.stopping
    with pytest.raises(StoppedError):
        conductor.next_block()
    assert not conductor.stopping
    assert len(lifted) == 2


def test_a_weaker_demand_never_takes_the_place_of_an_emergency():
    rig = Truthful()
    conductor = Conductor(rig)
    conductor.stop("emergency retract", retract=True)
    conductor.stop("halt")
    open_at_rest(rig)
    conductor.start()
    with pytest.raises(StoppedError) as stopped:
        conductor.next_block()
    assert stopped.value.retract


def test_what_the_rig_refuses_leaves_the_events_that_came_after_it():
    rig = Truthful()
    conductor = Conductor(rig)
    open_at_rest(rig)
    conductor.start()
    note = Note(0, -1, "afterwards")
    out = (Move("z", 1.0, 1 * UM), note, Freeze("never"))
    with pytest.raises(RigError):
        conductor.turn(lambda block: out)
    assert conductor.unsaid() == (note,)
    assert conductor.unsaid() == ()


def test_somebody_makes_the_rig_safe_if_no_block_comes_and_nobody_else_does_it_again():
    rig, lifted = Truthful(), []
    came = threading.Event()

    def told(report: SafeReport) -> None:
        lifted.append(report)
        came.set()

    safety = Safety(rig, lambda: Leaving(a_site(), 3 * UM), told)
    open_at_rest(rig)
    safety.watch("emergency retract", retract=True, patience=0.0)
    assert came.wait(20.0)
    report = safety.lift(None)
    assert [line for line in rig.log if "up" in line] == [
        "safe up: emergency retract; the rig is silent"
    ]
    assert report.retracted
    assert report.drive_off
    assert len(lifted) == 2


def test_who_has_begun_to_make_the_rig_safe_is_not_helped():
    rig = Truthful()
    safety = Safety(rig)
    safety.watch("halt", retract=False, patience=60.0)
    before = [thread for thread in threading.enumerate() if thread.name == "make safe"]
    safety.end()
    for thread in before:
        thread.join(20.0)
        assert not thread.is_alive()
    assert rig.log == []


# Opening.


def a_rig() -> Rig:
    return build_rig(load_rig("virtual"), small_scan(1, 1).mounted, seed=1)


def test_a_rig_is_opened_for_motion_only_with_a_plan_that_it_can_carry_out():
    plan = small_scan(1, 1)
    fast = plan.replace(approach={**plan.to_dict()["approach"], "speed": "100 um/s"})
    rig = a_rig()
    with pytest.raises(PlanError, match="may go"):
        open_for_motion(rig, fast)
    with pytest.raises(RigError):
        rig.start()
    with (
        pytest.raises(PlanError, match="may go"),
        Conductor(a_rig()).driving("a test", lambda rig: open_for_motion(rig, fast), retract=True),
    ):
        raise AssertionError("nothing is driven")
    problems = look_at(a_rig(), fast).problems
    assert "error" in {problem.severity for problem in problems}
    rig = a_rig()
    opened = open_for_motion(rig, plan)
    assert {problem.severity for problem in opened.problems} <= {"warning"}
    rig.start()
    rig.close()


def test_a_rig_that_nobody_uses_is_lifted_to_the_top_and_let_go_of():
    rig = a_rig()
    report = make_safe_alone(rig, "emergency retract")
    assert report.retracted
    assert report.at_top
    with pytest.raises(RigError):
        rig.start()
