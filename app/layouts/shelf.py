"""The shelf: layouts by name, those that ship and those that an operator has put there."""

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

    def find(self, name: str) -> Layout:
        """Return a layout. Raises KeyError for no such name, LayoutError for a broken one."""
        if name in SHIPPED:
            return shipped(name=name)
        if name not in self.names():
            raise KeyError(name)
        layout = parse_layout(text=(self._folder / f"{name}.json").read_text(encoding="utf-8"))
        if layout.name != name:
            reason = f"the file {name}.json declares {layout.name}"
            raise LayoutError(pointer="/name", reason=reason)
        return layout
