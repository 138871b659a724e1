"""Officers over HTTP: persons of one organisation with keys of their own, and their word."""

from typing import Any
from uuid import uuid4

from tests.api.parties import Party


def officer(body: Party, name: str = "Somebody") -> Party:
    """Return a person of an organisation, behind a key of that person's own."""
    person = body.made("/persons", {"name": name})["id"]
    key = body.made("/keys", {"scope": "write", "person": person})["key"]
    return Party(body.client, key, body.id)


def word(party: Party, verb: str, members: dict[str, Any]) -> str:
    """Return the endorsement that a party gives for an operation."""
    said = {name: value for name, value in members.items() if name != "endorsement"}
    found: str = party.made("/endorsements", {"operation": {"type": verb, **said}})["id"]
    return found


def withdrawing(*items: dict[str, Any], **more: object) -> dict[str, Any]:
    """Return a withdrawal that nobody has endorsed yet."""
    return {
        "withdrawal": str(uuid4()),
        "items": list(items),
        "reason": "wrong-meter",
        "case": "case-7",
        "compensates": False,
        **more,
    }


def named(issuance: str, first: int, last: int) -> dict[str, Any]:
    """Return a range of certificates."""
    return {"issuance": issuance, "first": first, "last": last}


def withdrawn(first: Party, second: Party, asked: dict[str, Any], *holders: Party) -> Any:  # noqa: ANN401 - JSON
    """Withdraw with a second officer's word and the consents of holders; return the answer."""
    consents = [word(holder, "withdraw", asked) for holder in holders]
    said = {**asked, "endorsement": word(second, "withdraw", asked)}
    return first.made("/withdrawals", {**said, "consents": consents} if consents else said)


def adjusting(device: str, start: str, energy_wh: int) -> dict[str, Any]:
    """Return an adjustment that nobody has endorsed yet."""
    return {
        "adjustment": str(uuid4()),
        "device": device,
        "start": start,
        "energy_wh": energy_wh,
        "reason": "wrong-meter",
    }


def adjusted(first: Party, second: Party, asked: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Adjust with a second officer's word; return the answer."""
    endorsement = word(second, "measure.adjust", asked)
    return first.made("/adjustments", {**asked, "endorsement": endorsement})
