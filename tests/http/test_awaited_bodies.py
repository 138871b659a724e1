"""Awaited bodies: slow senders are so many at once, and then no more."""

from io import BytesIO
from threading import Event, Thread

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.http import bodies, limits, problems
from app.http.bodies import AwaitedBodies
from app.http.json import OrjsonProvider
from app.http.limits import BODY_BYTES_MAX
from app.registry.errors import RefusalError


def test_so_many_bodies_are_awaited_and_no_more() -> None:
    awaited = AwaitedBodies(most=2, most_of_one=2, room_s=0)

    with awaited.awaiting("a"), awaited.awaiting("b"), pytest.raises(RefusalError) as refused:
        awaited.awaiting("c").__enter__()

    assert refused.value.code == "busy"


def test_one_organisation_leaves_room_for_others() -> None:
    awaited = AwaitedBodies(most=3, most_of_one=1, room_s=0)

    with awaited.awaiting("a"), pytest.raises(RefusalError, match="busy"):
        awaited.awaiting("a").__enter__()
    with awaited.awaiting("a"), awaited.awaiting("b"):
        pass


def test_whoever_finds_no_room_waits_for_the_next_that_leaves() -> None:
    awaited = AwaitedBodies(most=1, most_of_one=1, room_s=60)
    let_in = Event()

    def follow() -> None:
        with awaited.awaiting("b"):
            let_in.set()

    follower = Thread(target=follow)
    with awaited.awaiting("a"):
        follower.start()
        came_too_early = let_in.wait(0.05)
    follower.join()

    assert (came_too_early, let_in.is_set()) == (False, True)


def test_a_body_that_came_or_failed_leaves_its_room() -> None:
    awaited = AwaitedBodies(most=1, most_of_one=1, room_s=0)

    for _ in range(3):
        with pytest.raises(ConnectionError), awaited.awaiting("a"):
            raise ConnectionError

    with awaited.awaiting("b"):
        pass


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("bodies", static_folder=None)
    app.json = OrjsonProvider(app)
    limits.install(app)
    bodies.install(app)
    problems.install(app, unavailable=())
    app.add_url_rule("/", view_func=lambda: request.get_data(cache=False), methods=["POST"])
    return app.test_client()


def send(client: FlaskClient, sent: bytes, **environ: str) -> TestResponse:
    """Send a body as a server hands it on that ends the stream itself."""
    made = {"wsgi.input_terminated": True, **environ}
    return client.post("/", input_stream=BytesIO(sent), environ_overrides=made)


@pytest.mark.parametrize("sent", [b"", b"x", b"x" * 100_000])
def test_a_view_reads_the_body_that_was_awaited(client: FlaskClient, sent: bytes) -> None:
    announced = send(client, sent, CONTENT_LENGTH=str(len(sent)))
    in_chunks = send(client, sent, HTTP_TRANSFER_ENCODING="chunked")

    assert (announced.data, in_chunks.data) == (sent, sent)


@pytest.mark.parametrize(
    ("excess", "status"), [(-1, 200), (0, 413), (1, 413), (BODY_BYTES_MAX, 413)]
)
def test_chunks_are_refused_where_they_are_too_many_to_be_read_whole(
    client: FlaskClient, excess: int, status: int
) -> None:
    sent = b"x" * (BODY_BYTES_MAX + excess)

    answer = send(client, sent, HTTP_TRANSFER_ENCODING="chunked")

    assert answer.status_code == status


def test_a_body_that_ends_early_is_not_taken_for_the_whole(client: FlaskClient) -> None:
    answer = send(client, b"first line\n", CONTENT_LENGTH="22")

    assert (answer.status_code, answer.get_json()["type"]) == (400, "/problems/bad-request")
