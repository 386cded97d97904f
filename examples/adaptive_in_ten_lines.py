"""Let each site decide the next one: at which current density does the potential reach -60 mV?"""

from example_plan import small_plan

import seccm


class Bisection:
    """Halves a range of current densities by the lowest potential of each site."""

    total = 4

    def __init__(self, plan: seccm.Plan) -> None:
        self.plan, self.places = plan, [(site.x, site.y) for site in plan.sites()]
        self.low, self.high, self.done = -30.0, -5.0, 0

    def tell(self, finished: seccm.Finished) -> None:
        """Take the results of a site."""
        self.done += 1
        found = finished.result("E_far")
        if found.status.trusted and found.value < -0.06:
            self.low = finished.factors["j"]
        else:
            self.high = finished.factors["j"]

    def ask(self) -> seccm.Site | None:
        """Return the next site; None to end the scan."""
        if self.done == self.total:
            return None
        x, y = self.places[self.done]
        return self.plan.site(x, y, {"j": (self.low + self.high) / 2})


plan = small_plan()
planner = Bisection(plan)
for event in seccm.run(plan, path="adaptive.h5", seed=1, planner=planner):
    if isinstance(event, seccm.SiteFinished):
        print(event, f"now between {planner.low:.1f} and {planner.high:.1f} A/m^2")
