"""`eac serve` as a person runs it: a real server on a real port, asked over real connections."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from re import findall
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
        self, method: str, path: str, *, body: bytes | None = None, **headers: str
    ) -> tuple[HTTPResponse, bytes]:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_S)) as connection:
            connection.request(method, path, body=body, headers=headers)
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
    answer = connection.makefile("rb").read()
    serving.process.communicate(timeout=ANSWER_S)

    assert answer.startswith(b"HTTP/1.1 202 ")
    assert serving.process.returncode == 0


def wait_until_nobody_listens(port: int) -> None:
    until = monotonic() + ANSWER_S
    while monotonic() < until:
        try:
            create_connection(("127.0.0.1", port)).close()
        except OSError:
            return
        sleep(0.05)
    pytest.fail("it still listens")


@pytest.mark.parametrize("is_announced", [True, False], ids=["announced", "in chunks"])
def test_a_body_over_the_limit_is_refused_by_us(serving: Serving, *, is_announced: bool) -> None:
    body = b"x" * (BODY_BYTES_MAX + 1)
    length = (
        {"Content-Length": str(len(body))} if is_announced else {"Transfer-Encoding": "chunked"}
    )
    sent = body if is_announced else b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)

    answer, told = serving.ask(
        "POST", REPLAYS, body=sent, Authorization=f"Bearer {serving.key}", **length
    )

    assert answer.status == 413
    assert orjson.loads(told)["type"] == "/problems/payload-too-large"


def test_slow_senders_do_not_hold_all_threads(serving: Serving) -> None:
    slow = [serving.begin(length=1000) for _ in range(BODIES_AWAITED_OF_ONE_MAX)]
    refused = serving.begin(length=1000)

    health, _ = serving.ask("GET", "/v1/health")
    told = refused.makefile("rb").read()

    assert health.status == 200
    assert b"/problems/busy" in told
    for connection in (*slow, refused):
        connection.close()


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

    serving.ask("GET", "/v1/path-of-mine", **headers)
    serving.ask("GET", "/v1/blocks?cursor=query-of-mine", **headers)
    serving.ask("GET", f"{REPLAYS}/path-of-mine", **headers)
    serving.ask("GET", "/metrics", **headers)

    lines = serving.written()
    assert [line["event"] for line in lines if line["event"] != "request"] == ["serving"]
    assert [(line["route"], line["status"]) for line in lines[-4:]] == [
        ("other", 404),
        ("/v1/blocks", 400),
        ("other", 404),
        ("/metrics", 200),
    ]
    assert lines[-1]["key"] == serving.key.split("_")[1]
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

        _, told = serving.ask("GET", "/metrics", Authorization=f"Bearer {serving.key}")

    postgresql_databases.drop(settings.database_url)
    counted = 'eac_requests_total{method="GET",route="/v1/blocks",status="200"} 20.0'
    assert counted in told.decode().splitlines()
    assert serving.process.returncode == 0
