"""The command `eac` as a person runs it: arguments in, exit status and both outputs out."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen, run
from typing import Any

import orjson

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "app.cli"]


@dataclass(frozen=True)
class Ran:
    """What a command printed and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON is what it is
        """The JSON object that was printed last."""
        return orjson.loads(self.out.splitlines()[-1])

    @property
    def refusal(self) -> str:
        """The one line in which an anticipated failure ends."""
        assert "Traceback" not in self.err
        return self.err.splitlines()[-1].removeprefix("eac: ")


def environment(**settings: str) -> dict[str, str]:
    """Return this environment with these settings of ours and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EAC_")}
    return {**kept, "PYTHONPATH": str(ROOT), **settings}


def ran(*arguments: str, folder: Path, **settings: str) -> Ran:
    """Run a command as a process of its own, in a folder."""
    done = run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(**settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def started(*arguments: str, folder: Path, **settings: str) -> Popen[bytes]:
    """Start a command as a process of its own, to be killed."""
    return Popen(
        [*COMMAND, *arguments], cwd=folder, env=environment(**settings), stdout=PIPE, stderr=PIPE
    )
