"""Let BayBE choose the sites: look for the current density at which the potential gets lowest.

Needs `pip install baybe` (Apache-2.0; it brings PyTorch). A campaign is made for each question,
from what was told and a seed: a run that is resumed asks for the same sites.
"""

from dataclasses import replace

import pandas as pd
from baybe import Campaign
from baybe.objectives import SingleTargetObjective
from baybe.parameters import NumericalContinuousParameter
from baybe.searchspace import SearchSpace
from baybe.targets import NumericalTarget
from baybe.utils.random import set_random_seed
from example_plan import small_plan

import seccm
from seccm.plan.decision import Decision


class WithBaybe:
    """Has BayBE look for the least value of a result.

    Args:
        plan: of the run; its places are used in their order.
        ranges: the two ends of each factor, in SI.
        result: the name of its column, such as E_nuc.
        total: how many sites there are.
        seed: of what BayBE draws.
    """

    def __init__(self, plan, ranges, result, total, seed=0):
        self.plan, self.result, self.total, self.seed = plan, result, total, seed
        self.places = [(site.x, site.y) for site in plan.sites()]
        self.ranges = ranges
        self.told = []

    def tell(self, finished):
        """Take a site in, also one without a result: its place is used."""
        self.told.append(finished)

    def campaign(self):
        """Return a campaign that knows every site with a number."""
        parameters = [
            NumericalContinuousParameter(name=name, bounds=tuple(sorted(ends)))
            for name, ends in self.ranges.items()
        ]
        target = NumericalTarget(name=self.result, minimize=True)
        campaign = Campaign(
            searchspace=SearchSpace.from_product(parameters),
            objective=SingleTargetObjective(target=target),
        )
        known = [one for one in self.told if one.result(self.result).status.trusted]
        if known:
            rows = [
                {**{name: one.factors[name] for name in self.ranges},
                 self.result: one.result(self.result).value}
                for one in known
            ]  # fmt: skip
            campaign.add_measurements(pd.DataFrame(rows))
        return campaign

    def ask(self):
        """Return the next site, and why."""
        done = len(self.told)
        if done == self.total:
            return Decision(f"{done} sites are done, as many as were wanted.")
        set_random_seed(self.seed + done)
        row = self.campaign().recommend(batch_size=1).iloc[0]
        x, y = self.places[done]
        reason = Decision(f"BayBE, recommendation {done}.", seed=self.seed)
        levels = {name: float(row[name]) for name in self.ranges}
        return replace(self.plan.site(x, y, levels), decision=reason)


plan = small_plan()
planner = WithBaybe(plan, {"j": (-30.0, -5.0)}, "E_far", total=4)
run = seccm.run(plan, path="baybe.h5", seed=1, planner=planner)
for event in run:
    if isinstance(event, seccm.SiteFinished):
        print(event)
    if isinstance(event, seccm.Paused):  # the planner failed, and says how
        print(event)
        run.ask("stop")
if planner.told:
    best = min(planner.told, key=lambda one: one.result("E_far").value)
    print(f"best: {best.factors['j']:.1f} A/m^2")
