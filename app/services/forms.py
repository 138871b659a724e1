"""Forms: operations, and what is kept beside them, in the form in which a block takes them."""

from collections.abc import Sequence
from typing import Any

from app.ledger.encoding import EncodingError
from app.ledger.leaves import LeafError, OperationLeaf
from app.registry.attachments import Attachments
from app.registry.errors import RefusalError
from app.registry.operation import Operation
from app.registry.state import Change


def plain_or_refusal(operation: Operation) -> dict[str, Any] | RefusalError:
    """Return the operation as its leaf will hold it, before any lock is taken."""
    try:
        return operation.plain()
    except RefusalError as refusal:
        return refusal


def leaf_of(plain: dict[str, Any], change: Change, cause: str | None) -> bytes:
    """Return an operation's leaf. Raises RefusalError where it is too large."""
    try:
        return OperationLeaf(plain, [move.plain for move in change.moves], cause).encode()
    except (LeafError, EncodingError) as error:
        raise RefusalError("operation-too-large", str(error)) from error


def joined(attachments: Sequence[Attachments]) -> Attachments:
    """Return what is kept beside several operations as one; of a span's readings the last."""
    newest = {row[:2]: row for item in attachments for row in item.readings}
    return Attachments(
        readings=list(newest.values()),
        documents=[row for item in attachments for row in item.documents],
        vault=[row for item in attachments for row in item.vault],
        erased=[row for item in attachments for row in item.erased],
    )
