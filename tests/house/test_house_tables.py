"""The tables of the house are whole: every verb, refusal and finding has all that belongs to it."""

import ast
from collections.abc import Iterator

import pytest

from app.audit.findings import FINDINGS
from app.consensus.engines import ENGINES
from app.registry.errors import REFUSALS
from app.registry.operation import Operation
from app.registry.operations import OPERATIONS, schema_files
from app.registry.operations.genesis import RULES
from tests.house.sources import ROOT, modules


def module_name(verb: str) -> str:
    return verb.replace(".", "_")


def called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def literals(node: ast.AST | None) -> Iterator[str]:
    """Yield the texts that an expression may be."""
    for item in ast.walk(node) if node is not None else ():
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            yield item.value


def first_arguments(*names: str) -> dict[str, str]:
    """Return the literal first arguments of calls, each with a place where it stands."""
    found: dict[str, str] = {}
    for module in modules():
        for node in module.nodes():
            if isinstance(node, ast.Call) and called(node) in names and node.args:
                argument = node.args[0]
                if isinstance(argument, ast.Constant | ast.IfExp):
                    found |= dict.fromkeys(literals(argument), f"{module.path}:{node.lineno}")
    return found


def all_literals(*, outside: str) -> set[str]:
    return {
        text for module in modules() if module.path != outside for text in literals(module.tree)
    }


@pytest.mark.parametrize("verb", sorted(OPERATIONS))
def test_an_operation_has_a_schema_a_module_a_sentence_and_tests(verb: str) -> None:
    operation = OPERATIONS[verb]

    assert operation.__doc__
    assert operation.__doc__.splitlines()[0].endswith(".") or ";" in operation.__doc__
    assert operation.__module__ == f"app.registry.operations.{module_name(verb)}"
    assert (ROOT / "app/registry/schemas" / f"{verb}.{RULES}.json").is_file()
    assert (ROOT / "tests/registry" / f"test_{module_name(verb)}.py").is_file()


def test_every_operation_class_is_in_the_table() -> None:
    files = {path.stem for path in (ROOT / "app/registry/operations").glob("*.py")}

    assert files - {"__init__"} == {module_name(verb) for verb in OPERATIONS}
    assert {verb.__qualname__ for verb in verbs_below(Operation)} == {
        verb.__qualname__ for verb in OPERATIONS.values()
    }


def verbs_below(operation: type[Operation]) -> set[type[Operation]]:
    """Return the classes below one that have a type; those between only share members."""
    below = operation.__subclasses__()
    return {verb for verb in below if "type" in vars(verb)}.union(*map(verbs_below, below))


def test_no_schema_is_left_over() -> None:
    files = {path.name for path in (ROOT / "app/registry/schemas").glob("*.json")}

    assert files == schema_files().keys()


def test_every_engine_is_in_the_table() -> None:
    files = {path.stem for path in (ROOT / "app/consensus/engines").glob("*.py")}

    assert files - {"__init__"} == set(ENGINES)


def test_every_code_that_is_raised_is_a_published_refusal() -> None:
    raised = first_arguments("RefusalError")

    unknown = {code: place for code, place in raised.items() if code not in REFUSALS}

    assert len(raised) > 40
    assert unknown == {}


def test_every_published_refusal_can_be_raised() -> None:
    said = all_literals(outside="app/registry/errors.py")

    unused = REFUSALS.keys() - said

    assert not unused


def test_every_code_that_is_reported_is_a_published_finding() -> None:
    reported = {
        text: f"{module.path}:{node.lineno}"
        for module in modules()
        if module.path.startswith("app/audit/")
        for node in module.nodes()
        if isinstance(node, ast.Call) and called(node) in {"add", "_stop"} and node.args
        for text in (
            literal
            for argument in node.args[:2]
            if isinstance(argument, ast.Constant | ast.IfExp)
            for literal in literals(argument)
        )
        if "-" in text and " " not in text
    }

    unknown = {code: place for code, place in reported.items() if code not in FINDINGS}

    assert len(reported) > 15
    assert unknown == {}


def test_every_published_finding_can_be_reported() -> None:
    said = all_literals(outside="app/audit/findings.py")

    assert not FINDINGS.keys() - said


@pytest.mark.parametrize("codes", [REFUSALS, FINDINGS], ids=["refusals", "findings"])
def test_codes_are_lower_case_words_with_hyphens(codes: dict[str, object]) -> None:
    assert all(code.replace("-", "").isalnum() and code.islower() for code in codes)
