"""Operations as they stand in leaves, and every way in which one member of them can be wrong."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from re import fullmatch
from typing import Any

from builders import (
    BOILER,
    CLERK,
    DEVICE,
    GSRNS,
    ISSUED,
    OFFER,
    REGISTERED_DEVICE,
    RETIRE,
    RIVAL,
    SETTINGS,
    TRANSFER,
    UNKNOWN,
    WITHDRAW,
    acceptable,
    approve_device,
    close_offer,
    correct,
    day,
    day_span,
    finding,
    measure,
    register,
    request,
    revise,
    two_domains,
)

from app.registry.domains import Deadline, DomainSettings, IssueWindow
from app.registry.measurements import DeclaredQuality, Netting
from app.registry.operation import Operation
from app.registry.operations.device_revise import Repowering
from app.registry.ranges import Range

UUID = "[0-9a-f-]{36}"
TIME = r"\d{4}-\d\d-\d\dT.*Z"
DATE = r"\d{4}-\d\d-\d\d"

PLACED = {"latitude", "longitude", "subdivision", "storage_wh"}
REPORTED = {"findings", "qualities", "netting", "part_of"}
OPTIONAL = {
    "device.register": {*PLACED, "part_of"},
    "device.revise": {*PLACED, "repowering", "correction"},
    "device.approve": {"reviewed"},
    "measure": {*REPORTED, "gaps"},
    "measure.correct": REPORTED,
    "issue.request": {"late", "draft"},
    "withdraw": {"consents"},
    "transfer": {"items", "quantity"},
    "transfer.offer": {"items", "quantity"},
    "retire": {"items", "quantity"},
}
OPTIONAL_ANYWHERE = {
    "person",
    "transfer_months",
    "retire_months",
    "retire_deadline",
    "capacity_w_most",
}
ZERO_ALLOWED = {
    "energy_wh",
    "carried_in_wh",
    "carried_out_wh",
    "automatic_wh",
    "storage_wh",
    "second_person_w",
    "second_person_wh",
    "gross_wh",
    "deducted_wh",
    "adjusted_wh",
    "deficit_in_wh",
    "deficit_out_wh",
}
MOST = {
    "transfer_months": 1_200,
    "retire_months": 1_200,
    "years": 50,
    "month": 12,
    "day": 31,
    "days": 36_600,
    "registration_years": 50,
    "share_bp": 10_000,
}
COORDINATES_MOST = {"latitude": 90_000_000, "longitude": 180_000_000}
RANGE_MEMBERS = {"issuance", "first", "last"}

WRONG_IDS = [
    "89843A3F-D0DC-592B-B7D3-EB6EFDAD9831",
    "89843a3fd0dc592bb7d3eb6efdad9831",
    "{89843a3f-d0dc-592b-b7d3-eb6efdad9831}",
    "89843a3f-d0dc-592b-b7d3-eb6efdad983",
    "89843a3f-d0dc-592b-b7d3-eb6efdad98311",
    "89843a3f-d0dc-592b-b7d3-eb6efdad983g",
    "89843a3f-d0dc-592b-b7d3-eb6efdad9831\n",
    "",
]
WRONG_TIMES = [
    "2025-01-01T00:00:00Z",
    "2025-01-01T00:00:00.000",
    "2025-01-01T00:00:00.000+00:00",
    "2025-01-01t00:00:00.000z",
    "2025-01-01 00:00:00.000Z",
    "2025-01-01T00:00:00.0000Z",
    "2025-01-01T00:00:00.000Z\n",
    "2025-01-01",
    "",
]
NO_TIMES = [
    "2025-02-30T00:00:00.000Z",
    "2025-01-01T24:00:00.000Z",
    "2025-01-01T23:59:60.000Z",
    "1969-12-31T23:59:59.999Z",
]
WRONG_DATES = ["2025-1-1", "20250101", "2025-W01-1", "2025-01-01T00:00:00.000Z", "01.01.2025", ""]
NO_DATES = ["2025-02-29", "2025-13-01", "0000-01-01"]
WRONG_TEXTS: dict[str, tuple[str, list[str]]] = {
    "origin": ("invalid-field", ["", "with space", "with+plus", "ö", "x" * 201, "x\n"]),
    "log_vkey": ("invalid-field", ["", "line\n", "ö", "x" * 401]),
    "record": ("invalid-field", ["", "AB" * 32, "ab" * 31, "ab" * 32 + "\n", "zz" * 32]),
    "attributes": ("invalid-field", ["", "AB" * 32, "ab" * 33]),
    "schemas": ("invalid-field", ["AB" * 32, "ab" * 31]),
    "root": ("invalid-field", ["AB" * 32, "ab" * 31]),
    "beneficiary": ("invalid-field", ["", "Energy Buyers Ltd", "ab" * 31]),
    "country": ("invalid-country", ["", "dk", "D", "DNK", "D1", "DK\n"]),
    "subdivision": (
        "subdivision-country-mismatch",
        ["", "DK", "DK-", "dk-84", "DK84", "DK-8444", "DK-84\n"],
    ),
    "reason": ("invalid-field", ["", "Reason", "-x", "1x", "x" * 65]),
    "code": ("invalid-field", ["", "Over-capacity", "x_y"]),
    "gsrn": (
        "invalid-gsrn",
        ["", "57131318040001346", "5713131804000134690", "57131318040001346X"],
    ),
    "energy_source": ("unknown-code", ["", "F", "F010501000", "f01050100", "101050100"]),
    "technology": ("unknown-code", ["", "T", "T020000000", "t020000", "T02-000"]),
    "kind": ("invalid-field", ["", "Production", "stores", "multi-fuel"]),
    "support": ("invalid-field", ["", "None", "no", "productions"]),
    "dissemination": ("invalid-field", ["", "Grid", "grids", "self-consumption"]),
    "outcome": ("invalid-field", ["", "Verified", "approved", "verified "]),
    "quality": ("invalid-field", ["", "Measured", "guessed", "measured,estimated"]),
    "qualities": ("invalid-field", ["", "Measured", "guessed"]),
    "digest": ("invalid-field", ["", "AB" * 32, "ab" * 31]),
    "correction": ("invalid-field", ["", "Case", "-x", "x" * 65]),
    "late": ("invalid-field", ["", "Late", "x_y"]),
    "case": ("invalid-field", ["", "Case-7", "7-case"]),
    "scheme": ("invalid-domain", ["", "GO", "eecs", "go-irec"]),
    "self_consumption": ("invalid-domain", ["", "No_issue", "issue", "no-issue"]),
    "domain": ("invalid-field", ["", "D", "dk", "1DK", "D" * 17]),
    "why": ("invalid-field", ["", "Recalled", "reject", "timed-out", "accepted"]),
    "usage": ("invalid-field", ["", "Disclosure", "own-use", "resale"]),
    "number_first": ("invalid-field", ["", "1" * 29, "1" * 31, "x" * 30]),
    "code_lists": ("invalid-field", ["", "EECS-1", "x" * 33]),
    "timezone": ("invalid-domain", ["", "Europe Copenhagen", "x" * 65]),
    "issuer_prefix": ("invalid-domain", ["", "12345678", "1234567890", "12345678x"]),
    "sources": ("unknown-code", ["", "F", "f01", "F010501001"]),
    "roles": ("invalid-field", ["", "operator", "issuing_body", "Buyer"]),
}
SLUGS = {"reason", "correction", "late", "case"}
FREE_TEXTS = ["two words", "somebody@example.org", "line\n"]
NO_SUCH = {"country": ["UK", "EL", "XX"]}
"""Texts of the right form that name nothing."""
IN_DOMAINS = {
    "code": ("invalid-domain", ["", "D", "dk", "1DK", "D" * 17]),
    "code_lists": ("unknown-code", ["", "EECS-1", "x" * 33]),
}
LONGEST = {
    "domains": 32,
    "sources": 64,
    "issue_windows": 8,
    "roles": 4,
    "gaps": 100,
    "findings": 100,
    "netting": 100,
    "shares": 16,
    "reviewed": 100,
    "consents": 150,
    "items": 150,
    ("genesis", "qualities"): 4,
    ("measure", "qualities"): 100,
    ("measure.correct", "qualities"): 100,
    ("issue", "spans"): 400,
    ("measure", "spans"): 100,
    ("measure.correct", "spans"): 100,
    ("measure.accept", "spans"): 400,
}


@dataclass(frozen=True)
class Malformed:
    """A leaf's operation with one thing wrong, and how it is to be refused.

    `is_in_schema` is whether a JSON Schema of that member can see it.
    """

    plain: dict[str, Any]
    code: str
    pointer: str
    is_in_schema: bool = True


@cache
def samples() -> tuple[Operation, ...]:
    """Return operations of every verb in which every member is present at least once."""
    return (
        *(replace(operation, person=CLERK) for operation in acceptable().values()),
        replace(two_domains(), domains=(SETTINGS, every_setting())),
        *_described(),
        *_reported(),
        replace(approve_device(REGISTERED_DEVICE), reviewed=(DEVICE,)),
        replace(request(ISSUED, 0, 0), late="found-later", draft=True),
        replace(WITHDRAW, consents=(UNKNOWN,)),
        measure(day_span(5)),
        replace(TRANSFER, items=None, quantity=7),
        replace(OFFER, items=None, quantity=7),
        close_offer("rejected", by=RIVAL),
        replace(RETIRE, items=(Range(ISSUED, 1, 3), Range(ISSUED, 5, 5)), quantity=None),
        replace(RETIRE, period_start=day(0) + 1, usage="own_use"),
    )


def every_setting() -> DomainSettings:
    """Return settings in which every member is present."""
    return replace(
        two_domains().domains[1],
        retire_deadline=Deadline(years=2, month=3, day=28),
        issue_windows=(IssueWindow(days=400, capacity_w_most=150_000), IssueWindow(days=62)),
    )


def _described() -> tuple[Operation, ...]:
    """Return descriptions of a device in which every member is present."""
    return (
        replace(
            register(UNKNOWN, GSRNS[4]),
            latitude=-36_848_461,
            longitude=174_763_336,
            subdivision="DK-84",
            storage_wh=1,
            part_of=BOILER,
        ),
        replace(
            revise(DEVICE, version=2),
            latitude=56_000_000,
            longitude=-10_000_000,
            subdivision="DK-84",
            storage_wh=0,
            repowering=Repowering(on="2025-01-31", added_w=1),
            correction="case-7",
        ),
    )


def _reported() -> tuple[Operation, ...]:
    """Return reports in which every member is present."""
    qualities = (DeclaredQuality(start=day(5), quality="estimated"),)
    netting = (
        Netting(
            start=day(5),
            gross_wh=9,
            deducted_wh=5,
            adjusted_wh=3,
            deficit_in_wh=1,
            deficit_out_wh=7,
        ),
    )
    return tuple(
        replace(
            report,
            findings=(finding(day(5)),),
            qualities=qualities,
            netting=netting,
            part_of=BOILER,
        )
        for report in (measure(day_span(5)), correct(day_span(5)))
    )


def malformed() -> Iterator[Malformed]:
    """Yield every sample with each of its members wrong in each way."""
    for sample in samples():
        plain = sample.plain()
        yield from _of_object(plain, plain, "")
        for pointer, value in walk(plain):
            yield from _of_value(plain, pointer, value)


def walk(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON
    """Yield every value inside and its JSON pointer, but for the free authority set."""
    pairs: Sequence[tuple[Any, Any]] = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    )
    for name, item in pairs:
        here = f"{pointer}/{name}"
        if here != "/type":
            yield here, item
        if isinstance(item, dict | list) and here != "/authority_set":
            yield from walk(item, here)


def put(plain: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return a copy in which a pointer leads to another value."""
    copy = deepcopy(plain)
    *path, name = pointer.split("/")[1:]
    target: Any = copy
    for step in path:
        target = target[int(step) if isinstance(target, list) else step]
    target[int(name) if isinstance(target, list) else name] = value
    return copy


def _of_object(plain: dict[str, Any], value: dict[str, Any], pointer: str) -> Iterator[Malformed]:
    """Yield what is wrong where a member is missing or one too many."""
    is_range = value.keys() == RANGE_MEMBERS
    optional = OPTIONAL_ANYWHERE | (OPTIONAL.get(plain["type"], set()) if not pointer else set())
    for name in value:
        if name != "type" and name not in optional:
            copy = put(plain, f"{pointer}/{name}", None)
            _find(copy, pointer).pop(name)
            where = pointer if is_range else f"{pointer}/{name}"
            yield Malformed(copy, "invalid-field" if is_range else "missing-field", where)
    where = pointer if is_range else f"{pointer}/extra"
    code = "invalid-field" if is_range else "unknown-field"
    yield Malformed(put(plain, f"{pointer}/extra", 1), code, where)


def _find(plain: Any, pointer: str) -> Any:  # noqa: ANN401 - any JSON
    for step in pointer.split("/")[1:]:
        plain = plain[int(step) if isinstance(plain, list) else step]
    return plain


def _of_value(plain: dict[str, Any], pointer: str, value: Any) -> Iterator[Malformed]:  # noqa: ANN401 - any JSON
    for code, wrong, is_in_schema in _wrong_values(plain["type"], pointer, value):
        yield Malformed(put(plain, pointer, wrong), code, pointer, is_in_schema)
    if isinstance(value, dict) and pointer != "/authority_set":
        yield from _of_object(plain, value, pointer)


def _wrong_values(verb: str, pointer: str, value: Any) -> Iterator[tuple[str, Any, bool]]:  # noqa: ANN401 - any JSON
    """Yield the code of the refusal, a wrong value, and whether a schema sees that it is wrong."""
    if isinstance(value, bool):
        yield from _each("invalid-field", 0, 1, "true", None, [])
    elif isinstance(value, int):
        yield from _wrong_integers(pointer)
    elif isinstance(value, str):
        code, wrong_texts, no_such = _wrong_texts(pointer, value)
        if pointer.rsplit("/", 1)[1] in SLUGS:
            yield from _each("personal-data-not-allowed", *FREE_TEXTS)
        yield from _each(code, *wrong_texts, 1, 1.5, True, None, [], [value], {})
        yield from ((code, wrong, False) for wrong in no_such)
    elif isinstance(value, dict):
        yield from _each("invalid-field", [], "x", 1, None, True)
    else:
        name = pointer.rsplit("/", 1)[1]
        longest = LONGEST.get(name) or LONGEST[verb, name]
        yield from _each("invalid-field", {}, "x", 1, None, [])
        yield from _each("too-many-ranges", [value[0]] * (longest + 1))


def _each(code: str, *wrong: Any) -> Iterator[tuple[str, Any, bool]]:  # noqa: ANN401 - any JSON
    for value in wrong:
        yield code, value, True


def _wrong_integers(pointer: str) -> Iterator[tuple[str, Any, bool]]:
    name = pointer.rsplit("/", 1)[1]
    code = "invalid-coordinates" if name in COORDINATES_MOST else "invalid-quantity"
    yield from _each(code, True, False, 1.5, "1", None, [], {}, 2**53, 10**30)
    yield code, 1.0, False
    if name in MOST:
        yield from _each(code, MOST[name] + 1)
    if name in COORDINATES_MOST:
        yield from _each(code, COORDINATES_MOST[name] + 1, -COORDINATES_MOST[name] - 1)
    elif name == "interval_s_most":
        yield from _each(code, 59, 0, -1, 90_001)
    elif name in ZERO_ALLOWED:
        yield from _each(code, -1)
    else:
        low = "invalid-device-data" if name == "capacity_w" else "quantity-not-positive"
        yield from _each(low, 0, -1, -(2**60))


def _wrong_texts(pointer: str, value: str) -> tuple[str, list[str], list[str]]:
    """Return the code, texts of a wrong form, and texts of the right form that name nothing."""
    if fullmatch(UUID, value):
        return "invalid-id", WRONG_IDS, []
    if fullmatch(TIME, value):
        return "invalid-timestamp", WRONG_TIMES, NO_TIMES
    if fullmatch(DATE, value):
        return "invalid-timestamp", WRONG_DATES, NO_DATES
    name = next(step for step in reversed(pointer.split("/")) if not step.isdigit())
    in_domain = IN_DOMAINS.get(name) if pointer.startswith("/domains/") else None
    return (*(in_domain or WRONG_TEXTS[name]), NO_SUCH.get(name, []))
