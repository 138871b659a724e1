"""Versions: the registrations that State knows, found by device and by place."""

from app.registry.devices import Registration

CELL = 1_000
"""Micro-degrees of latitude, some 111 m: how places are looked up."""


class Versions:
    """Every known version of every device's description."""

    def __init__(self) -> None:
        """Begin with none."""
        self._of_device: dict[str, dict[int, Registration]] = {}
        self._of_cell: dict[int, set[tuple[str, int]]] = {}

    def add(self, registration: Registration) -> None:
        """Take in a version as it stands."""
        self._of_device.setdefault(registration.device, {})[registration.number] = registration
        if registration.latitude is not None:
            cell = registration.latitude // CELL
            self._of_cell.setdefault(cell, set()).add(registration.key)

    def of_device(self, device: str) -> list[Registration]:
        """Return a device's versions, in order."""
        known = self._of_device.get(device, {})
        return [known[number] for number in sorted(known)]

    def about(self, latitude: int) -> list[Registration]:
        """Return the versions that stand within a thousandth of a degree of a latitude."""
        cell = latitude // CELL
        keys = (key for at in (cell - 1, cell, cell + 1) for key in self._of_cell.get(at, ()))
        return [self._of_device[device][number] for device, number in sorted(keys)]
