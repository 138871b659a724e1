"""The wheel carries all that the program needs, without a checkout beside it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copy2, copytree, ignore_patterns
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the wheel installs."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        copy2(ROOT / name, source)
    for name in ("app", "migrations"):
        copytree(ROOT / name, source / name, ignore=ignore_patterns("__pycache__"))
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir")
    subprocess.run([*pip, str(folder), str(source)], check=True)
    (wheel,) = folder.glob("*.whl")
    with ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def eac(installed: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("EAC_")},
        "PYTHONPATH": str(installed),
        "EAC_HOME": str(home),
    }
    return subprocess.run(
        [sys.executable, "-P", "-m", "app.cli", *words],
        check=False,
        capture_output=True,
        text=True,
        cwd=home.parent,
        env=environment,
    )


def test_an_installed_wheel_founds_and_audits_a_registry(installed: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"

    founded = eac(installed, home, "init", "--json")
    exported = eac(installed, home, "export", "--to", str(tmp_path / "export"))
    genesis = json.loads(founded.stdout)["genesis"]
    audited = eac(installed, home, "audit", str(tmp_path / "export"), "--genesis", genesis)

    assert (founded.returncode, exported.returncode, audited.returncode) == (0, 0, 0)
    assert audited.stdout.rstrip().endswith("verdict: sound")


def test_the_wheel_carries_every_package_and_every_file_beside_the_code(installed: Path) -> None:
    in_tree = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "app").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    carried = {str(path.relative_to(installed)) for path in (installed / "app").rglob("*")}

    assert in_tree <= carried
