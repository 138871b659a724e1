"""Style that matters: small modules and functions, told in one sentence, without loose ends."""

import ast
from collections.abc import Iterator
from re import IGNORECASE, escape
from re import compile as pattern
from statistics import median

import pytest

from tests.house.sources import Function, Module, committed_files, modules, modules_in

MODULE_LINES_MAX = 300
MODULE_LINES_MEDIAN = 100
FUNCTION_LINES_MAX = 40
FUNCTION_LINES_MEDIAN = 8
ONE_PIECE = {
    "migrations/versions/0001_tables.py",
    "migrations/versions/0002_rest_door.py",
    "migrations/versions/0003_issuing_bodies.py",
}
"""A revision that makes many tables is one function."""
OUTERMOST = {"app/http/problems.py", "app/services/group.py"}
"""Where what nobody expected becomes an answer, or is told to everybody who waits."""
FRAMEWORK_SIGNATURES = {
    "app/api/door.py",
    "app/api/instant.py",
    "app/api/members.py",
    "app/http/json.py",
    "app/http/paging.py",
}
"""Where a method takes what Flask or marshmallow hands it."""
EXACT = ("app/registry", "app/ledger", "app/services", "app/audit", "app/consensus")
"""Rooms in which energy, time and quantities are whole numbers."""

NOT_OUR_WORDS = {
    "mint": "issue",
    "minted": "issued",
    "burn": "retire",
    "burned": "retired",
    "redeem": "retire",
    "wallet": "account or holder",
    "customer": "beneficiary",
    "validator": "authority",
    "trade": "transfer",
    "tx": "operation",
    "ledger_event": "operation",
    "blockchain": "log",
}
"""HOUSE's vocabulary: what a name must not say, and what it says instead."""

NO_FLOATS_EXCEPT = {"app/services/high_water.py": "seconds between two writes of a file"}


def named(node: ast.AST) -> Iterator[str]:
    """Yield the identifiers that a node introduces."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.attr


def words(identifier: str) -> set[str]:
    """Return the lower-case words of an identifier in either spelling."""
    spaced = pattern(r"(?<=[a-z0-9])(?=[A-Z])").sub("_", identifier)
    return set(spaced.lower().strip("_").split("_"))


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def caught(handler: ast.ExceptHandler) -> set[str]:
    """Return the names of the exceptions that a handler takes; "" for all of them."""
    if handler.type is None:
        return {""}
    return {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}


def takes_anything(argument: ast.arg) -> bool:
    """Say whether the values of **argument may be of any type."""
    return argument.annotation is None or ast.unparse(argument.annotation) in {"Any", "object"}


def is_reraised(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_there_is_something_to_look_at() -> None:
    assert len(modules()) > 100
    assert len(committed_files()) > 200


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.path)
def test_a_module_opens_with_one_sentence_about_itself(module: Module) -> None:
    docstring = ast.get_docstring(module.tree) or ""

    first, _, rest = docstring.partition("\n")

    assert first, "it says nothing"
    assert first[0].isupper() or not first[0].isalpha()
    assert first.endswith((".", ":")) or module.path.endswith("env.py")
    assert ". " not in first
    assert not rest or rest.startswith("\n"), "the sentence fits on one line"


def test_modules_are_short() -> None:
    lines = {item.path: len(item.text.splitlines()) for item in modules()}
    of_code = [count for path, count in lines.items() if not path.endswith("__init__.py")]

    long = {path: count for path, count in lines.items() if count > MODULE_LINES_MAX}

    assert long == {}
    assert median(of_code) <= MODULE_LINES_MEDIAN


def test_functions_are_short() -> None:
    lengths = {
        f"{module.path}:{function.name}": length(function)
        for module in modules()
        if module.path not in ONE_PIECE
        for function in module.functions()
    }

    long = {name: count for name, count in lengths.items() if count > FUNCTION_LINES_MAX}

    assert long == {}
    assert median(lengths.values()) <= FUNCTION_LINES_MEDIAN


def test_no_function_takes_just_anything_by_name() -> None:
    loose = [
        f"{module.path}:{function.name}"
        for module in modules()
        if module.path not in FRAMEWORK_SIGNATURES
        for function in module.functions()
        if function.args.kwarg is not None and takes_anything(function.args.kwarg)
    ]

    assert loose == []


def test_only_the_outermost_handler_takes_every_exception() -> None:
    greedy = [
        f"{module.path}:{node.lineno}"
        for module in modules()
        if module.path not in OUTERMOST
        for node in module.nodes()
        if isinstance(node, ast.ExceptHandler)
        and caught(node) & {"", "Exception", "BaseException"}
        and not is_reraised(node)
    ]

    assert greedy == []


def test_quantities_and_times_are_never_floats() -> None:
    floats = [
        f"{module.path}:{node.lineno}"
        for module in modules_in(*EXACT)
        if module.path not in NO_FLOATS_EXCEPT
        for node in module.nodes()
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]

    assert floats == []


def test_names_are_in_the_words_of_the_house() -> None:
    wrong = [
        f"{module.path}: {name}, say {NOT_OUR_WORDS[word]}"
        for module in modules()
        for node in module.nodes()
        for name in named(node)
        for word in words(name) & NOT_OUR_WORDS.keys()
    ]

    assert wrong == []


def test_the_clock_is_not_read_in_the_pure_rooms() -> None:
    read = [
        f"{module.path}:{node.lineno}"
        for module in modules_in("app/registry", "app/ledger", "app/consensus", "app/audit")
        for node in module.nodes()
        if isinstance(node, ast.ImportFrom | ast.Import)
        for name in node.names
        if name.name in {"time", "random", "uuid4", "urandom", "secrets", "token_bytes"}
        or (isinstance(node, ast.ImportFrom) and node.module in {"time", "random", "secrets"})
    ]

    assert read == []


def test_the_environment_is_read_in_one_place() -> None:
    readers = {
        module.path
        for module in modules()
        for node in module.nodes()
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"})
        or (isinstance(node, ast.alias) and node.name in {"environ", "getenv"})
    }

    assert readers == {"app/settings.py"}


def test_nothing_is_imported_inside_a_function() -> None:
    hidden = [
        f"{module.path}:{node.lineno}"
        for module in modules()
        for function in module.functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert hidden == []


def test_the_application_imports_nothing_by_being_imported() -> None:
    (root,) = (item for item in modules() if item.path == "app/__init__.py")

    assert [type(node) for node in root.tree.body] == [ast.Expr]


@pytest.mark.parametrize(
    "reversed_text",
    [
        "/krow/",
        "gro.ipyp",
        "gro.detsohnohtyp",
        "gro.sjmpn",
        "oi.setarc",
        "gro.gnalog.yxorp",
    ],
    ids=["workplace", "pypi", "pythonhosted", "npm", "crates", "go"],
)
def test_no_committed_file_tells_where_it_was_made(reversed_text: str) -> None:
    forbidden = reversed_text[::-1]
    tells = pattern(rf"(?<![\w-]){escape(forbidden)}", IGNORECASE)

    found = [
        str(path)
        for path in committed_files()
        if tells.search(path.read_bytes().decode(errors="replace"))
    ]

    assert found == []
