"""Keys: API keys of the caller's organisation: issued, rotated and revoked by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any

from marshmallow import Schema, fields

from app.api.answers import PageQuerySchema, instant, next_cursor, page, text, uuid
from app.api.door import BODIES, WRITES, Door, idempotent
from app.api.members import body_schema
from app.api.recording import must_be_bare
from app.http.access import ANY_KEY, caller
from app.http.context import context
from app.http.idempotency import REPLAYED, idempotency_key, operation_id
from app.http.paging import Form
from app.registry import fields as kinds
from app.registry.errors import RefusalError
from app.registry.fields import Id, Instant
from app.registry.organisations import OPERATOR
from app.services.credentials import ADMINISTER, OVERLAP_S_MAX, SCOPES, Key

PREFIX = "<string(length=16):prefix>"

Issued = tuple[dict[str, Any], HTTPStatus, dict[str, str]]
_HEADERS = {REPLAYED: "`true` where the answer of an earlier request is given again."}

door = Door("keys", "API keys.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A further key of the caller's organisation."""

    scope: Annotated[str, kinds.text("|".join(SCOPES)), "read; write besides; administer besides."]
    label: Annotated[str, kinds.text("[ -~]{0,64}"), "What it is for."] = ""
    expires_at: Annotated[Instant, "When it ends; never by default."] | None = None
    person: Annotated[Id, "Whose it is: what is asked with it is asked in that name."] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """How long the old key goes on working."""

    overlap_s: Annotated[int, kinds.whole(most=OVERLAP_S_MAX), "In seconds; 0 ends it now."] = 0


class KeySchema(Schema):
    """A key, without its secret."""

    prefix = text("By which it is found.")
    organisation = uuid("Whose it is.")
    person = uuid("Who of it alone uses it; null where that is not told.", is_null=True)
    scope = text("read, write or administer.")
    label = text("What it is for.")
    created_at = instant("When it was issued.")
    expires_at = instant("When it ends.", is_null=True)
    revoked_at = instant("When it was revoked.", is_null=True)


class IssuedKeySchema(KeySchema):
    """A key as it was issued."""

    key = text("The key, shown this once; null when asked again.", is_null=True)


class KeysQuerySchema(PageQuerySchema):
    """Which page."""

    cursor = Form(
        "[0-9a-f]{16}", metadata={"description": "`next` of the page before; none to begin."}
    )


class KeysSchema(Schema):
    """A page of keys, by prefix."""

    keys = fields.List(fields.Nested(KeySchema), required=True)
    next = next_cursor()


@door.view("/keys", may=[ANY_KEY], scope=ADMINISTER, answer=KeysSchema, query=KeysQuerySchema)
def show_keys(*, limit: int, cursor: str | None = None) -> dict[str, Any]:
    """List the keys of the caller's organisation, ended ones too."""
    rows = context().keys.of(caller().organisation, after=cursor, limit=limit + 1)
    return page("keys", [_plain(row) for row in rows], limit=limit, key="prefix")


@door.view(
    "/keys",
    may=[ANY_KEY],
    scope=ADMINISTER,
    answer=IssuedKeySchema,
    body=body_schema(NewKey),
    method="POST",
    status=HTTPStatus.CREATED,
    refuses=[
        *WRITES,
        *BODIES,
        "invalid-field",
        "invalid-timestamp",
        "invalid-interval",
        "invalid-id",
        "unknown-organisation",
        "not-found",
    ],
    headers=_HEADERS,
    parameters=idempotent(),
)
def issue_key(members: dict[str, Any]) -> Issued:
    """Issue a key. It is shown this once: asked again, the answer has everything but the key."""
    asked = NewKey(**members)
    who, keys = caller(), context().keys
    prefix = _prefix(who.organisation, idempotency_key())
    issued = None
    if keys.find(prefix) is None:
        issued = _unless_known(
            lambda: keys.issue(
                organisation=who.organisation,
                scope=asked.scope,
                label=asked.label,
                expires_at=asked.expires_at,
                prefix=prefix,
                person=asked.person,
            )
        )
    made = _own(prefix)
    if _said(made) != _said(asked):
        raise RefusalError("idempotency-key-reused", "its content is another", rule="R32")
    return _answer(made, issued)


@door.view(
    f"/keys/{PREFIX}/rotate",
    may=[ANY_KEY],
    scope=ADMINISTER,
    answer=IssuedKeySchema,
    body=body_schema(Rotation),
    method="POST",
    status=HTTPStatus.CREATED,
    refuses=[
        *WRITES,
        *BODIES,
        "invalid-field",
        "not-found",
        "invalid-state-transition",
    ],
    headers=_HEADERS,
    parameters=idempotent(),
)
def rotate_key(members: dict[str, Any], prefix: str) -> Issued:
    """Replace a key by a new one with the same scope; the old one ends after the overlap."""
    asked = idempotency_key()
    old = _own(prefix)
    successor = _prefix(old.organisation, f"{prefix}/{asked}")
    keys = context().keys
    issued = None
    if keys.find(successor) is None:
        overlap_s = Rotation(**members).overlap_s
        issued = _unless_known(
            lambda: keys.rotate(prefix, overlap_s=overlap_s, new_prefix=successor)
        )
    return _answer(_own(successor), issued)


@door.view(
    f"/keys/{PREFIX}",
    may=[ANY_KEY],
    scope=ADMINISTER,
    answer=KeySchema,
    method="DELETE",
    refuses=[*WRITES, *BODIES, "not-found"],
    parameters=idempotent(),
)
def revoke_key(prefix: str) -> dict[str, Any]:
    """Revoke a key of the caller's organisation; the operator may revoke any."""
    must_be_bare()
    idempotency_key()
    if OPERATOR not in caller().roles:
        _own(prefix)
    return _plain(context().keys.revoke(prefix))


def _own(prefix: str) -> Key:
    """Return a key of the caller's organisation, nobody else's: who rotates one has its successor.

    Raises RefusalError not-found.
    """
    found = context().keys.find(prefix)
    if found is None or found.organisation != caller().organisation:
        raise RefusalError("not-found", "no such key")
    return found


def _said(key: Key | NewKey) -> tuple[str, str, int | None, str | None]:
    return key.scope, key.label, key.expires_at, key.person


def _unless_known(issue: Callable[[], str]) -> str | None:
    """Return a key as it is issued; None where the same request, sent twice at once, has it."""
    try:
        return issue()
    except RefusalError as refusal:
        if refusal.code != "id-in-use":
            raise
        return None


def _answer(key: Key, issued: str | None) -> Issued:
    """Answer with a key that was issued; where it was before, without its secret."""
    replayed = {} if issued else {REPLAYED: "true"}
    return {**_plain(key), "key": issued}, HTTPStatus.CREATED, replayed


def _prefix(organisation: str, key: str) -> str:
    """Return the prefix of the key that a request makes, the same each time it is repeated."""
    made = f"key {operation_id(organisation, key)}"
    return sha256(made.encode()).hexdigest()[:16]


def _plain(key: Key) -> dict[str, Any]:
    return {
        "prefix": key.prefix,
        "organisation": key.organisation,
        "person": key.person,
        "scope": key.scope,
        "label": key.label,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
    }
