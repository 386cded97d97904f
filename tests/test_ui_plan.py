"""Editing a plan: the form comes from the schema, comments stay, mistakes stand at their field."""

from __future__ import annotations

from pathlib import Path

import pytest

from seccm.errors import PlanError
from seccm.plan.contacts import KINDS
from seccm.plan.library import plans
from ui.models.draft import Draft
from ui.models.form import Field, Group, Listing, keys_of, where
from ui.models.outlook import outlook
from ui.models.plan_mistakes import sorted_out
from ui.models.typed import read


def fields(group: Group) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for part in group.parts:
        if isinstance(part, Group):
            found |= fields(part)
        elif isinstance(part, Field):
            found[where(part.key)] = part
    return found


def groups(group: Group) -> dict[str, Group]:
    found = {where(group.key): group}
    for part in group.parts:
        if isinstance(part, Group):
            found |= groups(part)
    return found


@pytest.fixture
def draft() -> Draft:
    return Draft.open("li-on-au-combinatorial")


@pytest.mark.parametrize("name", plans())
def test_typing_every_field_of_a_shipped_plan_again_changes_nothing(name: str):
    draft = Draft.open(name)
    before = draft.plan()
    for field in fields(draft.form).values():
        value = read(field.kind, field.text)
        if value is not None:
            draft.set(field.key, value)
    assert draft.plan() == before


def test_comments_survive_an_edit_and_saving(draft: Draft, tmp_path: Path):
    original = draft.text
    draft.set(("approach", "speed"), "3 um/s")
    draft.set(("approach", "contact", "drop"), "4 V")
    draft.set(("factors", "j"), [f"-{k} mA/cm^2" for k in range(1, 9)])
    draft.save(tmp_path / "mine.toml")
    saved = (tmp_path / "mine.toml").read_text()
    comments = [line.split("#", 1)[1] for line in original.splitlines() if "#" in line]
    assert all(comment in saved for comment in comments)
    again = Draft.open(tmp_path / "mine.toml")
    assert again.plan().approach.speed == 3e-6
    assert not again.shipped
    assert not draft.changed


def test_units_are_accepted_as_typed(draft: Draft):
    for text in ("2000 nm/s", "2 µm/s", "0.002 mm/s"):
        draft.set(("approach", "speed"), read("quantity", text))
        assert draft.plan().approach.speed == pytest.approx(2e-6)


def test_every_mistake_stands_at_its_field(draft: Draft):
    draft.set(("approach", "speed"), "2")
    draft.set(("sites", "columns"), "x")
    draft.set(("program", 0, "duration"), "5 m")
    draft.set(("probe", "aperture"), None)
    with pytest.raises(PlanError) as caught:
        draft.plan()
    beside = sorted_out(caught.value.problems, [k for k in keys_of(draft.form) if k])
    wrong = {"approach.speed", "sites.columns", "program[0].duration", "probe.aperture"}
    assert wrong <= set(beside)
    assert "um/s" in str(beside["approach.speed"][0])


def test_a_mistake_without_a_field_goes_to_the_nearest_table():
    class Here:
        where = "sites.nonsense[3]"

    assert set(sorted_out((Here(),), ["sites", "sites.columns"])) == {"sites"}  # type: ignore[arg-type]


def test_a_table_of_another_kind_keeps_what_both_have(draft: Draft):
    contact = groups(draft.form)["approach.contact"]
    assert contact.choice == "potential drop"
    draft.choose(contact, "current threshold")
    form = draft.form
    assert groups(form)["approach.contact"].choice == "current threshold"
    assert "approach.contact.threshold" in fields(form)
    assert "drop" not in draft.text.split("[approach]")[1].split("[retract]")[0].split("contact")[1]


@pytest.mark.parametrize("kind", KINDS.all())
def test_every_kind_of_contact_can_be_chosen_and_filled_in(draft: Draft, kind: str):
    """Each field has words and an example, and what the form says is what the plan reads."""
    examples = {"drop": "5 V", "threshold": "5 pA", "rise": "5 pA", "fraction": "0.98",
                "signal": "amplitude", "change": "30 %"}  # fmt: skip
    contact = groups(draft.form)["approach.contact"]
    assert set(contact.choices) == set(KINDS.all())
    draft.choose(contact, kind)
    for key in KINDS.of(kind).model_fields.keys() & examples.keys():
        assert f"approach.contact.{key}" in fields(draft.form)
        draft.set(("approach", "contact", key), examples[key])
    draft.set(("approach", "hold"), {"current" if kind == "potential drop" else "potential":
                                     "-1 nA" if kind == "potential drop" else "0.1 V"})  # fmt: skip
    read = draft.plan().approach.contact
    assert isinstance(read, KINDS.of(kind))
    assert read.words()


def test_steps_and_factors_can_be_added_and_taken_out(draft: Draft):
    program = groups(draft.form)["program"]
    draft.set(("program", 0, "name"), "plate")
    for kind in program.adds:
        draft.add(program, kind)
    form, count = draft.form, len(program.adds)
    assert [groups(form)[f"program[{k + 1}]"].choice for k in range(count)] == list(program.adds)
    draft.plan()  # also with an if, which asks of the step that has a name
    draft.set(("program", 0, "name"), None)
    for k in reversed(range(1, count + 1)):
        draft.remove(("program", k))
    assert draft.plan() == Draft.open("li-on-au-combinatorial").plan()
    draft.add(groups(draft.form)["factors"], "factor")
    assert "factors.E" in fields(draft.form)


def test_a_limit_that_is_emptied_again_leaves_no_empty_table(draft: Draft):
    key = ("program", 0, "until", "potential_below")
    draft.set(key, "-0.5 V")
    assert draft.plan().program[0].until is not None  # type: ignore[union-attr]
    draft.set(key, None)
    assert draft.plan().program[0].until is None  # type: ignore[union-attr]


def test_a_text_that_is_not_toml_is_refused_with_its_place():
    with pytest.raises(PlanError, match="TOML"):
        Draft("title = [")


def test_the_rig_is_asked_once_and_says_how_long_it_takes(draft: Draft):
    first = outlook(draft.plan(), "virtual", None, busy=False)
    assert first.info is not None
    assert first.info.virtual
    assert "63 sites" in first.facts
    assert "SIMULATION" in first.facts
    assert [p.severity for p in first.problems] == ["warning"] * 2
    again = outlook(draft.plan(), "no such rig", first.info, busy=True)
    assert again.info == first.info


def test_a_busy_rig_is_left_alone(draft: Draft):
    found = outlook(draft.plan(), "virtual", None, busy=True)
    assert found.info is None
    assert "busy" in found.verdict


# A listed design


@pytest.fixture
def listed() -> Draft:
    return Draft.open("li-on-au-constant-charge")


CONDITIONS = ("design", "conditions")


def conditions(draft: Draft) -> list[dict[str, str]]:
    return [{n: str(level) for n, level in c.levels} for c in draft.plan().conditions]


def listing(draft: Draft) -> Listing:
    parts = groups(draft.form)["design"].parts
    return next(part for part in parts if isinstance(part, Listing))


def test_conditions_are_a_table_whose_cells_can_be_typed_again(listed: Draft):
    before, table = conditions(listed), listing(listed)
    assert table.columns == ("j", "t")
    assert len(table.rows) == 3
    for row, texts in enumerate(table.rows):
        for name, text in zip(table.columns, texts, strict=True):
            listed.set(table.cell(row, name), read("quantity", text))
    assert conditions(listed) == before


def test_conditions_are_added_and_taken_out_and_comments_stay(listed: Draft):
    before, comments = conditions(listed), listed.text.count("#")
    listed.set(("design", "repeats"), None)
    listed.add_row(CONDITIONS)
    listed.set((*CONDITIONS, 3, "j"), "-9 mA/cm^2")
    assert conditions(listed)[:3] == before
    assert conditions(listed)[3]["j"] == "-9 mA/cm^2"
    listed.remove((*CONDITIONS, 0))
    assert conditions(listed)[:2] == before[1:]
    assert listed.text.count("#") == comments - 1, "only the line that was taken out is gone"


@pytest.mark.parametrize(("row", "name", "text"), [(1, "t", "15 V"), (2, "j", "fast")])
def test_a_mistake_in_a_condition_stands_at_its_cell(listed: Draft, row: int, name: str, text: str):
    listed.set((*CONDITIONS, row, name), text)
    with pytest.raises(PlanError) as caught:
        listed.plan()
    beside = sorted_out(caught.value.problems, [k for k in keys_of(listed.form) if k])
    assert f"design.conditions[{row}].{name}" in beside


def test_factors_of_a_listed_design_are_added_renamed_and_taken_out(listed: Draft):
    before = conditions(listed)
    listed.add_column(CONDITIONS)
    assert listing(listed).columns == ("j", "t", "E")
    listed.remove_column((*CONDITIONS, "E"))
    assert conditions(listed) == before
    assert listed.rename((*CONDITIONS, "j"), "density")
    assert listing(listed).columns == ("density", "t")
    assert [c["density"] for c in conditions(listed)] == [c["j"] for c in before]
    assert '"$density"' in listed.text, "the name is another one wherever it is used"
    assert not listed.rename((*CONDITIONS, "t"), "density"), "a name that is taken is refused"


def test_a_factor_of_a_factorial_design_is_renamed_everywhere(draft: Draft):
    before = draft.plan()
    assert draft.rename(("factors", "j"), "density")
    after = draft.plan()
    assert list(after.factors) == ["density"]
    assert after.sites() == before.sites()


def test_a_design_becomes_a_list_of_conditions_and_factors_again(draft: Draft):
    before = conditions(draft)
    draft.choose_design("listed")
    assert conditions(draft) == before
    assert not draft.plan().factors
    draft.choose_design("factorial")
    assert conditions(draft) == before
    assert list(draft.plan().factors) == ["j"]


def test_a_listed_design_without_factors_begins_with_a_first_condition():
    draft = Draft.open("redox-cv-map")
    draft.choose_design("listed")
    with pytest.raises(PlanError) as caught:
        draft.plan()
    assert "design.conditions" in sorted_out(caught.value.problems, keys_of(draft.form))
    draft.add_row(CONDITIONS)
    assert listing(draft).rows == (("-1 mA/cm^2",),)


def test_conditions_written_as_tables_of_their_own_can_be_edited_too(listed: Draft):
    text = listed.text
    head, rest = text.split("[design]")
    middle, tail = rest.split("[approach]")
    rows = "[[design.conditions]]\nj = '-1 mA/cm^2'\nt = '2 s'\n" * 2
    middle = 'kind = "listed"\n' + rows.replace("'", '"', 4).replace("2 s", "3 s", 1)
    draft = Draft(f"{head}[design]\n{middle}\n[approach]{tail}")
    draft.add_row(CONDITIONS)
    draft.set((*CONDITIONS, 2, "t"), "9 s")
    assert draft.rename((*CONDITIONS, "t"), "time")
    assert [c["time"] for c in conditions(draft)] == ["3 s", "2 s", "9 s"]


# Sites, and programs within programs


def test_sites_become_points_or_a_file_and_a_grid_again(draft: Draft, tmp_path: Path):
    draft.choose_design("factorial")
    draft.set(("design", "assign"), "interleaved")
    draft.choose(groups(draft.form)["sites"], "points")
    draft.set(("sites", "points"), read("rows", "10 um, 10 um\n30 um, 10 um\n" * 1))
    draft.set(("factors", "j"), ["-1 mA/cm^2"])
    assert [(s.x, s.y) for s in draft.plan().sites()] == [(1e-5, 1e-5), (3e-5, 1e-5)]
    draft.choose(groups(draft.form)["sites"], "csv")
    assert "sites.points" not in fields(draft.form), "the points are in the file"
    draft.save(tmp_path / "plan.toml")
    (tmp_path / "places.csv").write_text("x (um),y (um)\n5,5\n25,5\n45,5\n")
    draft.set(("sites", "file"), "places.csv")
    assert len(draft.plan().sites()) == 3
    draft.choose(groups(draft.form)["sites"], "grid")
    for name, text in (("columns", "2"), ("rows", "1")):
        draft.set(("sites", name), read("number", text))
    draft.set(("sites", "pitch"), "20 um")
    assert len(draft.plan().sites()) == 2


def test_a_repeat_block_holds_steps_that_can_be_added_and_edited(draft: Draft):
    draft.add(groups(draft.form)["program"], "repeat")
    inner = groups(draft.form)["program[1].program"]
    draft.add(inner, "constant potential")
    draft.set(("program", 1, "program", 1, "potential"), "0.1 V")
    draft.set(("program", 1, "times"), 3)
    segments = draft.plan().sites()[0].segments
    assert len(segments) == 1 + 3 * 2
