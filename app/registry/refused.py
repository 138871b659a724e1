"""A refusal as the audit trail keeps it: who was refused what, when, and by which rule."""

from typing import NamedTuple


class Refused(NamedTuple):
    """One write that was refused; `refused_at` in UTC milliseconds, nothing of its content.

    `operation` and `type` are None where it was refused before it was an operation.
    """

    id: str
    refused_at: int
    organisation: str
    request: str
    operation: str | None
    type: str | None
    status: int
    code: str
    rule: str
    pointer: str
