"""`eac` inside this process: the same entry point, without the cost of a new interpreter."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import main
from tests.cli.commands import Ran

Eac = Callable[..., Ran]


@pytest.fixture
def eac(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Eac:
    """Run `eac` in this test's folder, under settings of its own; call it as often as needed."""
    for name in [name for name in os.environ if name.startswith("EAC_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **settings: str) -> Ran:
        capsys.readouterr()
        with monkeypatch.context() as during:
            during.setattr(sys, "argv", ["eac", *arguments])
            for name, value in settings.items():
                during.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main()
        shown = capsys.readouterr()
        return Ran(int(ended.value.code or 0), shown.out, shown.err)

    return run
