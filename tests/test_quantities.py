"""Fields that carry their unit: what a file must write, and what Python code may pass."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from seccm.errors import PlanError, Problem
from seccm.quantities import Count, Length, Model, Ratio, Speed, YesNo, read_toml, validate


class Axis(Model):
    """A part of a made-up rig file."""

    fastest: Speed = Field(gt=0)
    range: tuple[Length, Length] = (0.0, 1e-4)
    gain: Annotated[Ratio, Field(le=2)] = 1.0


class Slow(Model):
    """One of two kinds."""

    kind: Literal["slow"] = "slow"
    steps: Count


class Fast(Model):
    """The other kind."""

    kind: Literal["fast"] = "fast"
    rate: Speed


class Stage(Model):
    """A made-up rig file."""

    axes: dict[str, Axis]
    motor: Annotated[Slow | Fast, Field(discriminator="kind")] = Slow(steps=1)
    closed: YesNo = True


def problems(data: dict[str, Any], *, from_file: bool = True) -> list[str]:
    """Return the messages that some data deserve."""
    with pytest.raises(PlanError) as caught:
        validate(Stage, data, "rig.toml", from_file=from_file)
    return [str(problem) for problem in caught.value.problems]


def test_a_file_must_write_units_and_python_may_pass_si() -> None:
    """The same model, strict at the edge and plain inside."""
    data = {"axes": {"z": {"fastest": 2e-6}}}
    assert validate(Stage, data, "x", from_file=False).axes["z"].fastest == 2e-6
    assert problems(data) == [
        'axes.z.fastest: write a number and a unit of m/s, such as "2 um/s", not 2e-06.'
    ]
    written = {"axes": {"z": {"fastest": "2 um/s", "gain": 1.5, "range": ["0 m", "80 um"]}}}
    stage = validate(Stage, written, "x", from_file=True)
    assert stage.axes["z"] == Axis(fastest=2e-6, gain=1.5, range=(0.0, 80e-6))


def test_out_of_range_is_told_with_value_limit_and_unit() -> None:
    """As written, where it was written; else as the program writes quantities."""
    axes = {"x": {"fastest": "-2 um/s"}, "y": {"fastest": "2 um/s", "gain": 3}}
    assert problems({"axes": axes}) == [
        'axes.x.fastest: must be greater than 0 m/s, not -2 um/s. Write, for example, "2 um/s".',
        'axes.y.gain: must be at most 2, not 3. Write, for example, "0.5".',
    ]
    assert problems({"axes": {"x": {"fastest": -2e-6}}}, from_file=False) == [
        'axes.x.fastest: must be greater than 0 m/s, not -2 um/s. Write, for example, "2 um/s".'
    ]


def test_wrong_types_are_told_in_plain_words() -> None:
    """Nobody needs to know what a tuple or a tag is."""
    data = {
        "axes": {"x": 5, "y": {"fastest": "1 m/s", "range": "80 um"}, "z": {"fastest": "1 m/s",
                 "range": ["1 um"]}},
        "motor": {"kind": "slow", "steps": "3"},
        "closed": 1,
    }  # fmt: skip
    assert problems(data) == [
        "axes.x: must be a table of keys and values, not 5.",
        'axes.y.range: must be a list in square brackets, not "80 um". '
        'Write, for example, ["0 m", "100 um"].',
        'axes.z.range: has too few entries: 1. Write, for example, ["0 m", "100 um"].',
        'motor.steps: must be a whole number, not "3". Write, for example, 3.',
        "closed: must be true or false, not 1. Write, for example, true.",
    ]


def test_a_mistyped_key_or_choice_gets_the_nearest_known_one() -> None:
    """Only keys of the kind that was chosen are suggested."""
    axes: dict[str, Any] = {"x": {"fastest": "1 m/s", "gian": 1}}
    assert problems({"axes": axes, "motor": {"kind": "fats", "rate": 1}}) == [
        'axes.x.gian: is not a known key. Did you mean "gain"?',
        'motor.kind: must be "slow" or "fast", not "fats". Did you mean "fast"?',
        'motor.rate: write a number and a unit of m/s, such as "2 um/s", not 1.',
    ]
    assert problems({"axes": {}, "motor": {"kind": "slow", "steps": 1, "rate": "1 m/s"}}) == [
        "motor.rate: is not a known key. Known here: kind, steps. Remove this key."
    ]
    assert problems({"axes": {}, "motor": {"steps": 1}}) == [
        'motor.kind: is missing. Write kind = "slow" or "fast".'
    ]


def test_further_checks_join_the_same_report() -> None:
    """A caller's own problems stand beside those of the shape, or alone."""
    own = Problem("axes", "have no z.", "Add one.")
    with pytest.raises(PlanError) as caught:
        validate(Stage, {}, "rig.toml", from_file=True, also=lambda _: [own])
    assert [p.where for p in caught.value.problems] == ["axes", "axes"]
    with pytest.raises(PlanError, match="Add one"):
        validate(Stage, {"axes": {}}, "rig.toml", from_file=True, also=lambda _: [own])


def test_units_travel_with_the_schema() -> None:
    """Forms and editors know the unit and an example of every field."""
    speed = Axis.model_json_schema()["properties"]["fastest"]
    assert (speed["unit"], speed["examples"]) == ("m/s", ["2 um/s"])


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "does not exist"), (b"\xff\xfe", "not UTF-8"), (b"a = ", "not valid TOML")],
)
def test_a_file_that_cannot_be_read_says_why(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    """With the file's name in front."""
    path = tmp_path / "rig.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PlanError, match=words) as caught:
        read_toml(path)
    assert str(path) in str(caught.value)


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    """And nobody tries to read it."""
    with pytest.raises(PlanError, match="is a folder"):
        read_toml(tmp_path)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    """Windows editors write one."""
    path = tmp_path / "rig.toml"
    path.write_bytes(b'\xef\xbb\xbfname = "x"')
    assert read_toml(path) == {"name": "x"}
