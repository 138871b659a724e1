"""The source of the application, parsed: what the house tests look at."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from subprocess import run

ROOT = Path(__file__).parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One module of the application: its path from the root, its text and its tree."""

    path: str
    text: str
    tree: ast.Module

    def nodes(self) -> Iterator[ast.AST]:
        return ast.walk(self.tree)

    def functions(self) -> Iterator[Function]:
        for node in self.nodes():
            if isinstance(node, Function):
                yield node


@cache
def modules() -> tuple[Module, ...]:
    """Return every module of app and migrations."""
    paths = sorted([*ROOT.glob("app/**/*.py"), *ROOT.glob("migrations/**/*.py")])
    return tuple(_parse(path) for path in paths)


def modules_in(*rooms: str) -> list[Module]:
    """Return the modules of some rooms, such as "app/registry"."""
    return [item for item in modules() if item.path.startswith(tuple(f"{x}/" for x in rooms))]


@cache
def committed_files() -> tuple[Path, ...]:
    """Return what is committed or about to be: everything that Git does not ignore."""
    listed = run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = listed.stdout.decode().split("\0")
    return tuple(ROOT / name for name in names if name and (ROOT / name).is_file())


def _parse(path: Path) -> Module:
    text = path.read_text()
    return Module(path.relative_to(ROOT).as_posix(), text, ast.parse(text))
