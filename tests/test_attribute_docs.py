"""What stands below the attributes of a class is found when it is asked for, and only then."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import BaseModel, Field, create_model

from seccm.attribute_docs import attribute_docs
from seccm.plan import Plan
from seccm.quantities import Model


class Base:
    first: int
    """Of the base."""
    second: int
    """Of the base, too."""


class Derived(Base):
    second: int
    """Of the derived one,
    in two lines."""
    third: int

    fourth: int
    """With a "quote", an ü and a µ."""
    made = 3
    """Of no annotation, which is no field."""

    class Inside:
        fifth: int
        """Of a class within a class."""


def test_what_is_inherited_counts_unless_it_is_said_anew() -> None:
    assert attribute_docs(Derived) == {
        "first": "Of the base.",
        "second": "Of the derived one,\nin two lines.",
        "fourth": 'With a "quote", an ü and a µ.',
    }
    assert attribute_docs(Derived.Inside) == {"fifth": "Of a class within a class."}


def test_a_class_of_a_function_has_its_own() -> None:
    class Local(Derived):
        first: int
        """Of the local one."""

    assert attribute_docs(Local) == {**attribute_docs(Derived), "first": "Of the local one."}


@pytest.mark.parametrize("of", [int, object, type("Typed", (), {})])
def test_without_a_source_nothing_is_said(of: type) -> None:
    assert attribute_docs(of) == {}


def test_a_schema_says_it_of_every_field_by_its_key() -> None:
    class Part(Model):
        """A part."""

        inner: float = 0.0
        """Of the part."""

    class Whole(Model):
        """A whole."""

        key: int = Field(0, alias="Key")
        """Of the key."""
        part: Part = Part()
        """Of the field, not of the table."""
        said: int = Field(0, description="Said in its place.")
        """Not this."""
        silent: int = 0

    schema = Whole.model_json_schema(by_alias=True)
    told = {name: known.get("description") for name, known in schema["properties"].items()}
    assert told == {
        "Key": "Of the key.",
        "part": "Of the field, not of the table.",
        "said": "Said in its place.",
        "silent": None,
    }
    assert schema["$defs"]["Part"]["properties"]["inner"]["description"] == "Of the part."


def test_a_model_that_was_put_together_has_what_its_parts_say() -> None:
    class Given(Model):
        """Given."""

        said: int = 0
        """Of the base."""

    made: type[BaseModel] = create_model("Made", __base__=Given, more=(int, 0))
    properties = made.model_json_schema()["properties"]
    assert properties["said"]["description"] == "Of the base."
    assert "description" not in properties["more"]


def test_every_table_of_a_plan_has_it() -> None:
    schema = Plan.model_json_schema(by_alias=True)
    described = [
        "description" in known
        for table in (schema, *schema["$defs"].values())
        for known in table.get("properties", {}).values()
    ]
    assert len(described) > 300
    assert sum(described) > 0.8 * len(described)


def test_no_source_is_read_to_read_a_plan() -> None:
    script = (
        "import ast, inspect\n"
        "def read(*_): raise AssertionError('a source is read')\n"
        "inspect.getsource = ast.parse = read\n"
        "import seccm\n"
        "seccm.load_plan('li-on-au-cv')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
