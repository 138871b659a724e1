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
from app.registry.operations.device_deregister import DeviceDeregister
from app.registry.operations.device_hand_over import DeviceHandOver
from app.registry.operations.device_register import DeviceRegister
from app.registry.operations.device_review import DeviceReview
from app.registry.operations.device_revise import DeviceRevise
from app.registry.operations.device_suspend import DeviceSuspend
from app.registry.operations.device_take_over import DeviceTakeOver
from app.registry.operations.endorse import Endorse
from app.registry.operations.fuel_declare import FuelDeclare
from app.registry.operations.genesis import RULES, Genesis
from app.registry.operations.issue import Issue
from app.registry.operations.issue_approve import IssueApprove
from app.registry.operations.issue_reject import IssueReject
from app.registry.operations.issue_request import IssueRequest
from app.registry.operations.issue_review import IssueReview
from app.registry.operations.issue_submit import IssueSubmit
from app.registry.operations.issue_withdraw import IssueWithdraw
from app.registry.operations.measure import Measure
from app.registry.operations.measure_accept import MeasureAccept
from app.registry.operations.measure_adjust import MeasureAdjust
from app.registry.operations.measure_correct import MeasureCorrect
from app.registry.operations.organisation_admit import OrganisationAdmit
from app.registry.operations.organisation_review import OrganisationReview
from app.registry.operations.person_add import PersonAdd
from app.registry.operations.person_remove import PersonRemove
from app.registry.operations.record_erase import RecordErase
from app.registry.operations.retire import Retire
from app.registry.operations.transfer import Transfer
from app.registry.operations.transfer_accept import TransferAccept
from app.registry.operations.transfer_close import TransferClose
from app.registry.operations.transfer_offer import TransferOffer
from app.registry.operations.withdraw import Withdraw

OPERATIONS: dict[str, type[Operation]] = {
    operation.type: operation
    for operation in (
        Genesis,
        OrganisationAdmit,
        OrganisationReview,
        PersonAdd,
        PersonRemove,
        Endorse,
        RecordErase,
        AccountOpen,
        AccountWhitelist,
        DeviceRegister,
        DeviceRevise,
        DeviceReview,
        DeviceApprove,
        DeviceAutomate,
        DeviceSuspend,
        DeviceHandOver,
        DeviceTakeOver,
        DeviceDeregister,
        FuelDeclare,
        Measure,
        MeasureAccept,
        MeasureCorrect,
        MeasureAdjust,
        IssueRequest,
        IssueSubmit,
        IssueReview,
        IssueApprove,
        IssueReject,
        IssueWithdraw,
        Issue,
        Withdraw,
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
