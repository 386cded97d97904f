"""Why a scan must pause before its next site: a wet tip, a surface that is gone, many failures."""

from __future__ import annotations

from dataclasses import dataclass

from seccm.events import Outcome
from seccm.hopping.terrain import Terrain
from seccm.plan.way_words import TIP


@dataclass(frozen=True, slots=True)
class Budget:
    """How many sites may fail before the scan pauses and asks for a human."""

    consecutive: int = 5
    total: int = 15


class Doubts:
    """What has piled up against going on since a person was last asked.

    Args:
        budget: how many failures pause the scan.
        terrain: what is known of the surface; told that a person was asked.
        look: what that person is to do where many sites have failed.
    """

    def __init__(self, budget: Budget, terrain: Terrain, look: str = TIP.look) -> None:
        self._budget, self._terrain, self._look = budget, terrain, look
        self._consecutive = self._total = 0
        self._wet = False

    def note(self, outcome: Outcome, *, wet: bool) -> None:
        """Take note of how a site ended.

        Args:
            outcome: of the site.
            wet: whether the tip was not seen to have left the surface after it.
        """
        self._wet = wet
        if outcome.failed:
            self._consecutive += 1
            self._total += 1
        elif outcome is Outcome.OK:
            self._consecutive = 0

    def words(self) -> str:
        """Return why the scan must pause, in sentences, or nothing; what was said counts again."""
        return " ".join(filter(None, (self._still_wet(), self._no_surface(), self._spent())))

    def _still_wet(self) -> str:
        """Return why the tip must not travel after a site whose circuit never opened, or nothing.

        The next site looks at the circuit again before the tip travels to it.
        """
        wet, self._wet = self._wet, False
        if not wet:
            return ""
        return (
            "The circuit is closed even with the tip at the top. Look for liquid on the pipette. "
            "Resume looks again, and travels only with an open circuit."
        )

    def _no_surface(self) -> str:
        """Return why the scan must pause after descents that missed the surface, or nothing."""
        terrain = self._terrain
        if not terrain.in_doubt:
            return ""
        missed = terrain.missed
        terrain.asked()
        if not terrain.known:
            return (
                f"{missed} descents without contact, no surface known yet: clogged, dry, wrong "
                "polarity, or too high? Check the pipette. "
                "Resume uses the full travel once more."
            )
        # Landings that stand alone may have been on particles.
        deeper = "deeper" if terrain.lone else "no deeper"
        return (
            f"No contact at the known surface, {missed} times: clogged, dry, or wrong polarity? "
            f"Resume goes {deeper}. Stepped sample: start a run with a larger surface_margin."
        )

    def _spent(self) -> str:
        """Return why the scan must pause after too many failures, or nothing; resets it."""
        consecutive, total = self._consecutive, self._total
        if consecutive < self._budget.consecutive and total < self._budget.total:
            return ""
        self._consecutive = self._total = 0
        return (
            f"{consecutive} sites in succession and {total} in total have failed; the plan allows "
            f"{self._budget.consecutive} and {self._budget.total}. {self._look}."
        )
