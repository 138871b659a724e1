"""The whole gate: lint, format, types, layers, tests on both databases, coverage."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PURE = "app/registry/*,app/ledger/*,app/consensus/*,app/audit/*"
STEPS = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("mypy",),
    ("lint-imports",),
    ("coverage", "erase"),
    ("coverage", "run", "-m", "pytest", "-n", "2", "--dist", "worksteal", "-q"),
    ("coverage", "combine", "--quiet"),
    ("coverage", "report", "--fail-under=95"),
    ("coverage", "report", "--fail-under=100", f"--include={PURE}"),
)


def main() -> None:
    """Run every step with the tools of this virtual environment; stop at the first that fails."""
    tools = Path(sys.executable).parent
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}
    for step in STEPS:
        print(f"\n== {' '.join(step)}", flush=True)  # noqa: T201 - the gate's own words
        ran = subprocess.run([tools / step[0], *step[1:]], cwd=ROOT, env=environment, check=False)
        if ran.returncode:
            sys.exit(ran.returncode)


if __name__ == "__main__":
    main()
