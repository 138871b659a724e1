"""Members of a JSON object, taken one by one; what is left over is refused."""

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import TypeVar

from app.layouts.errors import LayoutError
from app.layouts.layout import Mapped

TEXT_MAX = 500
LIST_MAX = 2000

Item = TypeVar("Item")
Choice = TypeVar("Choice", bound=str)


class Members:
    """An object of a layout and where it stands."""

    def __init__(self, value: object, pointer: str = "") -> None:
        """Take an object. Raises LayoutError for anything else."""
        if not isinstance(value, dict):
            raise LayoutError(pointer=pointer, reason="an object is wanted here")
        self._values: dict[str, object] = dict(value)
        self._pointer = pointer

    def pointer(self, name: str) -> str:
        """Return where a member stands."""
        return f"{self._pointer}/{name.replace('~', '~0').replace('/', '~1')}"

    def error(self, name: str, reason: str) -> LayoutError:
        """Return the refusal of a member."""
        return LayoutError(pointer=self.pointer(name), reason=reason)

    def has(self, name: str) -> bool:
        """Say whether a member is there and not taken yet."""
        return name in self._values

    def take(self, name: str) -> object:
        """Take a member as it is. Raises LayoutError where it is missing."""
        if name not in self._values:
            raise self.error(name, "this member is missing")
        return self._values.pop(name)

    def text(self, name: str, default: str | None = None, *, least: int = 1) -> str:
        """Take a text."""
        if default is not None and not self.has(name):
            return default
        return read_text(self.take(name), self.pointer(name), least)

    def flag(self, name: str) -> bool:
        """Take true or false; false where it is missing."""
        value = self.take(name) if self.has(name) else False
        if not isinstance(value, bool):
            raise self.error(name, "true or false is wanted here")
        return value

    def number(self, name: str, *, least: int, most: int) -> int | None:
        """Take a whole number; None where it is missing."""
        if not self.has(name):
            return None
        value = self.take(name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.error(name, f"a whole number from {least} to {most} is wanted here")
        return value

    def choice(self, name: str, choices: Sequence[Choice], default: Choice | None = None) -> Choice:
        """Take one of several texts."""
        if default is not None and not self.has(name):
            return default
        value = self.take(name)
        for choice in choices:
            if choice == value:
                return choice
        raise self.error(name, f"one of these is wanted here: {', '.join(choices)}")

    def texts(self, name: str, *, least: int = 0) -> tuple[str, ...]:
        """Take a list of different texts, any of which may be empty; none where it is missing."""
        if not least and not self.has(name):
            return ()
        found = self.each(name, lambda value, pointer: read_text(value, pointer, 0))
        if len(found) < least:
            raise self.error(name, "an item is wanted here")
        if len(set(found)) < len(found):
            raise self.error(name, "a text is there twice")
        return found

    def each(self, name: str, read: Callable[[object, str], Item]) -> tuple[Item, ...]:
        """Take a list, each item read with its pointer."""
        value = self.take(name)
        if not isinstance(value, list) or len(value) > LIST_MAX:
            raise self.error(name, f"a list of up to {LIST_MAX} is wanted here")
        return tuple(read(item, f"{self.pointer(name)}/{at}") for at, item in enumerate(value))

    def mapped(self, name: str, values: str, choices: Sequence[str]) -> Mapped | None:
        """Take a column and what its labels stand for; None where it is missing."""
        if not self.has(name):
            return None
        own = Members(self.take(name), self.pointer(name))
        column = own.text("column", least=0)
        labels = Members(own.take(values), own.pointer(values))
        own.close()
        found = {label: labels.choice(label, choices) for label in labels.names()}
        if not found:
            raise own.error(values, "an entry is wanted here")
        return Mapped(column=column, values=MappingProxyType(found))

    def names(self) -> tuple[str, ...]:
        """Return the members that are not taken yet."""
        return tuple(self._values)

    def close(self) -> None:
        """Raise LayoutError where a member is left over."""
        for name in self._values:
            raise self.error(name, "this member is unknown here")


def read_text(value: object, pointer: str, least: int) -> str:
    """Return a text of some length. Raises LayoutError for anything else."""
    if not isinstance(value, str) or not least <= len(value) <= TEXT_MAX:
        reason = f"a text of {least} to {TEXT_MAX} characters is wanted here"
        raise LayoutError(pointer=pointer, reason=reason)
    return value
