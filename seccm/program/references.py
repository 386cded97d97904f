"""Finds references to earlier steps that no way through a programme provides.

Only a step that has surely run can be followed: one that stands earlier, in the same list or round
it, and not in a single arm of an `if`. A repeat runs at least once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from seccm.errors import Problem
from seccm.mistakes import nearest
from seccm.program.any_results import OF_ANY_STEP
from seccm.program.comparison import Comparison
from seccm.program.live import last_of
from seccm.program.registry import kinds
from seccm.program.settled import earlier_in
from seccm.program.tree import arms, name_of, parts
from seccm.program.words import If, Repeat, Step
from seccm.suggestion import Suggestion, key_of

MOST = 6
"""Quantities of one step that follow earlier steps: it is checked at all their corners."""


def reference_problems(program: Sequence[Step]) -> list[Problem]:
    """Find names that are given twice, and references that nothing provides."""
    names = {part.spec.name for part in parts(program) if part.spec.name}
    there: dict[str, set[str]] = {}
    for part in parts(program):
        for source in (part.spec.name, last_of(part.kind)):
            if source:
                there.setdefault(source, set()).add(part.kind)
    scope = _Scope(names | there.keys(), {last_of(kind) for kind in kinds()}, there)
    scope.walk(program, "program")
    return scope.problems


@dataclass
class _Scope:
    """Walks a programme and keeps which steps have surely run."""

    everywhere: set[str]
    """Every name that is given anywhere, and the last of every kind of step that is there."""
    kinds: set[str]
    """The last of every kind, in the words of a plan."""
    kinds_of: Mapping[str, Collection[str]]
    """The kinds of the steps that can be asked for, by their names."""
    ran: set[str] = field(default_factory=set)
    """Names of steps that have surely run by now."""
    named: set[str] = field(default_factory=set)
    """Names that are taken by now: of steps that may have run."""
    problems: list[Problem] = field(default_factory=list)

    def walk(self, steps: Sequence[Step], where: str) -> None:
        """Go through a list of steps."""
        for index, step in enumerate(steps):
            key = f"{where}[{index}]"
            if isinstance(step, Repeat):
                self.walk(step.program, f"{key}.program")
                if step.until is not None:
                    self._question(f"{key}.until", step.until)
            elif isinstance(step, If):
                self._question(f"{key}.when", step.when)
                self._fork(step, key)
            else:
                found = earlier_in(step)
                for name, earlier in found:
                    self._ask(f"{key}.{name}.from", earlier.source)
                if len({earlier for _, earlier in found}) > MOST:
                    what = f"follows earlier steps in {len(found)} quantities, more than {MOST}."
                    self.problems.append(Problem(key, what, "Give some of them as values."))
                self._name(key, step.name, name_of(step))

    def _fork(self, step: If, key: str) -> None:
        """Go through both arms; what only one of them names has not surely run after them."""
        ran, named = set(self.ran), set(self.named)
        after: list[tuple[set[str], set[str]]] = []
        for name, inside in arms(step):
            self.ran, self.named = set(ran), set(named)
            self.walk(inside, f"{key}.{name}")
            after.append((self.ran, self.named))
        self.ran = after[0][0] & after[1][0]
        self.named = after[0][1] | after[1][1]

    def _name(self, key: str, name: str | None, kind: str) -> None:
        self.ran.add(last_of(kind))
        self.named.add(last_of(kind))
        if name is None:
            return
        if name in self.kinds:
            what = f'"{name}" is how a plan asks for the last step of a kind.'
            self.problems.append(Problem(f"{key}.name", what, "Choose another name."))
            return
        if name in self.named:
            what = f'"{name}" is the name of an earlier step already.'
            self.problems.append(Problem(f"{key}.name", what, "Choose another name."))
        self.ran.add(name)
        self.named.add(name)

    def _question(self, key: str, asked: Comparison) -> None:
        """Look at a question: its step has run, and yields what is asked of it."""
        if not self._ask(f"{key}.from", asked.source) or asked.result is None:
            return
        for kind in sorted(self.kinds_of[asked.source]):
            known = {result.name: result for result in kinds()[kind].results if not result.dims}
            known |= {result.name: result for result in OF_ANY_STEP}
            result = known.get(asked.result)
            if result is None:
                what = f'"{asked.result}" is not a result of a step of the kind "{kind}".'
                remedy = f"It has {', '.join(known)}."
                self.problems.append(Problem(f"{key}.result", what, remedy))
            elif asked.limit is not None and asked.limit.unit != result.unit:
                side = "above" if asked.above is not None else "below"
                what = f"{asked.limit} is not a limit for {result.name}, which is in {result.unit}."
                self.problems.append(Problem(f"{key}.{side}", what))

    def _ask(self, key: str, source: str) -> bool:
        """Tell whether a step has surely run; say so if not."""
        if source in self.ran:
            return True
        known = sorted(self.ran)
        meant = nearest(source, known)
        put = None
        if source in self.named:
            what = f'"{source}" runs only in one arm of an if, and may not have run.'
            remedy = "Follow a step that runs in every case, or write this step into the same arm."
        elif source in self.everywhere:
            what = f'"{source}" comes later: only steps before this one can be followed.'
            remedy = "Move it before this step, or follow another one."
        elif source in self.kinds:
            what = f"no {source.removeprefix('last ')} step runs before this one."
            remedy = "Write one before it, or follow another step."
        else:
            what = f'"{source}" names no step.'
            names = [name for name in known if name not in self.kinds]
            remedy = f"Steps with names before this one: {', '.join(names)}." if names else (
                f'Give an earlier step the name, with name = "{source}".'
            )  # fmt: skip
            if meant is not None:
                remedy = f'Did you mean "{meant}"?'
                put = Suggestion(key_of(key), "put", meant)
        self.problems.append(Problem(key, what, remedy, suggestion=put))
        return False
