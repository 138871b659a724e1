"""`eac serve` as a person runs it: a real server on a real port, asked over real connections."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from re import findall
from select import select
from socket import create_connection, create_server, socket
from time import monotonic, sleep

import orjson
import pytest

from app.factory import first_keys
from app.http.bodies import BODIES_AWAITED_OF_ONE_MAX
from app.http.limits import BODY_BYTES_MAX
from tests.cli.commands import COMMAND, environment, ran
from tests.databases import PostgresqlDatabases

START_S = 60
ANSWER_S = 60
"""Ends a test that would hang; nothing is measured."""
REPLAYS = "/v1/integrity/replays"


@dataclass
class Serving:
    """A server that runs, what it writes, and the operator's key."""

    process: subprocess.Popen[bytes]
    port: int
    key: str
    lines: Path

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[HTTPResponse, bytes]:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_S)) as connection:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer, answer.read()

    def begin(self, *, length: int) -> socket:
        """Send the head of a POST and the first byte of its body."""
        connection = create_connection(("127.0.0.1", self.port), timeout=ANSWER_S)
        connection.sendall(
            f"POST {REPLAYS} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {self.key}\r\n"
            f"Content-Length: {length}\r\nConnection: close\r\n\r\nx".encode()
        )
        return connection

    def written(self) -> list[dict[str, object]]:
        return [orjson.loads(line) for line in self.lines.read_bytes().splitlines()]


def free_port() -> int:
    with create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def until_it_answers(serving: Serving) -> None:
    until = monotonic() + START_S
    while monotonic() < until:
        assert serving.process.poll() is None, serving.lines.read_text()
        try:
            if serving.ask("GET", "/v1/health")[0].status == 200:
                return
        except OSError:
            sleep(0.1)
    pytest.fail("it does not answer")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A founded registry on SQLite, and the operator's key."""
    folder = tmp_path_factory.mktemp("serve")
    founded = ran("init", folder=folder, EAC_HOME="home")
    assert founded.status == 0
    return folder, findall(r"eac_[0-9a-f]{16}_[A-Za-z0-9_-]{43}", founded.out + founded.err)[0]


@contextmanager
def serve(*options: str, folder: Path, key: str, lines: Path, **settings: str) -> Iterator[Serving]:
    """Give a server that answers; it is ended, and waited for."""
    port = free_port()
    with lines.open("wb") as stderr:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port), *options],
            cwd=folder,
            env=environment(**settings),
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
        made = Serving(process, port, key, lines)
        try:
            until_it_answers(made)
            yield made
        finally:
            process.terminate()
            process.communicate(timeout=ANSWER_S)


@pytest.fixture
def serving(home: tuple[Path, str], tmp_path: Path) -> Iterator[Serving]:
    folder, key = home
    lines = tmp_path / "lines"
    with serve("--threads", "4", folder=folder, key=key, lines=lines, EAC_HOME="home") as made:
        yield made


def test_it_answers_names_no_server_and_ends_when_told(serving: Serving) -> None:
    answer, body = serving.ask("GET", "/v1/health")

    serving.process.send_signal(signal.SIGTERM)
    out, _ = serving.process.communicate(timeout=ANSWER_S)

    assert orjson.loads(body)["status"] == "ok"
    assert answer.headers["Server"] == "eac"
    assert (serving.process.returncode, out) == (0, b"")


def test_a_request_that_runs_is_finished_before_it_ends(serving: Serving) -> None:
    connection = serving.begin(length=2)
    serving.ask("GET", "/v1/health")

    serving.process.send_signal(signal.SIGINT)
    wait_until_nobody_listens(serving.port)
    connection.sendall(b"y")
    answer = read_all(connection)
    serving.process.communicate(timeout=ANSWER_S)

    assert answer.startswith(b"HTTP/1.1 202 ")
    assert serving.process.returncode == 0


def read_all(connection: socket) -> bytes:
    """Return what is sent until the other side closes."""
    with connection, connection.makefile("rb") as file:
        return file.read()


def wait_until_nobody_listens(port: int) -> None:
    until = monotonic() + ANSWER_S
    while monotonic() < until:
        try:
            create_connection(("127.0.0.1", port)).close()
        except OSError:
            return
        sleep(0.05)
    pytest.fail("it still listens")


def test_a_body_that_is_announced_over_the_limit_is_refused_unread(serving: Serving) -> None:
    told = read_all(serving.begin(length=BODY_BYTES_MAX + 1))

    assert told.startswith(b"HTTP/1.1 413 ")
    assert b"/problems/payload-too-large" in told


def test_chunks_over_the_limit_are_refused(serving: Serving) -> None:
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (BODY_BYTES_MAX, b"x" * BODY_BYTES_MAX)
    headers = {"Authorization": f"Bearer {serving.key}", "Transfer-Encoding": "chunked"}

    answer, told = serving.ask("POST", REPLAYS, body=body, headers=headers)

    assert answer.status == 413
    assert orjson.loads(told)["type"] == "/problems/payload-too-large"


def test_slow_senders_do_not_hold_all_threads(serving: Serving) -> None:
    slow = [serving.begin(length=1000) for _ in range(BODIES_AWAITED_OF_ONE_MAX + 3)]

    health, _ = serving.ask("GET", "/v1/health")
    told = [read_all(connection) for connection in answered(slow, 3)]

    assert health.status == 200
    assert [b"/problems/busy" in answer for answer in told] == [True, True, True]
    for connection in slow:
        connection.close()


def answered(connections: list[socket], count: int) -> list[socket]:
    """Return the connections that were answered, once there are so many."""
    until = monotonic() + ANSWER_S
    while monotonic() < until:
        ready, _, _ = select(connections, [], [], 1)
        if len(ready) >= count:
            return ready
        sleep(0.05)
    pytest.fail("too few are answered")


def test_slow_heads_hold_no_thread(serving: Serving) -> None:
    slow = [create_connection(("127.0.0.1", serving.port)) for _ in range(300)]
    for connection in slow:
        connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: ")

    health, _ = serving.ask("GET", "/v1/health")

    assert health.status == 200
    for connection in slow:
        connection.close()


def test_its_lines_are_json_without_what_was_sent(serving: Serving) -> None:
    secrets = [serving.key.split("_", 2)[2], "query-of-mine", "path-of-mine", "Bearer", "order-17"]
    headers = {"Authorization": f"Bearer {serving.key}", "Idempotency-Key": "order-17"}
    paths = ("path-of-mine", "blocks?cursor=query-of-mine", "integrity/replays/path-of-mine")

    for path in (*(f"/v1/{path}" for path in paths), "/metrics"):
        serving.ask("GET", path, headers=headers)
    serving.process.send_signal(signal.SIGTERM)
    serving.process.wait(timeout=ANSWER_S)

    lines = serving.written()
    requests = [line for line in lines if line["event"] == "request"]
    assert lines[0]["event"] == "serving"
    assert [(line["route"], line["status"]) for line in requests[-4:]] == [
        ("other", 404),
        ("/v1/blocks", 400),
        ("other", 404),
        ("/metrics", 200),
    ]
    assert requests[-1]["key"] == serving.key.split("_")[1]
    text = serving.lines.read_text()
    assert [secret for secret in secrets if secret in text] == []


@pytest.mark.parametrize(
    ("options", "settings", "told"),
    [
        (
            ["--workers", "2"],
            {},
            "one writer at a time is all that SQLite has: --workers 1",
        ),
        ([], {"EAC_RATE_PER_MINUTE": "-1"}, "EAC_RATE_PER_MINUTE is a whole number"),
        ([], {"EAC_TRUSTED_PROXIES": "1e3"}, "EAC_TRUSTED_PROXIES is a whole number"),
    ],
)
def test_what_cannot_be_served_is_told_in_one_line(
    home: tuple[Path, str], options: list[str], settings: dict[str, str], told: str
) -> None:
    refused = ran("serve", *options, folder=home[0], EAC_HOME="home", **settings)

    assert (refused.status, refused.refusal) == (2, told)


def test_a_port_that_is_taken_is_told_in_one_line(home: tuple[Path, str]) -> None:
    with create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        refused = ran("serve", "--port", str(port), folder=home[0], EAC_HOME="home")

    reason = os.strerror(98)
    assert refused.status == 2
    assert refused.refusal == f"127.0.0.1:{port} cannot be listened on: {reason}"


def test_workers_on_postgresql_tell_metrics_of_all_of_them(
    postgresql_databases: PostgresqlDatabases, tmp_path: Path
) -> None:
    settings = postgresql_databases.founded(tmp_path / "home")
    with serve(
        *("--workers", "2"),
        folder=tmp_path,
        key=first_keys(settings)["operator"],
        lines=tmp_path / "lines",
        EAC_HOME=str(settings.home),
        EAC_DATABASE_URL=settings.database_url,
    ) as serving:
        for _ in range(20):
            serving.ask("GET", "/v1/blocks")

        _, told = serving.ask("GET", "/metrics", headers={"Authorization": f"Bearer {serving.key}"})

    postgresql_databases.drop(settings.database_url)
    counted = 'eac_requests_total{method="GET",route="/v1/blocks",status="200"} 20.0'
    assert counted in told.decode().splitlines()
    assert serving.process.returncode == 0
