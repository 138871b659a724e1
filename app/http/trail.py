"""The trail: every write of a known caller that was refused leaves a row before it is answered."""

from collections.abc import Iterator
from logging import getLogger
from time import time_ns

from flask import Flask, Response, current_app, g, request

from app.http.access import Caller, declared
from app.http.context import context
from app.http.problems import refusal_body
from app.http.request_id import request_id
from app.services.credentials import READ
from app.services.ids import new_id
from app.services.refusals import Refused

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_NOT_KEPT = frozenset({"rate-limited"})
"""What would let a caller fill the table."""
_logger = getLogger(__name__)


def install(app: Flask, *, unavailable: tuple[type[Exception], ...]) -> None:
    """Keep refusals; `unavailable` says that the database cannot be written, which is logged."""

    def keep(answer: Response) -> Response:
        rows = list(_rows(answer))
        try:
            if rows:
                context().refusals.add(rows)
        except unavailable:
            for row in rows:
                _logger.exception("refusal %s of %s is not on the trail", row.code, row.operation)
        return answer

    app.after_request(keep)


def _rows(answer: Response) -> Iterator[Refused]:
    if "refused" not in g and "refused_items" not in g:
        return
    who: Caller | None = g.get("caller")
    if who is None or _is_read():
        return
    for operation, type_, refusal in g.get("refused_items", ()):
        status = refusal_body(refusal)["status"]
        yield _row(who, operation, type_, status, (refusal.code, refusal.rule, refusal.pointer))
    refused = g.get("refused")
    if refused is not None and refused.code not in _NOT_KEPT:
        operation, type_ = g.get("asked", (None, None))
        about = (refused.code, refused.rule, refused.pointer)
        yield _row(who, operation, type_, answer.status_code, about)


def _is_read() -> bool:
    """Say whether nothing was to be recorded: also of a POST for which a reading key is enough."""
    access = declared(current_app, request.endpoint or "")
    return request.method in _READS or access is None or access.scope == READ


def _row(
    who: Caller,
    operation: str | None,
    type_: str | None,
    status: int,
    about: tuple[str, str, str],
) -> Refused:
    code, rule, pointer = about
    return Refused(
        id=new_id(),
        refused_at=time_ns() // 1_000_000,
        organisation=who.organisation,
        request=request_id(),
        operation=operation,
        type=type_,
        status=status,
        code=code,
        rule=rule,
        pointer=pointer,
    )
