"""The shelf: layouts by name, those that ship and those that an operator has put there."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from app.layouts.errors import LayoutError
from app.layouts.layout import Layout
from app.layouts.parsing import parse_layout
from app.layouts.shipped import SHIPPED, shipped


class Shelf:
    """Layouts by name: an operator's are files `<name>.json` in one folder."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, which need not exist."""
        self._folder = folder

    def names(self) -> tuple[str, ...]:
        """Return every name, in order."""
        own = (path.stem for path in self._folder.glob("*.json"))
        return tuple(sorted({*SHIPPED, *own}))

    def sound(self) -> Iterator[Layout]:
        """Yield every layout that can be used, in the order of names."""
        for name in self.names():
            with suppress(KeyError, LayoutError):
                yield self.find(name)

    def find(self, name: str) -> Layout:
        """Return a layout. Raises KeyError for no such name, LayoutError for a broken one."""
        if name in SHIPPED:
            return shipped(name=name)
        if name not in self.names():
            raise KeyError(name)
        layout = read_layout(self._folder / f"{name}.json")
        if layout.name != name:
            reason = f"the file {name}.json declares {layout.name}"
            raise LayoutError(pointer="/name", reason=reason)
        return layout


def read_layout(path: Path) -> Layout:
    """Return the layout that a file declares. Raises LayoutError."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise LayoutError(pointer="", reason=f"{path} is not UTF-8") from error
    return parse_layout(text=text)
