"""How a way speaks of itself: what stands on buttons, is answered, and is said when a run ends.

Each kind of way has such words, see `seccm.plan.ways.WayKind`. The window, the command line, the
log and whoever else speaks of a run take them from there: where nothing moves, nobody is told of a
tip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seccm.rig import SafeReport

_ASKED = {
    "pause": "Pausing: the site is finished first, then the run waits with its tip up.",
    "resume": "Resuming with the next site.",
    "skip": "Skipping: the site is given up, the tip retracts, the next site follows.",
    "stop": "Stopping: the site is given up, the tip retracts, the file is closed.",
    "halt": "Halting: everything is frozen where it is, the cell is off.",
    "emergency": "Emergency retract: the tip leaves the surface, and the run ends.",
}
_ASKED_OF_ELECTRODES = {
    "pause": "Pausing: the electrode is finished first, then the run waits, cell off.",
    "resume": "Resuming with the next electrode.",
    "skip": "Skipping: the electrode is given up, the next one follows.",
    "stop": "Stopping: the electrode is left, the cell is off, the file is closed.",
    "halt": "Halting: the cell is off, and the run ends.",
    "emergency": "Emergency: the cell is off, and the run ends.",
}


@dataclass(frozen=True, slots=True)
class WayWords:
    """What is said of runs that come to their places in one way; those of a tip by default."""

    tip: bool = True
    """Whether there is a tip to speak of."""
    pause: str = "Pause after site"
    """The button after which a run waits between two of its places."""
    skip: str = "Skip site"
    """The button that leaves one of them out."""
    stop: str = "Stop and retract"
    """The button that ends a run as soon as its site is left."""
    emergency: str = "EMERGENCY RETRACT"
    """The button that ends it at once, in two words: a narrow one has two lines."""
    urgent: str = "emergency retract"
    """Why the rig is made safe then."""
    ending: str = "the pipette retracts"
    """What happens when a run is stopped."""
    asked: Mapping[str, str] = field(default_factory=lambda: _ASKED)
    """What is answered to each request of `seccm.hopping.life`, in a sentence."""
    reached: str = "contact"
    """What a site at which the measurement began is counted as."""
    landings: str = "landings"
    """What these are called together; empty where they are the sites that are ok."""
    look: str = "Check the tip"
    """What a person is to do before a run goes on."""
    unknown: str = "The tip may be down"
    """What has to be feared of a rig of which nothing is heard."""
    by_itself: str = "stops and retracts"
    """What a run does that cannot write any more."""
    lost: str = "check the rig, and raise the tip at the stage controller"
    """What a person is to do whose program has gone."""
    safe: str = "Tip up, cell off"
    """What an emergency comes to, where everything went well."""
    remedy: str = "Raise the tip at the controller of the stage, and disconnect the cell."
    """What a person is to do where it did not."""

    def made_safe(self, report: SafeReport) -> bool:
        """Tell whether a rig is as an emergency should leave it."""
        up = report.retracted or not self.tip
        return report.frozen and report.drive_off and up

    def ended(self, why: str, report: SafeReport) -> str:
        """Return what is said of a rig that was made safe at the end of a run, in sentences.

        Args:
            why: it was.
            report: of the rig, which knows of its stage alone.
        """
        if not self.tip and self.made_safe(report):
            return f"{why}: cell off."
        return report.words


TIP = WayWords()
"""Of a way in which a tip moves."""
ELECTRODE = WayWords(
    tip=False,
    pause="Pause after electrode",
    skip="Skip electrode",
    stop="Stop and cell off",
    emergency="EMERGENCY OFF",
    urgent="emergency",
    ending="the cell is switched off",
    asked=_ASKED_OF_ELECTRODES,
    reached="measured",
    landings="",
    look="Check the connections",
    unknown="The cell may be on",
    by_itself="stops and switches the cell off",
    lost="check the rig, and disconnect the cell",
    safe="Cell off",
    remedy="Disconnect the cell.",
)
"""Of a way in which nothing moves."""
