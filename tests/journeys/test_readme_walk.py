"""The walk in the README: what a new user types, run as it stands there."""

import os
import sys
from pathlib import Path
from shutil import which
from subprocess import run

import pytest

from tests.bench.servers import free_port
from tests.house.sources import ROOT

WALK_S = 60


def block(mark: str) -> str:
    """Return the block of commands behind a mark in the README."""
    text = (ROOT / "README.md").read_text()
    _, _, rest = text.partition(f"<!-- {mark} -->\n```sh\n")
    return rest.partition("\n```\n")[0]


@pytest.mark.skipif(which("curl") is None, reason="the walk is told for curl")
def test_the_walk_from_a_key_to_a_retirement_and_its_receipt(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    environment = {name: text for name, text in os.environ.items() if not name.startswith("EAC_")}

    walked = run(
        ["bash", "-euo", "pipefail", "-c", block("walk")],
        cwd=tmp_path,
        env={**environment, "PORT": str(free_port()), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=WALK_S,
        check=False,
    )

    assert walked.returncode == 0, walked.stdout + walked.stderr
    assert '"state":"issued"' in walked.stdout
    assert '{"state":"retired","quantity":4' in walked.stdout
    assert "c2sp.org/tlog-proof@v1\nindex " in walked.stdout
    assert "sound" in walked.stdout
