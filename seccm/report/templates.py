"""The templates of report pages, which share one look."""

from __future__ import annotations

import jinja2


def template(name: str) -> jinja2.Template:
    """Return a template of this package; what is put into it is escaped.

    Args:
        name: of its file.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("seccm.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=False,
    )
    return environment.get_template(name)
