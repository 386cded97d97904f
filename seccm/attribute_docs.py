"""What the lines below the attributes of a class say of them.

Read from the source when somebody asks for it, such as a form, a help or a page of the manual: to
read it whenever a program begins would take a fifth of its start.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import sys
from collections.abc import Iterator, Mapping
from functools import cache


def attribute_docs(of: type) -> dict[str, str]:
    """Return what is said of the attributes of a class, and of those that it inherits.

    Args:
        of: the class.

    Returns:
        By the name of the attribute; nothing where the source is not there to be read.
    """
    found: dict[str, str] = {}
    for base in reversed(of.__mro__):
        found |= _of_module(base.__module__).get(base.__qualname__, {})
    return found


@cache
def _of_module(name: str) -> Mapping[str, dict[str, str]]:
    """Return what is said in a module, by the names of its classes."""
    try:
        source = inspect.getsource(sys.modules[name])
    except (KeyError, OSError, TypeError):  # it was typed in, or is part of Python itself
        return {}
    return dict(_classes(ast.parse(source).body, ""))


def _classes(body: list[ast.stmt], before: str) -> Iterator[tuple[str, dict[str, str]]]:
    for one in body:
        match one:
            case ast.ClassDef(name=name, body=inside):
                yield before + name, dict(_said(inside))
                yield from _classes(inside, f"{before}{name}.")
            case ast.FunctionDef(name=name, body=inside):
                yield from _classes(inside, f"{before}{name}.<locals>.")


def _said(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for one, after in itertools.pairwise(body):
        match one, after:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, inspect.cleandoc(text)
