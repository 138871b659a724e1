"""Metered devices: what an importer must know of them, by id or by number."""

from collections import defaultdict
from collections.abc import Iterable
from re import compile as pattern

from sqlalchemy import or_, select

from app.reporting.rows import Row, fetch
from app.storage.storage import Storage
from app.storage.tables import devices, domains, registrations

_ID = pattern(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def find_metered(storage: Storage, names: Iterable[str]) -> dict[str, tuple[Row, list[Row]]]:
    """Return devices with the settings of their domains, and their versions, by id or GSRN.

    Every name that is known is a key; the parts of a multi-fuel device go by their ids alone.
    """
    wanted = set(names)
    ids = {name for name in wanted if _ID.fullmatch(name)}
    whole = devices.c.part_of.is_(None)
    query = (
        select(devices, domains.c.settings)
        .join(domains, domains.c.code == devices.c.domain)
        .where(or_(devices.c.id.in_(ids), whole & devices.c.gsrn.in_(wanted - ids)))
    )
    found = fetch(storage, query)
    versions: dict[str, list[Row]] = defaultdict(list)
    of_these = registrations.c.device.in_([row["id"] for row in found])
    for row in fetch(storage, select(registrations).where(of_these).order_by("device", "number")):
        versions[row["device"]].append(row)
    named = ((name, row) for row in found for name in (row["id"], row["gsrn"]) if name in wanted)
    return {name: (row, versions[row["id"]]) for name, row in named}
