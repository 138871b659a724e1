"""Applications: who asks to be admitted, with a record in the vault, and what was decided.

The same application is known again by a fingerprint of all that it says, which goes with its record
when that is erased: from then on the same words are a new application.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from app.ledger.encoding import EncodingError, encode_document
from app.registry.errors import RefusalError
from app.registry.fields import COUNTRY, ID, listed, text
from app.registry.operations.organisation_admit import OrganisationAdmit
from app.registry.organisations import ADMITTED_ROLES, AUDITOR
from app.registry.windows import add_months
from app.services.ids import new_id
from app.services.record import Asked
from app.services.vault import Vault

PENDING = "pending"
ADMITTED = "admitted"
REJECTED = "rejected"
STATES = (PENDING, ADMITTED, REJECTED)

REVIEW_MONTHS = {"low": 36, "normal": 24, "high": 12}
"""How long an identity counts as verified, by the class of risk (REGISTRY 8.2)."""
NORMAL = "normal"

REASON_MAX = 64
DAY_MS = 86_400_000
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

    def verified_until(self, risk_class: str = NORMAL) -> int:
        """Return until when its identity counts as verified, from when it was asked (8.2)."""
        asked_on = datetime.fromtimestamp(self.asked_at // 1000, UTC).date()
        last = add_months(asked_on, REVIEW_MONTHS[risk_class])
        return (last.toordinal() - asked_on.toordinal()) * DAY_MS + self.asked_at


class Applications(Protocol):
    """Where applications are kept, and the vault beside them; roles are parted by spaces."""

    def add(
        self,
        *,
        organisation: str,
        roles: str,
        country: str,
        record: str,
        sealed: bytes,
        asked_as: str,
        registered_as: str | None,
    ) -> bool:
        """Keep an application with its vault row; say no where the same was asked already.

        Raises RefusalError organisation-exists where one of that registration is admitted.
        """

    def find_asked(self, asked_as: str) -> Row | None:
        """Return the application that was asked so."""

    def find(self, organisation: str) -> Row | None:
        """Return the application of an organisation."""

    def list(self, *, state: str | None, after: str | None, limit: int) -> Sequence[Row]:
        """Return applications in order of their organisations' ids."""

    def decide(self, organisation: str, *, state: str, reason: str | None) -> None:
        """Decide an application that is pending; leave any other as it is.

        Of those with one registration one alone is admitted; another stays pending.
        """

    def sealed(self, commitments: Sequence[str]) -> dict[str, bytes]:
        """Return rows of the vault, by commitment."""


class Onboarding:
    """Takes applications and decides them; the admission itself is an operation on the log."""

    def __init__(self, applications: Applications, vault: Vault) -> None:
        """Take where applications are kept, and what seals their records."""
        self._applications = applications
        self._vault = vault

    def apply(
        self, *, key: str, roles: Sequence[str], country: str, record: dict[str, Any]
    ) -> tuple[Application, bool]:
        """Keep an application and its record; return it, and whether it is new.

        The same under the same key gives the one that stands; of strangers who choose the same
        key each has their own. Raises RefusalError, among them organisation-exists where an
        organisation of that country and registration number is admitted.
        """
        COUNTRY.parse(country, "/country")
        asked = _checked_roles(roles)
        said = _encoded(record)
        commitment, attachments = self._vault.commit(record)
        asked_as = self._vault.fingerprint(
            {"key": key, "roles": list(asked), "country": country, "record": said}
        )
        is_new = self._applications.add(
            organisation=new_id(),
            roles=" ".join(asked),
            country=country,
            record=commitment,
            sealed=attachments.vault[0][1],
            asked_as=asked_as,
            registered_as=self._registration(country, record.get("registration_number")),
        )
        row = self._applications.find_asked(asked_as)
        if row is None:
            raise RefusalError("busy", "it was erased this moment")
        return _application(row), is_new

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
        Raises RefusalError not-found, invalid-field, organisation-exists, request-already-decided.
        """
        _check_decision(state, reason)
        self.must_find(organisation)
        self._applications.decide(organisation, state=state, reason=reason or None)
        decided = self.must_find(organisation)
        if (state, decided.state) == (ADMITTED, PENDING):
            raise RefusalError(
                "organisation-exists", "another of that country and number is admitted"
            )
        if (decided.state, decided.reason) != (state, reason or None):
            raise RefusalError("request-already-decided", f"it is {decided.state}")
        return decided

    def records_of(self, commitments: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return what the vault holds under commitments, by commitment, as far as it does.

        Raises InvalidTag where a row was altered.
        """
        return {name: record for name, (_, record) in self.opened(commitments).items()}

    def opened(self, commitments: Sequence[str]) -> dict[str, tuple[bytes, dict[str, Any]]]:
        """Return salts and records, by commitment. Raises InvalidTag where a row was altered."""
        sealed = self._applications.sealed(commitments) if commitments else {}
        return {name: self._vault.open(name, row) for name, row in sealed.items()}

    def must_find(self, organisation: str) -> Application:
        """Return the application of an organisation. Raises RefusalError not-found."""
        found = self.find(organisation)
        if found is None:
            raise RefusalError("not-found", "no such application")
        return found

    def _registration(self, country: str, number: str | None) -> str | None:
        """Return what two applications with the same registration have in common."""
        spelled = "".join(sign for sign in (number or "").upper() if sign.isalnum())
        return self._vault.fingerprint({"country": country, "number": spelled}) if spelled else None


def admit_operation(
    application: Application,
    *,
    id: str,
    origin: str,
    by: str,
    person: str | None = None,
    kyc_until: int | None = None,
) -> Asked:
    """Return the operation that admits who has applied; its record is in the vault already.

    Unless said otherwise, its identity counts as verified for as long as normal risk allows.
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
            kyc_until=application.verified_until() if kyc_until is None else kyc_until,
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


def _encoded(record: dict[str, Any]) -> str:
    """Return a record's canonical text. Raises RefusalError where it is none, or too long."""
    try:
        body = encode_document(record)
    except EncodingError as error:
        raise RefusalError("invalid-field", str(error), pointer="/record") from error
    if len(body) > RECORD_BYTES_MAX:
        raise RefusalError(
            "operation-too-large", f"at most {RECORD_BYTES_MAX} bytes", pointer="/record"
        )
    return body.decode()


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
