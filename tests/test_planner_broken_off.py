"""A site that was broken off is the one exception: all others are those of an undisturbed run."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from planted_screens import RANGE, nucleation, planner_of, screen

from seccm.events import Outcome
from seccm.plan import Plan
from seccm.plan.decision import Decision
from seccm.plan.planner import Finished
from seccm.plan.site import Site
from seccm.results import Value

BISECTION = {
    "kind": "bisection", "factor": "j", **RANGE, "result": "t_nuc",
    "result_scale": "logarithmic", "target": "2 s", "stop": {"sites": 6},
}  # fmt: skip
PROCESS = {
    "kind": "gaussian process", "vary": [{"factor": "j", **RANGE}],
    "learn": [{"result": "E_nuc"}], "first": 2, "stop": {"sites": 6},
}  # fmt: skip
MAP = {**PROCESS, "places": "any", "first": 3, "batch": 2}
LABELS = ["north", "middle", "south"]
REGIONS = {"regions": {"labels": LABELS, "positions": [[0.0, 0.0], [5e-3, 0.0], [5e-3, 1e-2]]}}
PLANS = {
    "bisection": screen(BISECTION, 4, 3),
    "repeats": screen({**PROCESS, "repeats": 2}, 4, 3),
    "batch": screen({**PROCESS, "batch": 2}, 4, 3),
    "by place": screen(
        {**PROCESS, "vary": [], "regions": "by place", "repeats": 2}, 5, 2, **REGIONS
    ),
}  # fmt: skip


class Told:
    """A run that is told what a sample without scatter between its places yields."""

    def __init__(self, plan: Plan) -> None:
        self.planner, self.every = planner_of(plan), list[Site]()
        self.done, self.lost = list[Site](), list[Site]()

    def ask(self) -> Site | None:
        """The next site; None where there is none."""
        asked = self.planner.ask()
        self.end = asked.reason if isinstance(asked, Decision) else ""
        return asked if isinstance(asked, Site) else None

    def tell(self, site: Site, outcome: Outcome = Outcome.OK, *, person: bool = False) -> None:
        """Say what came of a site."""
        law = nucleation(scatter=0.0, limit=1e9, quiet=0.0)
        results = dict(law(site, np.random.default_rng(0)))
        off = LABELS.index(site.region) if site.region else 0
        results["E_nuc"] = Value(results["E_nuc"].value - 0.1 * off, 1e-4)
        self.every.append(site)
        (self.done if outcome is Outcome.OK else self.lost).append(site)
        told = {} if outcome is Outcome.ABORTED else results
        ended = 20.0 * len(self.every)
        self.planner.tell(Finished(site, outcome, None, told, ended, instructed=person))


def run(plan: Plan, kills: tuple[int, ...] = ()) -> Told:
    """Carry a run to its end; each number breaks off the site that would be that of the run."""
    left, made = Counter(kills), Told(plan)
    while (site := made.ask()) is not None:
        broken = left[len(made.done)] > 0
        left[len(made.done)] -= broken
        made.tell(site, Outcome.ABORTED if broken else Outcome.OK)
    return made


def where(site: Site) -> tuple[str, float, float]:
    """The place of a site."""
    return site.region, site.x, site.y


def reason(site: Site) -> str:
    """Why a site was asked for."""
    return "" if site.decision is None else site.decision.reason


# During the first design, twice at one level, and at a decision.
KILLS = (0, 3, 3, 5)


@pytest.mark.parametrize("name", PLANS)
def test_only_the_site_that_was_broken_off_is_elsewhere(name: str) -> None:
    whole, again = run(PLANS[name]), run(PLANS[name], KILLS)
    assert len(again.lost) == len(KILLS)
    assert len({where(site) for site in again.every}) == len(again.every), "no place twice"
    for turn, (mine, other) in enumerate(zip(again.done, whole.done, strict=True)):
        assert mine.levels == other.levels
        assert mine.region == other.region
        assert (where(mine) == where(other)) == (turn not in KILLS)
        assert ("which was broken off" in reason(mine)) == (turn in KILLS)
    assert again.end == whole.end, "and it ends as it would have ended"
    assert again.planner.total == 6 + len(KILLS)


def test_where_all_places_are_needed_one_level_less_is_measured() -> None:
    """That which would have been at the place that took the place of the lost one."""
    plan = screen({**PROCESS, "first": 6, "stop": {}}, 3, 2)
    whole, again = run(plan), run(plan, (1,))
    assert (len(whole.done), len(again.done)) == (6, 5)
    assert where(again.done[1]) == where(whole.done[5])
    for turn in (0, 2, 3, 4):
        assert where(again.done[turn]) == where(whole.done[turn])
        assert again.done[turn].levels == whole.done[turn].levels
    assert again.end == whole.end == "All 6 places of the plan are used."


@pytest.mark.parametrize("kills", [(1,), (3,), (1, 2), (2, 6), (4,)])
def test_regions_in_their_order_keep_all_but_their_last_places(kills: tuple[int, ...]) -> None:
    """One site less fits into a region, and nobody has to go back to it."""
    plan = screen({**PROCESS, "first": 12, "stop": {}}, 4, 1, **REGIONS)
    whole, again = run(plan), run(plan, kills)
    regions = [site.region for site in again.every]
    assert regions == sorted(regions, key=LABELS.index)
    assert len({where(site) for site in again.every}) == 12
    lasts = {where(site) for site in whole.done if site.ix >= 4 - len(kills)}
    for turn, (mine, other) in enumerate(zip(again.done, whole.done, strict=False)):
        assert mine.levels == other.levels
        if turn not in kills and where(other) not in lasts:
            assert where(mine) == where(other)


def test_a_region_that_a_kill_has_used_up_gives_way_to_another_one() -> None:
    """Its places are used; those of the others are not."""
    plan = screen({**PROCESS, "vary": [], "regions": "by place", "first": 3}, 1, 1, **REGIONS)
    again = run(plan, (0,))
    assert {site.region for site in again.every} == set(LABELS)
    assert again.end == "All 3 places of the plan are used."


def test_what_a_person_wanted_and_a_kill_broke_off_moves_no_site_of_the_planner() -> None:
    plan = screen({**PROCESS, "first": 6}, 4, 3)
    whole = run(plan)
    again = Told(plan)
    while (site := again.ask()) is not None:
        if len(again.done) == 2 and not again.lost:
            again.tell(whole.done[2], Outcome.ABORTED, person=True)
            continue
        again.tell(site)
    places = [where(site) for site in map(plan_site(plan), (0, 1, 3, 4, 5, 6))]
    assert [where(site) for site in again.done] == places
    assert [site.levels for site in again.done] == [site.levels for site in whole.done]


def plan_site(plan: Plan) -> Any:
    """Gives a place of a plan by its number."""
    return plan.sites().__getitem__


@pytest.mark.parametrize(("lost", "sites"), [(1, 2), (3, 5)])
def test_on_a_map_it_is_the_nearest_free_place(lost: int, sites: int) -> None:
    """In the first design, and as the first of a batch, whose second one stays."""
    plan = screen({**MAP, "stop": {"sites": sites}}, 3, 2)
    whole, again = run(plan), run(plan, (lost,))
    broken, instead = again.lost[0], again.done[lost]
    assert instead.levels == broken.levels
    free = {where(site) for site in plan.sites()} - {where(s) for s in again.every[: lost + 1]}
    nearest = min(math.dist(place[1:], where(broken)[1:]) for place in free)
    assert math.dist(where(instead)[1:], where(broken)[1:]) == pytest.approx(nearest)
    assert len({where(site) for site in again.every}) == sites + 1
    for turn, (mine, other) in enumerate(zip(again.done, whole.done, strict=True)):
        assert mine.levels == other.levels
        assert (where(mine) == where(other)) == (turn != lost)
