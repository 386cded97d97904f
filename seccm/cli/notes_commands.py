"""`seccm notes`: what is told once of an experiment, and stored in every file that is begun."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from seccm.cli.exits import sentences
from seccm.cli.printing import facts, out, say


def _option(words: str) -> Any:
    return typer.Option(help=words, show_default=False)


def notes(
    operator: Annotated[str | None, _option("Who measures.")] = None,
    electrolyte: Annotated[str | None, _option("What is in the pipette.")] = None,
    pipette: Annotated[str | None, _option("Which pipette: number, glass, puller.")] = None,
    resistance: Annotated[str | None, _option('Of the pipette in solution: "50 Mohm".')] = None,
    conductivity: Annotated[str | None, _option('Of that solution: "1.3 S/m".')] = None,
    half_angle: Annotated[str | None, _option('Of the cone inside the tip: "5 deg".')] = None,
    temperature: Annotated[str | None, _option("Of the room or cell.")] = None,
    humidity: Annotated[str | None, _option("Around the droplet.")] = None,
    gas: Annotated[str | None, _option("Around the droplet.")] = None,
    remark: Annotated[str | None, _option("Whatever else should be known.")] = None,
    of: Annotated[
        Path | None, _option("Show or change the notes in this data file, whose run is over.")
    ] = None,
) -> None:
    """Tell the notes of an experiment: kept from now on, stored in each new file.

    Without an option, the notes are shown. An empty text takes one out: --gas "". With --of, those
    in a file: what was there before, and when it was changed, is written down in it.
    """
    from seccm.data import open_scan
    from seccm.data.notes import of_file
    from seccm.session import notes as kept
    from seccm.units import show

    given = {
        "operator": operator, "electrolyte": electrolyte, "pipette": pipette,
        "resistance": resistance, "conductivity": conductivity, "half_angle": half_angle,
        "temperature": temperature, "humidity": humidity, "gas": gas, "remark": remark,
    }  # fmt: skip
    with sentences():
        changed = {name: text for name, text in given.items() if text is not None}
        if of is not None and changed:
            found = kept.amend(of, changed)
        elif of is not None:
            with open_scan(of) as scan:
                found = of_file(scan.header.extra)
        else:
            found = kept.change(changed) if changed else kept.kept()
        radius = None if "radius" in found else kept.radius(found)
    if not found:
        words = '--operator NAME --electrolyte "..."'
        file = f"--of {of} " if of is not None else ""
        say(f"Nothing is noted. Begin with: seccm notes {file}{words}")
        return
    rows = [(name.replace("_", " "), text) for name, text in found.items()]
    if radius is not None:
        rows.append(("radius", f"{show(radius, 'm', 3)}, from the resistance"))
    out.print(facts(rows), soft_wrap=True)
