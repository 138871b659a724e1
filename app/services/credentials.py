"""Credentials: API keys of 256 random bits, shown once and kept as a hash, each with a scope."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from re import compile as pattern
from secrets import token_hex, token_urlsafe
from time import monotonic_ns, time_ns

from app.registry.errors import RefusalError
from app.registry.fields import ID, INSTANT, whole
from app.services.kept_keys import Credentials
from app.services.recent import Recent

READ = "read"
WRITE = "write"
ADMINISTER = "administer"
SCOPES = (READ, WRITE, ADMINISTER)
"""In order: each may do what those before it may."""

PREFIX_BYTES = 8
SECRET_BYTES = 32
LABEL_MAX = 64
OVERLAP_S_MAX = 604_800
"""A week: how long a key that was rotated may stay good."""
CACHE_MS = 1_000
NS_IN_MS = 1_000_000

_OVERLAP = whole(most=OVERLAP_S_MAX)
_PREFIX = pattern(r"[0-9a-f]{16}")
_TEXT = pattern(r"eac_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_NO_DIGEST = "0" * 64


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of an API key, never its secret; instants in UTC milliseconds.

    `revoked_at` may lie ahead: a key that was rotated is good until then. What is asked with the
    key of a `person` is asked in that person's name.
    """

    prefix: str
    organisation: str
    scope: str
    label: str
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    person: str | None = None

    @property
    def ends_at(self) -> int | None:
        """The first instant at which it is not good any more; None where there is none."""
        ends = (self.expires_at, self.revoked_at)
        return min((item for item in ends if item is not None), default=None)

    def is_good(self, *, now_ms: int) -> bool:
        """Say whether it is neither revoked nor expired."""
        return self.ends_at is None or now_ms < self.ends_at

    def has_scope(self, scope: str) -> bool:
        """Say whether it reaches as far as a scope."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)


@dataclass(frozen=True, slots=True)
class _Known:
    """A key whose text was right, and how far the database's clock is ahead of ours."""

    key: Key
    roles: frozenset[str] | None
    lead_ms: int


def _machine_ms() -> int:
    return time_ns() // NS_IN_MS


class ApiKeys:
    """Issues keys and knows them again; neither text nor secret is ever kept or logged.

    A key that was shown is remembered for `cache_ms` under the hash of its text: where another
    process revokes it or removes its person, this one takes it for at most that long. An end that
    was known when it was looked up is kept to the millisecond. Who is not admitted yet is looked up
    each time.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        cache_ms: int = CACHE_MS,
        clock_ms: Callable[[], int] = _machine_ms,
        steady_ns: Callable[[], int] = monotonic_ns,
    ) -> None:
        """Take where keys are kept, how long they are remembered, and this machine's clocks."""
        self._credentials = credentials
        self._clock_ms = clock_ms
        self._recent: Recent[_Known] = Recent(keep_ns=cache_ms * NS_IN_MS, steady_ns=steady_ns)

    def issue(
        self,
        *,
        organisation: str,
        scope: str = ADMINISTER,
        label: str = "",
        expires_at: int | None = None,
        prefix: str | None = None,
        person: str | None = None,
    ) -> str:
        """Return a new key of who is admitted or has applied: the only time that it is seen.

        Raises RefusalError, among them not-found for a person who does not act for it, and
        id-in-use where the prefix was given and stands already.
        """
        ID.parse(organisation, "/organisation")
        _check(scope, label)
        if expires_at is not None:
            self._check_end(expires_at)
        if not self._credentials.may_have_key(organisation):
            raise RefusalError(
                "unknown-organisation", "only who is admitted or has applied gets a key"
            )
        if person is not None:
            self._check_person(organisation, person)
        made, secret = _prefix(prefix), token_urlsafe(SECRET_BYTES)
        is_new = self._credentials.add(
            prefix=made,
            digest=_digest(secret),
            organisation=organisation,
            scope=scope,
            label=label,
            expires_at=expires_at,
            person=person,
        )
        if not is_new:
            raise RefusalError("id-in-use", "the key was issued, and is shown once only")
        return f"eac_{made}_{secret}"

    def identify(self, text: str) -> Key | None:
        """Return whose key it is and what it may; None for what is no good key of ours."""
        found = self.identify_with_roles(text)
        return None if found is None else found[0]

    def identify_with_roles(self, text: str) -> tuple[Key, frozenset[str]] | None:
        """Return a key with its organisation's roles, of which an applicant has none.

        None, after the same work, where it is unknown, wrong, revoked or expired.
        """
        shown = _TEXT.fullmatch(text)
        if shown is None:
            return None
        name = sha256(text.encode()).digest()
        known = self._recent.get(name) or self._look_up(name, shown[1], shown[2])
        if known is None:
            return None
        now_ms = self._clock_ms() + max(0, known.lead_ms)
        if not known.key.is_good(now_ms=now_ms):
            return None
        return known.key, known.roles or frozenset()

    def find(self, prefix: str) -> Key | None:
        """Return the key of a prefix, whatever became of it."""
        row = self._credentials.find(prefix) if _PREFIX.fullmatch(prefix) else None
        return None if row is None else Key(*row)

    def of(self, organisation: str, after: str | None = None, limit: int = 200) -> list[Key]:
        """Return an organisation's keys in order of their prefixes, from the one after `after`.

        Raises RefusalError invalid-id, invalid-field.
        """
        ID.parse(organisation, "/organisation")
        if after is not None and not _PREFIX.fullmatch(after):
            raise RefusalError("invalid-field", "not a key's prefix", pointer="/after")
        rows = self._credentials.of(organisation, after=after or "", limit=limit)
        return [Key(*row) for row in rows]

    def revoke(self, prefix: str) -> Key:
        """End a key now, or leave it as it ended; return it. Raises RefusalError not-found."""
        _must_be_prefix(prefix)
        self._credentials.revoke(prefix)
        self._recent.clear()
        key = self.find(prefix)
        if key is None:
            raise RefusalError("not-found", "no such key")
        return key

    def rotate(self, prefix: str, *, overlap_s: int, new_prefix: str | None = None) -> str:
        """Return a successor with the same organisation, person, scope, label and end.

        It is seen only now. The old key ends after the overlap, and cannot be rotated again. Raises
        RefusalError not-found; id-in-use where the new prefix was given and stands already;
        invalid-state-transition where the old key has ended or has a successor.
        """
        _OVERLAP.parse(overlap_s, "/overlap_s")
        _must_be_prefix(prefix)
        successor, secret = _prefix(new_prefix), token_urlsafe(SECRET_BYTES)
        self._credentials.replace(
            prefix, successor=successor, digest=_digest(secret), overlap_ms=overlap_s * 1_000
        )
        self._recent.clear()
        return f"eac_{successor}_{secret}"

    def forget(self) -> None:
        """Look every key up anew: somebody may have been removed."""
        self._recent.clear()

    def roles(self, organisation: str) -> frozenset[str]:
        """Return the roles of an organisation, none where it is not admitted."""
        return self._credentials.roles(organisation) or frozenset()

    def _look_up(self, name: bytes, prefix: str, secret: str) -> _Known | None:
        """Return what is kept where the secret is right; remember it of who is admitted."""
        until_ns = self._recent.deadline_ns()
        found = self._credentials.shown(prefix)
        digest = _NO_DIGEST if found is None else found[0]
        is_right = hmac.compare_digest(digest, _digest(secret))
        if found is None or not is_right:
            return None
        _, database_ms, roles, row = found
        known = _Known(Key(*row), roles, database_ms - self._clock_ms())
        if roles is not None:
            self._recent.put(name, known, until_ns=until_ns)
        return known

    def _check_person(self, organisation: str, person: str) -> None:
        ID.parse(person, "/person")
        if not self._credentials.has_person(organisation, person):
            raise RefusalError("not-found", "nobody who acts for it", pointer="/person")

    def _check_end(self, expires_at: int) -> None:
        INSTANT.plain(expires_at, "/expires_at")
        if expires_at <= self._clock_ms():
            raise RefusalError("invalid-interval", "it would be over", pointer="/expires_at")


def _check(scope: str, label: str) -> None:
    if scope not in SCOPES:
        raise RefusalError("invalid-field", "no such scope", pointer="/scope")
    if len(label) > LABEL_MAX or not label.isprintable():
        raise RefusalError(
            "invalid-field", f"at most {LABEL_MAX} printable characters", pointer="/label"
        )


def _must_be_prefix(prefix: str) -> None:
    """Let nothing reach the database that is no prefix of any key."""
    if not _PREFIX.fullmatch(prefix):
        raise RefusalError("not-found", "no such key")


def _prefix(given: str | None) -> str:
    """Return the prefix that our caller derived, or a random one."""
    if given is None:
        return token_hex(PREFIX_BYTES)
    if not _PREFIX.fullmatch(given):
        raise ValueError("a prefix is 16 hex digits")
    return given


def _digest(secret: str) -> str:
    """Return the hex SHA-256: enough for 256 random bits, which no list can hold."""
    return sha256(secret.encode()).hexdigest()
