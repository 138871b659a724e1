"""Applications: who asks to be admitted, with a record in the vault, and what was decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.ledger.encoding import EncodingError, encode_document
from app.registry.errors import RefusalError
from app.registry.fields import COUNTRY, ID, listed, text
from app.registry.operations.organisation_admit import OrganisationAdmit
from app.registry.organisations import ADMITTED_ROLES, AUDITOR
from app.services.record import Asked
from app.services.vault import Vault

PENDING = "pending"
ADMITTED = "admitted"
REJECTED = "rejected"
STATES = (PENDING, ADMITTED, REJECTED)

REASON_MAX = 64
KYC_MS = 2 * 365 * 86_400_000
RECORD_BYTES_MAX = 16_384

Row = tuple[Any, ...]
"""An application's columns, in the order of Application's members."""

_ROLES = listed(text("|".join(ADMITTED_ROLES)), most=len(ADMITTED_ROLES))


@dataclass(frozen=True, slots=True)
class Application:
    """What an organisation asks to be; `record` commits to its record in the vault.

    Roles are sorted; instants in UTC milliseconds.
    """

    organisation: str
    roles: tuple[str, ...]
    country: str
    record: str
    state: str
    asked_at: int
    decided_at: int | None
    reason: str | None

    @property
    def content(self) -> tuple[str, tuple[str, ...], str, str]:
        """What was asked, whatever became of it."""
        return self.organisation, self.roles, self.country, self.record


class Applications(Protocol):
    """Where applications are kept, and the vault beside them; roles are parted by spaces."""

    def add(
        self, *, organisation: str, roles: str, country: str, record: str, sealed: bytes
    ) -> bool:
        """Keep an application with its vault row; say no where there is one already.

        Raises RefusalError id-in-use where the organisation is admitted without one.
        """

    def find(self, organisation: str) -> Row | None:
        """Return the application of an organisation."""

    def list(self, *, state: str | None, after: str | None, limit: int) -> Sequence[Row]:
        """Return applications in order of their organisations' ids."""

    def decide(self, organisation: str, *, state: str, reason: str | None) -> None:
        """Decide an application that is pending; leave any other as it is."""

    def sealed(self, commitments: Sequence[str]) -> dict[str, bytes]:
        """Return a row of the vault."""


class Onboarding:
    """Takes applications and decides them; the admission itself is an operation on the log."""

    def __init__(self, applications: Applications, vault: Vault) -> None:
        """Take where applications are kept, and what seals their records."""
        self._applications = applications
        self._vault = vault

    def apply(
        self, *, organisation: str, roles: Sequence[str], country: str, record: dict[str, Any]
    ) -> tuple[Application, bool]:
        """Keep an application and its record; return it, and whether it is new.

        The same again gives the one that stands. Raises RefusalError: idempotency-key-reused for
        other content under the same id, id-in-use for an id that was admitted without applying.
        """
        ID.parse(organisation, "/organisation")
        COUNTRY.parse(country, "/country")
        asked = _checked_roles(roles)
        commitment, sealed = self._commit(organisation, record)
        is_new = self._applications.add(
            organisation=organisation,
            roles=" ".join(asked),
            country=country,
            record=commitment,
            sealed=sealed,
        )
        found = self._must_find(organisation)
        if found.content != (organisation, asked, country, commitment):
            raise RefusalError("idempotency-key-reused", "its content is another", rule="R32")
        return found, is_new

    def find(self, organisation: str) -> Application | None:
        """Return the application of an organisation. Raises RefusalError invalid-id."""
        ID.parse(organisation, "/organisation")
        row = self._applications.find(organisation)
        return None if row is None else _application(row)

    def list(
        self, state: str | None = None, after: str | None = None, limit: int = 200
    ) -> Sequence[Application]:
        """Return applications, of one state or of all, in order of their organisations' ids.

        They begin after the id `after`. Raises RefusalError invalid-id, invalid-field.
        """
        if state is not None and state not in STATES:
            raise RefusalError("invalid-field", "no such state", pointer="/state")
        if after is not None:
            ID.parse(after, "/after")
        rows = self._applications.list(state=state, after=after, limit=limit)
        return [_application(row) for row in rows]

    def decide(self, organisation: str, *, state: str, reason: str | None) -> Application:
        """Admit or reject what is pending; return it, also where the same was decided before.

        Decide first and record `admit_operation` then: of an admission and a rejection at the
        same moment one alone comes through, and who was cut off in between may do both again.
        Raises RefusalError not-found, invalid-field, request-already-decided.
        """
        _check_decision(state, reason)
        self._must_find(organisation)
        self._applications.decide(organisation, state=state, reason=reason or None)
        decided = self._must_find(organisation)
        if (decided.state, decided.reason) != (state, reason or None):
            raise RefusalError("request-already-decided", f"it is {decided.state}")
        return decided

    def records_of(self, commitments: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return what the vault holds under commitments, by commitment, as far as it does.

        Raises InvalidTag where a row was altered.
        """
        sealed = self._applications.sealed(commitments)
        return {name: self._vault.open(name, row)[1] for name, row in sealed.items()}

    def _must_find(self, organisation: str) -> Application:
        found = self.find(organisation)
        if found is None:
            raise RefusalError("not-found", "no such application")
        return found

    def _commit(self, organisation: str, record: dict[str, Any]) -> tuple[str, bytes]:
        """Return commitment and sealed row, the commitment the same for the same record."""
        try:
            size = len(encode_document(record))
        except EncodingError as error:
            raise RefusalError("invalid-field", str(error), pointer="/record") from error
        if size > RECORD_BYTES_MAX:
            raise RefusalError(
                "operation-too-large", f"at most {RECORD_BYTES_MAX} bytes", pointer="/record"
            )
        salt = self._vault.derive_salt(f"organisation/{organisation}")
        _, attachments = self._vault.commit(record, salt=salt)
        return attachments.vault[0]


def admit_operation(
    application: Application, *, id: str, origin: str, by: str, person: str | None = None
) -> Asked:
    """Return the operation that admits who has applied; its record is in the vault already.

    Its identity counts as verified for two years from when it applied (REGISTRY 8.2, normal risk).
    """
    return Asked(
        OrganisationAdmit(
            id=id,
            origin=origin,
            by=by,
            organisation=application.organisation,
            roles=application.roles,
            country=application.country,
            record=application.record,
            kyc_until=application.asked_at + KYC_MS,
            person=person,
        )
    )


def _checked_roles(roles: Sequence[str]) -> tuple[str, ...]:
    """Return roles in order. Raises RefusalError for those that could not be admitted (R60)."""
    asked: list[str] = _ROLES.plain(tuple(roles), "/roles")
    if len(set(asked)) < len(asked):
        raise RefusalError("invalid-field", "roles are named once", pointer="/roles")
    if AUDITOR in asked and len(asked) > 1:
        raise RefusalError(
            "separation-of-duties", "an auditor is nothing besides", rule="R60", pointer="/roles"
        )
    return tuple(sorted(asked))


def _check_decision(state: str, reason: str | None) -> None:
    if state not in {ADMITTED, REJECTED}:
        raise RefusalError("invalid-field", "admitted or rejected", pointer="/state")
    if reason is not None and (len(reason) > REASON_MAX or not reason.isprintable()):
        raise RefusalError(
            "invalid-field", f"at most {REASON_MAX} printable characters", pointer="/reason"
        )


def _application(row: Row) -> Application:
    organisation, roles, *rest = row
    return Application(organisation, tuple(roles.split()), *rest)
