"""The shelf: layouts by name, an operator's beside those that come with the program."""

import json
from pathlib import Path

import pytest

from app.layouts.errors import LayoutError
from app.layouts.shelf import Shelf, read_layout
from app.layouts.shipped import SHIPPED
from tests.layouts.meters import members


def put(folder: Path, name: str, **changes: object) -> None:
    text = json.dumps(members(**{"name": name, **changes}))
    (folder / f"{name}.json").write_text(text, encoding="utf-8")


def test_a_folder_that_is_not_there_leaves_what_comes_with_the_program(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "none")

    assert shelf.names() == SHIPPED
    assert [layout.name for layout in shelf.sound()] == list(SHIPPED)


def test_a_layout_that_is_put_there_is_found_at_once(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    put(tmp_path, "own", title="Ours")

    assert "own" in shelf.names()
    assert shelf.find("own").title == "Ours"


def test_what_comes_with_the_program_is_not_replaced(tmp_path: Path) -> None:
    put(tmp_path, "energy-csv", title="Ours")

    assert Shelf(tmp_path).find("energy-csv").title != "Ours"


@pytest.mark.parametrize("name", ["none", "../own", "", "own.json", "folder/own"])
def test_a_name_that_is_not_on_the_shelf_leads_nowhere(tmp_path: Path, name: str) -> None:
    (tmp_path / "shelf").mkdir()
    put(tmp_path, "own")

    with pytest.raises(KeyError):
        Shelf(tmp_path / "shelf").find(name)


def test_a_layout_by_another_name_than_its_files_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "own")
    (tmp_path / "own.json").rename(tmp_path / "other.json")

    with pytest.raises(LayoutError, match=r"/name: the file other\.json declares own"):
        Shelf(tmp_path).find("other")


def test_what_is_broken_is_refused_and_does_not_hide_the_others(tmp_path: Path) -> None:
    put(tmp_path, "own")
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe")
    shelf = Shelf(tmp_path)

    for name in ("broken", "binary"):
        with pytest.raises(LayoutError):
            shelf.find(name)
    assert {"broken", "binary", "own"} < set(shelf.names())
    assert [layout.name for layout in shelf.sound()] == sorted([*SHIPPED, "own"])


def test_a_layout_is_read_from_any_file(tmp_path: Path) -> None:
    put(tmp_path, "own")

    assert read_layout(tmp_path / "own.json").name == "own"
