"""Refusals: every code that is raised is published, and every published code is used."""

import ast
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from app.registry.errors import REFUSALS, Kind, RefusalError

APP = Path(str(files("app")))


def trees(room: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((APP / room).rglob("*.py")):
        if path != APP / "registry" / "errors.py":
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def is_refusal(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "RefusalError"
    )


def texts(node: ast.AST) -> set[str]:
    """Return the texts within an expression."""
    constants = (item for item in ast.walk(node) if isinstance(item, ast.Constant))
    return {item.value for item in constants if isinstance(item.value, str)}


def branches(node: ast.expr) -> list[ast.expr]:
    """Return the expressions that a conditional may give, or the expression itself."""
    return [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]


def codes_in(node: ast.expr) -> set[str]:
    """Return the codes that an expression may give."""
    return set().union(*map(texts, branches(node)))


def raised_codes(tree: ast.Module) -> Iterator[str]:
    """Yield each code that is raised, given as `code`, or kept in a name that is raised."""
    names = set()
    for node in ast.walk(tree):
        if is_refusal(node):
            assert isinstance(node, ast.Call)
            yield from codes_in(node.args[0])
            names |= {item.id for item in ast.walk(node.args[0]) if isinstance(item, ast.Name)}
        elif isinstance(node, ast.keyword) and node.arg == "code":
            yield from texts(node.value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and {getattr(n, "id", "") for n in node.targets} & names:
            yield from codes_in(node.value)
        elif isinstance(node, ast.arguments):
            pairs = zip(node.kwonlyargs, node.kw_defaults, strict=True)
            for argument, default in pairs:
                if argument.arg in names and default is not None:
                    yield from texts(default)


def test_every_code_raised_in_the_registry_is_published() -> None:
    raised = {code for _, tree in trees("registry") for code in raised_codes(tree)}

    assert raised - REFUSALS.keys() == set()
    assert len(raised) > 40


def test_every_refusal_of_the_registry_is_raised_with_a_code_that_can_be_read() -> None:
    for path, tree in trees("registry"):
        calls = [node for node in ast.walk(tree) if is_refusal(node)]
        for call in calls:
            assert isinstance(call, ast.Call)
            for branch in branches(call.args[0]):
                assert isinstance(branch, ast.Constant | ast.Name), f"{path}:{call.lineno}"


def test_every_published_code_is_used() -> None:
    used = {text for _, tree in trees("") for text in texts(tree)}

    assert not REFUSALS.keys() - used


def test_codes_and_titles_are_their_own_and_readable() -> None:
    titles = [title for _, title in REFUSALS.values()]

    assert all(code == code.lower() and code.replace("-", "").isalnum() for code in REFUSALS)
    assert len(set(titles)) == len(titles)
    assert all(title[0].isupper() and not title.endswith(".") for title in titles)
    assert {kind for kind, _ in REFUSALS.values()} == set(Kind)


def test_a_refusal_has_a_code_a_kind_a_title_and_what_led_to_it() -> None:
    refusal = RefusalError("not-holder", "the account is another's", rule="R26", pointer="/from")

    assert refusal.kind is Kind.FORBIDDEN
    assert refusal.title == "Not the holder"
    assert (refusal.code, refusal.detail) == ("not-holder", "the account is another's")
    assert (refusal.rule, refusal.pointer) == ("R26", "/from")
    assert str(refusal) == "not-holder: the account is another's"


def test_a_code_that_is_not_published_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        RefusalError("because", "no reason")
