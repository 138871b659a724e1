"""The demo, run to its end once for all suites that compare something with it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import monotonic
from typing import Any

from tests.cli.commands import ran


@dataclass(frozen=True)
class DemoRun:
    """Where an undisturbed demo went, what it printed as JSON, and how long it took."""

    home: Path
    printed: dict[str, Any]
    lines: int
    seconds: float

    @property
    def url(self) -> str:
        return f"sqlite:///{self.home / 'registry.db'}"


@cache
def undisturbed(base: Path) -> DemoRun:
    """Run the demo, the first time that a session asks for it, in the session's folder."""
    folder = base / "undisturbed-demo"
    folder.mkdir()
    began = monotonic()
    done = ran("demo", "--home", "home", "--json", folder=folder)
    assert done.status == 0, done.err
    return DemoRun(
        home=folder / "home",
        printed=done.json,
        lines=len(done.out.splitlines()),
        seconds=monotonic() - began,
    )
