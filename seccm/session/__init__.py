"""A run from its plan to its file: the wiring of plan, rig, engine, store and analysis.

Headless runs, scripts and the command line all come through here.
"""

from seccm.session.analysing import Analysed, analyze
from seccm.session.checking import check
from seccm.session.importing import import_file
from seccm.session.making import default_name, resume, run
from seccm.session.past import what_ran
from seccm.session.running import Events, Run

__all__ = [
    "Analysed",
    "Events",
    "Run",
    "analyze",
    "check",
    "default_name",
    "import_file",
    "resume",
    "run",
    "what_ran",
]
