"""Every refusal: a permanent public code, its kind and its title; doors map kinds to statuses."""

from enum import Enum


class Kind(Enum):
    """What sort of no it is."""

    INVALID = "the content is wrong"
    FORBIDDEN = "not yours to do"
    UNKNOWN = "unknown, or not visible to you"
    CONFLICT = "conflicts with the present state"
    STALE = "changed since it was read"
    HELD = "held"
    UNAVAILABLE = "not now"


REFUSALS: dict[str, tuple[Kind, str]] = {
    # shape of what is asked
    "unknown-field": (Kind.INVALID, "Unknown member"),
    "missing-field": (Kind.INVALID, "Member missing"),
    "invalid-field": (Kind.INVALID, "Member of a wrong type or form"),
    "invalid-text": (Kind.INVALID, "Text cannot be shown safely"),
    "invalid-id": (Kind.INVALID, "Not a lower-case UUID"),
    "invalid-timestamp": (Kind.INVALID, "Not a UTC time"),
    "invalid-interval": (Kind.INVALID, "Period does not end after it starts"),
    "invalid-quantity": (Kind.INVALID, "Not a whole number in range"),
    "quantity-not-positive": (Kind.INVALID, "Quantity not positive"),
    "ambiguous-quantity": (Kind.INVALID, "Either items or a quantity"),
    "invalid-number-range": (Kind.INVALID, "Range outside the issuance"),
    "duplicate-item": (Kind.INVALID, "Ranges overlap"),
    "too-many-ranges": (Kind.INVALID, "Too many ranges in one operation"),
    "operation-too-large": (Kind.INVALID, "Operation too large"),
    "unknown-operation": (Kind.INVALID, "No such operation"),
    "wrong-origin": (Kind.INVALID, "Meant for another registry"),
    "invalid-gsrn": (Kind.INVALID, "Not a GSRN"),
    "invalid-gln": (Kind.INVALID, "Not a GLN"),
    "invalid-eic": (Kind.INVALID, "Not an EIC"),
    "invalid-lei": (Kind.INVALID, "Not an LEI"),
    "invalid-vat-number": (Kind.INVALID, "Not a VAT number of that country"),
    "personal-data-not-allowed": (Kind.INVALID, "Free text has no place on the log"),
    "invalid-country": (Kind.INVALID, "Not a country"),
    "subdivision-country-mismatch": (Kind.INVALID, "Subdivision of another country"),
    "invalid-coordinates": (Kind.INVALID, "Not a place"),
    "unknown-code": (Kind.INVALID, "Unknown code"),
    "source-technology-mismatch": (Kind.INVALID, "Source and technology do not fit"),
    "source-not-eligible": (Kind.INVALID, "Energy source not certified in this domain"),
    "invalid-device-data": (Kind.INVALID, "Device data cannot be right"),
    "fuel-split-not-100": (Kind.INVALID, "Shares do not make up the whole"),
    "invalid-domain": (Kind.INVALID, "Domain settings cannot be right"),
    # who asks
    "unknown-organisation": (Kind.FORBIDDEN, "Organisation not admitted"),
    "forbidden-role": (Kind.FORBIDDEN, "Role missing"),
    "not-holder": (Kind.FORBIDDEN, "Not the holder"),
    "not-registrant": (Kind.FORBIDDEN, "Not the device's registrant"),
    "recipient-not-mandated": (Kind.FORBIDDEN, "Account of another organisation"),
    "separation-of-duties": (Kind.FORBIDDEN, "One party in two duties"),
    "reporter-not-authorised": (Kind.FORBIDDEN, "Not the device's measurement body"),
    "kyc-not-valid": (Kind.FORBIDDEN, "Identity not verified any more"),
    "withdrawal-not-authorised": (Kind.FORBIDDEN, "Second person or consent missing"),
    "organisation-suspended": (Kind.HELD, "Organisation suspended"),
    # what it is about
    "not-found": (Kind.UNKNOWN, "Not found"),
    # present state
    "already-initialised": (Kind.CONFLICT, "Registry has a genesis"),
    "idempotency-key-reused": (Kind.INVALID, "Same id, other content"),
    "id-in-use": (Kind.CONFLICT, "Id in use"),
    "organisation-exists": (Kind.CONFLICT, "Organisation takes part already"),
    "device-already-registered": (Kind.CONFLICT, "GSRN already registered"),
    "near-duplicate": (Kind.CONFLICT, "Another device of that size stands there"),
    "immutable-attribute": (Kind.CONFLICT, "Cannot be changed so"),
    "stale-version": (Kind.STALE, "Changed since it was read"),
    "device-not-eligible": (Kind.CONFLICT, "Device not approved for this"),
    "registration-boundary": (Kind.INVALID, "Period outside the registration"),
    "future-production": (Kind.INVALID, "Period not over yet"),
    "outside-operation-period": (Kind.INVALID, "Before the device was commissioned"),
    "measurement-overlap": (Kind.CONFLICT, "Measured already"),
    "duplicate-report": (Kind.CONFLICT, "File imported already"),
    "measurement-gap": (Kind.INVALID, "Undeclared gap"),
    "measurement-incomplete": (Kind.CONFLICT, "Period not wholly measured"),
    "exceeds-capacity": (Kind.INVALID, "More than the capacity allows"),
    "interval-granularity": (Kind.INVALID, "Period too long or too short"),
    "quality-not-issuable": (Kind.INVALID, "Readings of that quality are not issued on"),
    "adjustment-outstanding": (Kind.CONFLICT, "The device owes energy"),
    "netting-mismatch": (Kind.INVALID, "Net energy does not follow from gross"),
    "self-consumption-not-issued": (Kind.CONFLICT, "Self-consumption is not certified here"),
    "not-issued": (Kind.CONFLICT, "Not issued; correct it instead"),
    "finding-open": (Kind.CONFLICT, "A finding is not accepted yet"),
    "no-open-finding": (Kind.CONFLICT, "No finding to accept"),
    "span-boundary": (Kind.INVALID, "Period cuts a measured span"),
    "double-issuance": (Kind.CONFLICT, "Issued already"),
    "below-face-value": (Kind.INVALID, "Less energy than one certificate"),
    "too-many-spans": (Kind.INVALID, "Period too long for one issuance"),
    "issue-window-closed": (Kind.CONFLICT, "Production too old"),
    "request-already-decided": (Kind.CONFLICT, "Request already decided"),
    "issuance-mismatch": (Kind.INVALID, "Issuance not as the rules compute it"),
    "invalid-target-account": (Kind.INVALID, "Not an account to transfer to"),
    "offer-already-decided": (Kind.CONFLICT, "Offer already decided"),
    "not-whitelisted": (Kind.CONFLICT, "Receiver has not whitelisted the sender"),
    "insufficient-balance": (Kind.CONFLICT, "More than is held"),
    "withdrawal-not-possible": (Kind.CONFLICT, "Ended; cannot be withdrawn"),
    "already-retired": (Kind.CONFLICT, "Retired already"),
    "bundle-locked": (Kind.HELD, "Locked"),
    "invalid-state-transition": (Kind.CONFLICT, "State does not allow it"),
    "profile-not-kept": (Kind.CONFLICT, "Its readings may have been replaced"),
    "transfer-window-closed": (Kind.CONFLICT, "Transfer window closed"),
    "certificate-expired": (Kind.CONFLICT, "Retirement window closed"),
    "invalid-consumption-period": (Kind.INVALID, "Consumption period cannot be claimed"),
    # not now
    "clock-leapt": (Kind.UNAVAILABLE, "The clock has leapt"),
    "lease-lost": (Kind.UNAVAILABLE, "Another does it by now"),
    "outcome-unknown": (Kind.UNAVAILABLE, "Outcome unknown; repeat with the same id"),
    "busy": (Kind.UNAVAILABLE, "Too busy"),
}


class RefusalError(Exception):
    """An anticipated no: permanent code, occurrence, rule and JSON pointer."""

    def __init__(self, code: str, detail: str, *, rule: str = "", pointer: str = "") -> None:
        """Take a code of REFUSALS; detail names only what the caller may see."""
        self.kind, self.title = REFUSALS[code]
        self.code = code
        self.detail = detail
        self.rule = rule
        self.pointer = pointer
        super().__init__(f"{code}: {detail}")
