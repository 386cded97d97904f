"""How Sphinx builds the site: `make docs`, into build/docs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from seccm.cli.commands_page import page as commands_page  # noqa: E402

# The commands say of themselves what they do: this page is made again each time.
(HERE / "reference" / "commands.md").write_text(commands_page(), encoding="utf-8")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

project = "seccm"
author = "the seccm developers"
copyright = "the seccm developers"
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["gallery_src", "gallery/sg_execution_times.rst", "sg_execution_times.rst"]
suppress_warnings = ["config.cache"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4

autodoc_typehints = "none"
autodoc_member_order = "groupwise"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
default_role = "code"

nitpicky = True
# Types in docstrings are prose; links between pages and anchors are what has to be right.
nitpick_ignore_regex = [("py:.*", ".*")]

html_theme = "pydata_sphinx_theme"
html_title = "seccm"
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
}

sphinx_gallery_conf = {
    "examples_dirs": "gallery_src",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/plot_",
    "download_all_examples": False,
    "remove_config_comments": True,
    "min_reported_time": 1e9,
    "write_computation_times": False,
}


def setup(app: object) -> None:
    """Take the first line of an attribute as prose: napoleon takes "Of what: this" for a type."""
    app.connect("autodoc-process-docstring", _prose, priority=100)  # type: ignore[attr-defined]


def _prose(
    app: object, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    lines[:] = [line.replace("|", r"\|") for line in lines]  # a bar is no substitution
    if what in ("attribute", "property", "data") and lines:
        lines.insert(0, "")
