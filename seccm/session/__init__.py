"""A run from its plan to its file: the wiring of plan, rig, engine, store and analysis.

Headless runs, scripts and the command line all come through here.
"""

from seccm.session.analysing import Analysed, analyze
from seccm.session.areas import Areas, take_areas
from seccm.session.checking import check
from seccm.session.film_rates import rates_by_condition
from seccm.session.films import join_film, view_film, view_site
from seccm.session.importing import import_file
from seccm.session.making import default_name, resume, run
from seccm.session.micrographs import (
    census_of,
    count_particles,
    join_particles,
    look_for_particles,
    write_count,
)
from seccm.session.overlays import lay_over
from seccm.session.past import what_ran
from seccm.session.replanning import Replanned, replan
from seccm.session.running import Events, Run
from seccm.session.simulated_micrographs import draw_micrograph, simulate_micrographs
from seccm.session.targets import find_targets

__all__ = [
    "Analysed",
    "Areas",
    "Events",
    "Replanned",
    "Run",
    "analyze",
    "census_of",
    "check",
    "count_particles",
    "default_name",
    "draw_micrograph",
    "find_targets",
    "import_file",
    "join_film",
    "join_particles",
    "lay_over",
    "look_for_particles",
    "rates_by_condition",
    "replan",
    "resume",
    "run",
    "simulate_micrographs",
    "take_areas",
    "view_film",
    "view_site",
    "what_ran",
    "write_count",
]
