"""What a figure of a report is as a file for publication."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import pytest

from seccm.report import style

AS_SHIPPED = dict(style.RC)
"""The suite draws with other letters, which is quicker."""


@pytest.fixture
def figure(monkeypatch: pytest.MonkeyPatch) -> mpl.figure.Figure:
    """A figure of a simulation, in the style that users have."""
    monkeypatch.setattr(style, "RC", AS_SHIPPED)
    made = style.figure(virtual=True, note="µ, σ and −1")
    made.subplots().set_xlabel("time / s")
    return made


def test_its_letters_can_be_edited_and_are_real_fonts(
    figure: mpl.figure.Figure, tmp_path: Path
) -> None:
    """Journals refuse fonts of Type 3, and a program for drawings cannot edit their letters."""
    path = tmp_path / "figure.pdf"
    style.save(figure, path, 200)
    content = path.read_bytes()
    assert content.startswith(b"%PDF")
    assert b"/Type3" not in content
    assert b"/FontFile2" in content


def test_it_looks_alike_whatever_style_the_program_runs_under(tmp_path: Path) -> None:
    """A notebook may have a style of its own."""

    @style.styled
    def drawn() -> mpl.figure.Figure:
        made = style.figure(virtual=True, note="µ, σ and −1")
        made.subplots().set_xlabel("time / s")
        return made

    style.save(drawn(), tmp_path / "plain.png", 50)
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black", "text.color": "white"}):
        style.save(drawn(), tmp_path / "styled.png", 50)
    assert (tmp_path / "plain.png").read_bytes() == (tmp_path / "styled.png").read_bytes()


@pytest.mark.parametrize("virtual", [True, False])
def test_a_figure_of_a_simulation_says_so_and_no_other_does(virtual: bool) -> None:
    made = style.figure(virtual=virtual, convention=False)
    assert (style.SIMULATED in [text.get_text() for text in made.texts]) == virtual


@pytest.mark.parametrize("width", [style.ONE_COLUMN, style.TWO_COLUMNS])
def test_small_print_is_broken_into_lines_that_fit_beside_the_mark(width: float) -> None:
    """Twenty-five letters to an inch; the mark of a simulation needs 1.55 inches of the line."""
    made = style.figure(width, virtual=True, note="a word and another one " * 12)
    lines = made.get_suptitle().splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= 25 * (width - 1.55)
    assert " ".join(lines).startswith(style.CONVENTION)
