"""What can be asked of a run is written in one table; the command line and the window follow it."""

from __future__ import annotations

import pytest

from seccm.cli.asking import FOR_ALL
from seccm.cli.verbs import Verb
from seccm.hopping.life import AT_ONCE, MOVES, Request, State, possible
from seccm.plan.ways import KINDS
from ui.models.run_state import MOVES as BUTTONS
from ui.models.run_state import RunState

OVER = (State.DONE, State.FAULT)


def test_the_command_line_knows_every_request_but_the_start():
    verbs = {verb.value for verb in Verb if not verb.instructs}
    assert verbs == {request.value for request in Request} - {"start"}
    for words in (kind.words for kind in KINDS.all().values()):
        assert {*words.asked} == verbs
    assert {verb.value for verb in FOR_ALL} == {request.value for request in AT_ONCE}


@pytest.mark.parametrize("state", State)
def test_a_button_of_the_window_can_be_pressed_exactly_where_the_run_grants_it(state: State):
    now = RunState(state=state.value, doing="idle" if state in OVER else "scan")
    for request in set(Request) - {*AT_ONCE, Request.START}:
        assert now.can(request.value) == (request in MOVES[state])
    assert now.can("start") == (state in OVER)


def test_the_window_has_buttons_for_every_state_and_for_no_run_at_all():
    assert set(BUTTONS) == {state.value for state in State} | {""}


@pytest.mark.parametrize("state", [state for state in State if state not in OVER])
def test_a_run_that_goes_on_can_always_be_halted_and_left_in_an_emergency(state: State):
    assert set(AT_ONCE) <= set(MOVES[state])
    assert all(to is State.DONE for to in (MOVES[state][request] for request in AT_ONCE))


@pytest.mark.parametrize("state", State)
def test_what_is_possible_is_never_what_takes_effect_at_once(state: State):
    assert not possible(state) & {*AT_ONCE, Request.START}
    assert possible(state) <= set(MOVES[state])
