"""Let Optuna choose the sites: at which current density does the potential reach -60 mV?

Needs `pip install optuna` (MIT). Optuna counts what it draws; a run that is resumed counts again.
So a study is made for each question, from what was told and a seed, and the same sites follow.
"""

from dataclasses import replace

import optuna
from example_plan import small_plan

import seccm
from seccm.plan.decision import Decision

State = optuna.trial.TrialState
optuna.logging.set_verbosity(optuna.logging.WARNING)


class WithOptuna:
    """Has Optuna minimise a number that is made of the results of each site.

    Args:
        plan: of the run; its places are used in their order.
        ranges: the two ends of each factor, in SI.
        cost: makes the number of a finished site; NaN where it has none.
        total: how many sites there are.
        seed: of what Optuna draws.
    """

    def __init__(self, plan, ranges, cost, total, seed=0):
        self.plan, self.cost, self.total, self.seed = plan, cost, total, seed
        self.places = [(site.x, site.y) for site in plan.sites()]
        self.ranges = {
            name: optuna.distributions.FloatDistribution(*sorted(ends))
            for name, ends in ranges.items()
        }
        self.told = []

    def tell(self, finished):
        """Take a site in, also one without a result: its place is used."""
        self.told.append(finished)

    def study(self):
        """Return a study that knows every site so far."""
        sampler = optuna.samplers.TPESampler(seed=self.seed + len(self.told), n_startup_trials=3)
        study = optuna.create_study(sampler=sampler)
        for finished in self.told:
            value = self.cost(finished)
            failed = value != value  # NaN
            study.add_trial(
                optuna.trial.create_trial(
                    state=State.FAIL if failed else State.COMPLETE,
                    params={name: finished.factors[name] for name in self.ranges},
                    distributions=self.ranges,
                    value=None if failed else value,
                )
            )
        return study

    def ask(self):
        """Return the next site, and why."""
        done = len(self.told)
        if done == self.total:
            return Decision(f"{done} sites are done, as many as were wanted.")
        x, y = self.places[done]
        levels = self.study().ask(self.ranges).params
        reason = Decision(f"Optuna, trial {done}.", seed=self.seed)
        return replace(self.plan.site(x, y, levels), decision=reason)


def off(finished):
    """Return how far the lowest potential is from -60 mV."""
    found = finished.result("E_far")
    return abs(found.value + 0.06) if found.status.trusted else float("nan")


plan = small_plan()
planner = WithOptuna(plan, {"j": (-30.0, -5.0)}, off, total=4)
run = seccm.run(plan, path="optuna.h5", seed=1, planner=planner)
for event in run:
    if isinstance(event, seccm.SiteFinished):
        print(event)
    if isinstance(event, seccm.Paused):  # the planner failed, and says how
        print(event)
        run.ask("stop")
if planner.told:
    print(f"best: {planner.study().best_params['j']:.1f} A/m^2")
