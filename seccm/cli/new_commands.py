"""`seccm new` and `seccm plan-of`: the file of a plan, from a few answers or from a data file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seccm.cli.exits import sentences
from seccm.cli.given_answers import answered
from seccm.cli.printing import say
from seccm.errors import PlanError, Problem, SeccmError
from seccm.shell import command
from seccm.typography import counted

if TYPE_CHECKING:
    from seccm.plan.starting import Question

Few = list[str] | None
_NEW = "new plan"


def _option(words: str) -> Any:
    return typer.Option(help=words, show_default=False)


def new(
    file: Annotated[Path, typer.Argument(help="The plan to write (.toml); it may not be there.")],
    method: Annotated[str, _option("cv, lsv, 'constant potential' or 'constant current'.")] = "",
    like: Annotated[
        str, _option("Copy this plan, with its comments: a file or a name. Asks nothing.")
    ] = "",
    title: Annotated[str, _option("What the scan is called.")] = "",
    sample: Annotated[str | None, _option("What is mounted.")] = None,
    aperture: Annotated[str | None, _option('Of the pipette, such as "1 um".')] = None,
    columns: Annotated[int | None, _option("Of the grid.")] = None,
    rows: Annotated[int | None, _option("Of the grid.")] = None,
    pitch: Annotated[str | None, _option('Distance between sites, such as "10 um".')] = None,
    low: Annotated[str | None, _option("Lowest potential of a sweep.")] = None,
    high: Annotated[str | None, _option("Highest potential of a sweep.")] = None,
    scan_rate: Annotated[Few, _option("May be given more than once: then it varies.")] = None,
    cycles: Annotated[int | None, _option("Of a cv.")] = None,
    potential: Annotated[Few, _option("Held; may be given more than once.")] = None,
    current: Annotated[Few, _option("Held; may be given more than once.")] = None,
    duration: Annotated[str | None, _option("How long it is held.")] = None,
    threshold: Annotated[str | None, _option("Current at which the contact is seen.")] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing: take the usual value of what is not given.")
    ] = False,
) -> None:
    """Write a first plan: asks a few questions, or takes options. Never replaces a file.

    Answers may come through a pipe, a line for each question; an empty line is the usual answer.
    """
    from seccm.plan.starting import METHODS, Start, questions

    given = {
        "sample": sample, "aperture": aperture, "columns": columns, "rows": rows, "pitch": pitch,
        "low": low, "high": high, "scan_rate": scan_rate, "cycles": cycles,
        "potential": potential, "current": current, "duration": duration, "threshold": threshold,
    }  # fmt: skip
    with sentences():
        _must_be_new(file)
        if like:
            said = {"method": method or None, "title": title or None, **given}
            if several := [name for name, one in said.items() if one not in (None, [])]:
                what = "is not taken where a plan is copied with --like."
                remedy = "Leave it out, and change it in the copy."
                raise PlanError(
                    _NEW,
                    [Problem(f"--{name.replace('_', '-')}", what, remedy) for name in several],
                )
            from seccm.plan.library import find_plan
            from seccm.quantities import toml_text

            _write(file, toml_text(find_plan(like)))
            return
        if not method and not yes:
            method = answered(f"Method ({', '.join(METHODS)})", "cv", _no_method, of=_NEW)
        if (wrong := _no_method(method or "cv")) is not None:
            raise PlanError(_NEW, [Problem("method", wrong)])
        chosen = next(one for one in METHODS if one == (method or "cv"))
        known = questions(chosen)
        usual: dict[str, Any] = {}
        if chosen == "constant current":
            usual = {"sample": "li-on-au", "aperture": "6 um", "pitch": "15 um"}
        foreign = [name for name, one in given.items() if one is not None
                   and name not in {question.name for question in known}]  # fmt: skip
        if foreign:
            what = f"does not belong to the method {chosen}."
            raise PlanError(_NEW, [Problem(f"--{n.replace('_', '-')}", what) for n in foreign])
        answers = {
            one.name: _answer(one, given[one.name], usual.get(one.name, one.default), asks=not yes)
            for one in known
        }
        _write(file, Start(chosen, title or file.stem, **answers).text())


def plan_of(
    file: Annotated[Path, typer.Argument(help="A data file (.h5).")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The plan to write; by default FILE with .toml."),
    ] = None,
) -> None:
    """Write the plan of a data file as a file, to run it again or to change it."""
    from seccm.data import open_scan
    from seccm.plan import Plan
    from seccm.plan.written import toml_text_of, written_tables

    target = output if output is not None else file.with_suffix(".toml")
    with sentences():
        _must_be_new(target)
        with open_scan(file) as scan:
            text = scan.header.plan_json
            if not text:
                raise SeccmError(f"{file} holds no plan: it was imported.")
            plan = Plan.from_json(text, source=f"the plan of {file}")
        head = f"# The plan of {file.name}, with what it read from other files.\n"
        _write(target, head + toml_text_of(written_tables(plan)))


def _no_method(text: str) -> str | None:
    from seccm.plan.starting import METHODS

    if text in METHODS:
        return None
    return (
        f"{text!r} is not one of: {', '.join(METHODS)}. "
        "For other methods, copy a shipped plan: seccm new FILE --like NAME."
    )


def _answer(question: Question, given: Any, usual: Any, *, asks: bool) -> Any:
    """Return what an option or a person says, or what is usual."""
    if given is not None:
        return tuple(given) if isinstance(given, list) else given
    if not asks:
        return usual
    from seccm.plan.starting import wrong

    several = isinstance(usual, tuple)

    def found(text: str) -> tuple[Any, ...]:
        parts = [part.strip() for part in text.split(",")] if several else [text]
        if question.unit == "count":
            return tuple(int(part) if part.isdecimal() else part for part in parts)
        return tuple(parts)

    def why(text: str) -> str | None:
        return next((no for one in found(text) if (no := wrong(question, one)) is not None), None)

    default = ", ".join(usual) if several else str(usual)
    texts = found(answered(question.words, default, why, of=_NEW))
    return texts if several else texts[0]


def _must_be_new(file: Path) -> None:
    if file.exists():
        remedy = "Choose another name; it is never replaced."
        raise PlanError(str(file), [Problem("file", "exists already.", remedy)])


def _write(file: Path, text: str) -> None:
    """Write a plan that is right, and say how to go on.

    Raises:
        PlanError: the plan is wrong, or the file cannot be written; nothing was written.
    """
    from seccm.plan import Plan
    from seccm.quantities import toml_tables

    plan = Plan.from_dict(
        toml_tables(text, str(file)), source=str(file), from_file=True, folder=file.parent
    )
    try:
        with file.open("x", encoding="utf-8") as written:
            written.write(text)
    except OSError as error:
        what = f"cannot be written: {error.strerror}."
        raise PlanError(str(file), [Problem("file", what)]) from None
    say((f"Written: {file}", "green"), f" ({counted(len(plan.visits()), 'site')})")
    say("Check it:  ", (command("seccm", "check", file), "bold"))
    say("Run it:    ", (command("seccm", "run", file, "--report"), "bold"))
