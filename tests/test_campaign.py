"""A short campaign; the long one is `python tests/campaign.py --runs 2000 --seed 1`."""

from __future__ import annotations

from pathlib import Path
from random import Random

import campaign_witnesses
import pytest
from campaign import command, play, scan
from campaign_draws import CUTS, Disturbance, draw_disturbances, draw_faults, draw_plan
from campaign_scan import Scan, Session
from small_scan import small_scan

from seccm.conductor.safety import Safety
from seccm.events import Landed
from seccm.rig import SafeReport
from seccm.rigs import RigFile
from sim.faults import KNOWN

SEEDS = {"scan": 16, "manual": 32, "coarse": 16, "commissioning": 40, "nidaq": 2}


@pytest.mark.glass  # a clogged or blind pipette may meet a surface that is not known yet
@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("story", SEEDS)
def test_truth_events_and_file_agree_whatever_goes_wrong(story: str, part: int):
    for seed in range(part, SEEDS[story], 4):
        wrong = play(story, seed)
        assert not wrong, "\n".join([f"play it again: {command(story, seed)}", *wrong])


def undisturbed(path: Path) -> tuple[Scan, Session]:
    """A scan in which nothing goes wrong, and what was seen of it."""
    story = Scan(small_scan(2, 1), RigFile("clean", {"kind": "virtual"}), (), (), 1, path)
    (session,) = story.carry_out()
    return story, session


def found(story: Scan, session: Session) -> list[str]:
    """Everything that the witnesses find wrong."""
    return [
        *campaign_witnesses.of_events(session),
        *campaign_witnesses.of_truth(story, session),
        *campaign_witnesses.of_contacts(story, session),
        *campaign_witnesses.of_file(story, session, story.path),
    ]


def test_the_witnesses_agree_where_nothing_goes_wrong(tmp_path: Path):
    story, session = undisturbed(tmp_path / "scan.h5")
    assert found(story, session) == []
    assert story.finished
    assert sum(isinstance(event, Landed) for event in session.heard) == 2
    assert len(session.depths) == 2


def test_each_witness_that_lies_is_found_out(tmp_path: Path):
    """What is taken away, added or changed in one of them is missed in the others."""
    story, session = undisturbed(tmp_path / "scan.h5")
    heard, rows = list(session.heard), list(session.rows)
    touches = list(session.truth.landings)
    landed = next(event for event in heard if isinstance(event, Landed))

    def lies(words: str) -> None:
        assert any(words in wrong for wrong in found(story, session)), words
        story.after.clear()
        session.heard, session.rows = list(heard), list(rows)
        session.truth.landings[:] = touches

    session.heard.pop()
    lies("0 RunStopped")
    session.heard.remove(landed)
    lies("is ok without a landing")
    session.truth.landings.pop(0)
    lies("a landing was said that never happened")
    session.truth.landings.append(touches[0])
    lies("landed twice")
    session.rows.remove(next(b for b in rows if b.stop > landed.landing.row + 20))
    lies("rows are missing or doubled")
    session.off = False
    lies("the cell was left on")
    session.off, session.height = True, 60e-6
    lies("the tip was left at 60.00 um")
    session.height = session.top
    session.depths[0] = 1e-6
    lies("1000 nm past contact")


def test_a_commissioning_that_leaves_the_cell_on_or_moves_the_tip_is_found_out(monkeypatch):
    def idle(safety: Safety, why: str) -> SafeReport:
        return SafeReport(True, True, False, "Nothing was done.")

    driven = range(90_000_000, 90_000_020)
    assert not any(play("commissioning", seed) for seed in driven)
    monkeypatch.setattr(Safety, "hold", idle)
    left_on = [wrong for seed in driven for wrong in play("commissioning", seed)]
    assert "the cell was left on" in left_on
    monkeypatch.setattr(Safety, "hold", lambda safety, why: safety.retract(why))
    moved = [wrong for seed in driven for wrong in play("commissioning", seed)]
    assert any(wrong.startswith("the tip moved from 58.000") for wrong in moved)


def test_a_seed_plays_the_same_story_again(tmp_path: Path):
    folders = [tmp_path / "a", tmp_path / "b"]
    told = []
    for folder in folders:
        folder.mkdir()
        told.append(list(scan(5, folder)))
    assert told[0] == told[1]
    files = [(folder / "scan.h5").stat().st_size for folder in folders]
    assert files[0] == files[1]


def test_every_fault_verb_and_kind_of_plan_has_its_turn():
    rng = Random(0)
    faults = {fault.partition("@")[0] for _ in range(200) for fault in draw_faults(rng)}
    assert faults == set(KNOWN)
    drawn: list[Disturbance] = [one for _ in range(300) for one in draw_disturbances(rng)]
    assert {one.kind for one in drawn} == {"verb", "read", "apply", "write", "close"}
    verbs = {one.what for one in drawn if one.kind == "verb"}
    assert verbs == {"pause", "resume", "skip", "stop", "halt", "emergency"}
    plans = [draw_plan(rng) for _ in range(60)]
    assert {plan.title for plan in plans} == {f"cut {name}" for name in CUTS}
    assert len({plan.approach.contact.kind for plan in plans}) == 3
