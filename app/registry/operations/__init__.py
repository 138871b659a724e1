"""The OPERATIONS table: every verb that the log may hold, by its type."""

from hashlib import sha256
from importlib.resources import files
from typing import Any

from app.ledger.encoding import encode
from app.registry.errors import RefusalError
from app.registry.operation import Operation
from app.registry.operations.account_open import AccountOpen
from app.registry.operations.account_whitelist import AccountWhitelist
from app.registry.operations.device_approve import DeviceApprove
from app.registry.operations.device_automate import DeviceAutomate
from app.registry.operations.device_register import DeviceRegister
from app.registry.operations.genesis import RULES, Genesis
from app.registry.operations.issue import Issue
from app.registry.operations.issue_approve import IssueApprove
from app.registry.operations.issue_reject import IssueReject
from app.registry.operations.issue_request import IssueRequest
from app.registry.operations.issue_withdraw import IssueWithdraw
from app.registry.operations.measure import Measure
from app.registry.operations.measure_accept import MeasureAccept
from app.registry.operations.organisation_admit import OrganisationAdmit
from app.registry.operations.retire import Retire
from app.registry.operations.transfer import Transfer
from app.registry.operations.transfer_accept import TransferAccept
from app.registry.operations.transfer_close import TransferClose
from app.registry.operations.transfer_offer import TransferOffer

OPERATIONS: dict[str, type[Operation]] = {
    operation.type: operation
    for operation in (
        Genesis,
        OrganisationAdmit,
        AccountOpen,
        AccountWhitelist,
        DeviceRegister,
        DeviceApprove,
        DeviceAutomate,
        Measure,
        MeasureAccept,
        IssueRequest,
        IssueApprove,
        IssueReject,
        IssueWithdraw,
        Issue,
        Transfer,
        TransferOffer,
        TransferAccept,
        TransferClose,
        Retire,
    )
}


def parse_operation(value: dict[str, Any]) -> Operation:
    """Read an operation as it stands in a leaf or request. Raises RefusalError."""
    found = value.get("type")
    if type(found) is not str or found not in OPERATIONS:
        raise RefusalError("unknown-operation", "no operation has that type", pointer="/type")
    return OPERATIONS[found].parse(value)


def schema_files() -> dict[str, bytes]:
    """Return the published JSON Schema of every operation, as `<type>.<rules>.json` to bytes."""
    folder = files("app.registry.schemas")
    names = [f"{verb}.{RULES}.json" for verb in sorted(OPERATIONS)]
    return {name: folder.joinpath(name).read_bytes() for name in names}


def schemas_digest(schemas: dict[str, bytes]) -> str:
    """Return what genesis says of its schemas: the hash over each type and its file's hash."""
    suffix = f".{RULES}.json"
    pairs = sorted(
        [name.removesuffix(suffix), sha256(data).hexdigest()] for name, data in schemas.items()
    )
    return sha256(encode(pairs)).hexdigest()
