"""Awaited bodies: slow senders are so many at once, and then no more."""

import pytest
from flask import Flask, request

from app.http import bodies
from app.http.bodies import AwaitedBodies
from app.registry.errors import RefusalError


def test_so_many_bodies_are_awaited_and_no_more() -> None:
    awaited = AwaitedBodies(most=2, most_of_one=2)

    with awaited.awaiting("a"), awaited.awaiting("b"), pytest.raises(RefusalError) as refused:
        awaited.awaiting("c").__enter__()

    assert refused.value.code == "busy"


def test_one_organisation_leaves_room_for_others() -> None:
    awaited = AwaitedBodies(most=3, most_of_one=1)

    with awaited.awaiting("a"), pytest.raises(RefusalError, match="busy"):
        awaited.awaiting("a").__enter__()
    with awaited.awaiting("a"), awaited.awaiting("b"):
        pass


def test_a_body_that_came_or_failed_leaves_its_room() -> None:
    awaited = AwaitedBodies(most=1, most_of_one=1)

    for _ in range(3):
        with pytest.raises(ConnectionError), awaited.awaiting("a"):
            raise ConnectionError

    with awaited.awaiting("b"):
        pass


@pytest.mark.parametrize("sent", [b"", b"x", b"x" * 100_000])
def test_a_view_reads_the_body_that_was_awaited(sent: bytes) -> None:
    app = Flask("bodies", static_folder=None)
    bodies.install(app)
    app.add_url_rule("/", view_func=lambda: request.get_data(cache=False), methods=["POST"])

    assert app.test_client().post("/", data=sent).data == sent
