"""Writes the page that lists every key of a rig file, from the schemas by which they are checked.

`python -m seccm.keys.rig_page > docs/rig-keys.md` makes it again; a test compares the two.
"""

from __future__ import annotations

from seccm.key_tables import markdown
from seccm.keys.rig_files import rig_tables

HEAD = """\
# Every key of a rig file

A rig file says what is wired where. Begin with a copy of `configs/rigs/nidaq.toml`, which is
commented ([how a rig file is written](how-to/rig-file.md)). This page lists every key, for each
kind of rig; it is made by `python -m seccm.keys.rig_page`. `seccm help KEY` says the same.

- *takes*: an example of a quantity shows its unit.
- *allowed*: the bounds of a value, where there are any.
- *if left out*: what is then taken. "needed": the key must be there. "-": it may be left out.
- `NAME` in the head of a table is a name of your choice, or the letter of an axis.

Besides these kinds, a package of your own may bring others ([how](extending/rig.md)). Such a file
has a table `[potentiostat]` where a device of its own drives the cell
([how](extending/potentiostat.md)).
"""


def page() -> str:
    """Return the page, as Markdown."""
    parts = [HEAD]
    for kind, tables in rig_tables().items():
        parts += [f'## `kind = "{kind}"`', "", markdown(tables, 3, f" ({kind})")]
    return "\n".join(parts)


if __name__ == "__main__":
    print(page(), end="")
