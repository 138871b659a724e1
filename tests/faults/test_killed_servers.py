"""Servers that die around their commits: who repeats a request has it recorded once."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPException
from pathlib import Path
from random import Random
from time import monotonic, sleep

import psycopg
import pytest
from sqlalchemy import func, select

from app.factory import open_registry
from app.storage.engines import IDLE_S
from app.storage.tables import leaves
from tests.api.parties import period
from tests.databases import Backend
from tests.races.http_arena import Arena, Party, Stall
from tests.races.http_crew import Answer, Call
from tests.races.http_mortal import HEADER, NOW, UNHEARD, mortal
from tests.races.http_servers import Server
from tests.scenario import accept, automatic_device, measuring, organisation

pytestmark = pytest.mark.fault

WAIT_S = 60
KILLS = 5
WRITERS = 4
TURNS = 15
BULK = 2_500


@dataclass(frozen=True)
class Doomed:
    """A registry behind a server that dies when it is told to."""

    arena: Arena
    server: Server

    def lose(self, call: Call, when: str) -> None:
        """Have the server die over a request; return once there is another."""
        with pytest.raises((OSError, HTTPException)):
            self.server.ask(replace(call, more={HEADER: when}))
        self.server.await_start()

    def ask(self, call: Call) -> Answer:
        """Return the answer to a request."""
        return self.server.ask(call)

    def times(self, operation: str) -> int:
        """Return how often an operation stands on the log."""
        query = select(func.count()).where(leaves.c.operation == operation)
        with self.arena.registry.storage.reading() as connection:
            return connection.scalars(query).one()


@contextmanager
def opened(backend: Backend, home: Path) -> Iterator[Doomed]:
    """Give a founded registry behind such a server."""
    settings = backend.databases.founded(home)
    with open_registry(settings) as registry, mortal(settings) as server:
        yield Doomed(Arena(registry, [server]), server)
    backend.databases.drop(settings.database_url)


@pytest.fixture(scope="module")
def doomed_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Backend], Doomed]]:
    """Give what opens one for a backend when it is first asked for."""
    folder = tmp_path_factory.mktemp("doomed")
    made: dict[str, Doomed] = {}
    with ExitStack() as stack:

        def of(backend: Backend) -> Doomed:
            if backend.name not in made:
                made[backend.name] = stack.enter_context(opened(backend, folder / backend.name))
            return made[backend.name]

        yield of


@pytest.fixture
def doomed(backend: Backend, doomed_of: Callable[[Backend], Doomed]) -> Iterator[Doomed]:
    """Each kind of database in turn; whatever a test did, the log is sound afterwards."""
    made = doomed_of(backend)
    yield made
    made.arena.must_be_sound()


@pytest.fixture
def stall(doomed: Doomed) -> Stall:
    return doomed.arena.stall()


def singles(doomed: Doomed, stall: Stall) -> list[Call]:
    """Return one write of each kind that an operation alone answers."""
    seller, buyer = stall.seller, stall.buyer
    device, metering = automatic_device(doomed.arena.registry, seller.id)
    accept(doomed.arena.registry, measuring(metering, device))
    return [
        seller.retire(quantity=2),
        seller.move(buyer.account, stall.range(20, 22)),
        seller.offer(buyer.account, quantity=4),
        buyer.post("/accounts"),
        seller.post("/issuances", {"device": device, "account": seller.account, **period()}),
    ]


@pytest.mark.parametrize("when", ["before/1", "after/1", UNHEARD])
def test_a_write_that_is_repeated_after_the_server_died_is_recorded_once(
    doomed: Doomed, stall: Stall, when: str
) -> None:
    for call in singles(doomed, stall):
        doomed.lose(call, when)

        first, second = doomed.ask(call), doomed.ask(call)

        assert first.outcome == second.outcome == "accepted"
        assert first.is_replayed == (when != "before/1")
        assert second.is_replayed
        assert first.json == second.json
        assert first.headers["location"] == second.headers["location"]
        assert doomed.times(first.json["operation"]["id"]) == 1

    assert doomed.arena.holdings(stall.seller) == Counter(active=39, offered=4, retired=2)
    assert doomed.arena.holdings(stall.buyer) == Counter(active=3)


def test_a_write_that_is_not_repeated_is_there_if_it_was_committed(
    doomed: Doomed, stall: Stall
) -> None:
    seller = stall.seller

    doomed.lose(seller.retire(quantity=5), "before/1")
    before = doomed.arena.holdings(seller)
    doomed.lose(seller.retire(quantity=5), "after/1")
    after = doomed.arena.holdings(seller)

    assert before == Counter(active=24)
    assert after == Counter(active=19, retired=5)


@pytest.mark.parametrize(("when", "kept"), [("before/2", 1_000), ("after/2", 2_000)])
def test_a_bulk_request_that_died_half_way_goes_on_where_it_was(
    doomed: Doomed, stall: Stall, when: str, kept: int
) -> None:
    opening = [{"type": "account.open"}] * (BULK - 2)
    wrong = {"type": "retire"}
    moved = {"type": "transfer", "from": stall.seller.account, "to": stall.buyer.account}
    items = [{**moved, "quantity": 3}, *opening[:500], wrong, *opening[500:]]
    bulk = stall.seller.post("/operations", items)
    doomed.lose(bulk, when)

    first, second = (doomed.ask(bulk).json["outcomes"] for _ in range(2))

    assert [item["status"] for item in first] == [201] * 501 + [422] + [201] * (BULK - 502)
    recorded = [item for item in first if item["status"] == 201]
    assert [item["replayed"] for item in recorded] == [at < kept for at in range(len(recorded))]
    places = [item["index"] for item in recorded]
    assert places == sorted(set(places))
    again = [item for item in second if item["status"] == 201]
    assert again == [{**item, "replayed": True} for item in recorded]
    with doomed.arena.registry.storage.reading() as connection:
        ids = Counter(connection.scalars(select(leaves.c.operation)))
    assert {ids[item["id"]] for item in recorded} == {1}
    assert doomed.arena.holdings(stall.buyer) == Counter(active=3)


def applying() -> Call:
    return Call(
        "POST", "/organisations", "", {"name": "Patient Ltd", "country": "NZ", "roles": ["buyer"]}
    )


@pytest.mark.parametrize(
    ("when", "is_kept", "is_key_shown"),
    [
        ("before/1", False, True),
        ("after/1", True, True),
        ("before/2", True, True),
        ("after/2", True, False),
    ],
)
def test_an_application_that_is_repeated_is_one_application_with_one_key(
    doomed: Doomed, when: str, *, is_kept: bool, is_key_shown: bool
) -> None:
    call = applying()
    doomed.lose(call, when)

    first, second = doomed.ask(call), doomed.ask(call)

    assert (first.outcome, second.outcome) == ("accepted", "accepted")
    assert (first.is_replayed, second.is_replayed) == (is_kept, True)
    assert first.json["id"] == second.json["id"]
    assert [answer.json["key"] is not None for answer in (first, second)] == [is_key_shown, False]
    body = doomed.arena.body
    listed = doomed.ask(body.get("/applications?limit=200")).json["organisations"]
    states = [row["state"] for row in listed if row["id"] == first.json["id"]]
    assert states == ["pending"]
    if is_key_shown:
        applicant = Party(first.json["id"], first.json["key"])
        shown = doomed.ask(applicant.get(f"/organisations/{applicant.id}"))
        assert shown.json["state"] == "pending"


@pytest.mark.parametrize(
    ("when", "is_replayed"),
    [("before/1", False), ("after/1", False), ("before/2", False), ("after/2", True)],
)
def test_an_admission_that_is_repeated_stands_on_the_log_once(
    doomed: Doomed, when: str, *, is_replayed: bool
) -> None:
    applied = doomed.ask(applying()).json
    call = doomed.arena.body.post(f"/organisations/{applied['id']}/admit")
    doomed.lose(call, when)

    first, second = doomed.ask(call), doomed.ask(call)

    assert (first.outcome, second.outcome) == ("accepted", "accepted")
    assert (first.is_replayed, second.is_replayed) == (is_replayed, True)
    assert first.json == second.json
    assert doomed.times(first.json["operation"]["id"]) == 1
    admitted = Party(applied["id"], applied["key"])
    assert doomed.ask(admitted.post("/accounts")).is_accepted


@pytest.mark.parametrize(("when", "is_shown"), [("before/1", True), ("after/1", False)])
def test_a_key_that_is_asked_for_again_is_one_key_and_shown_once_at_the_most(
    doomed: Doomed, when: str, *, is_shown: bool
) -> None:
    owner = doomed.arena.party(organisation(doomed.arena.registry, "buyer"))
    call = owner.post("/keys", {"scope": "write", "label": "second"})
    doomed.lose(call, when)

    first, second = doomed.ask(call), doomed.ask(call)

    assert (first.status, second.status) == (201, 201)
    assert (first.json["key"] is not None, second.json["key"]) == (is_shown, None)
    assert {**first.json, "key": None} == second.json
    listed = doomed.ask(owner.get("/keys")).json["keys"]
    assert [row["prefix"] for row in listed if row["label"] == "second"] == [first.json["prefix"]]
    if is_shown:
        assert doomed.ask(Party(owner.id, first.json["key"]).get("/accounts")).status == 200


def persist(server: Server, call: Call) -> tuple[Counter[str], Answer]:
    """Repeat a request until it is answered for good; return also what it was told before."""
    told: Counter[str] = Counter()
    until = monotonic() + WAIT_S
    while monotonic() < until:
        try:
            answer = server.ask(call)
        except (OSError, HTTPException):
            told["nothing"] += 1
            sleep(0.02)
            continue
        if answer.status != 503:
            return told, answer
        told[answer.outcome] += 1
    raise TimeoutError(str(told))


def persist_with_all(server: Server, calls: Sequence[Call]) -> list[tuple[Counter[str], Answer]]:
    return [persist(server, call) for call in calls]


def lists_of_writes(stall: Stall) -> list[list[Call]]:
    """Return for each writer retirements one by one, accounts, and a small bulk request."""
    seller, buyer = stall.seller, stall.buyer
    item = {"type": "transfer", "from": seller.account, "to": buyer.account, "quantity": 1}
    return [
        [
            call
            for _ in range(TURNS)
            for call in (
                seller.retire(quantity=1),
                buyer.post("/accounts"),
                seller.post("/operations", [item, item]),
            )
        ]
        for _ in range(WRITERS)
    ]


def placed(answer: Answer) -> list[tuple[str, int, int]]:
    """Return where the operations of an answer stand."""
    rows = answer.json.get("outcomes") or [answer.json["operation"]]
    return [(row["id"], row["index"], row["height"]) for row in rows]


def must_stand_once(
    doomed: Doomed, stall: Stall, lists: Sequence[Sequence[Call]], answers: Sequence[Answer]
) -> None:
    """Find everything that was answered on the log, once, and answered alike when asked again."""
    assert {answer.status for answer in answers} <= {200, 201}
    again = [doomed.ask(call) for calls in lists for call in calls]
    assert [placed(answer) for answer in again] == [placed(answer) for answer in answers]
    with doomed.arena.registry.storage.reading() as connection:
        ids = Counter(connection.scalars(select(leaves.c.operation)))
    assert {ids[id_] for answer in answers for id_, _, _ in placed(answer)} == {1}
    retired, moved = WRITERS * TURNS, 2 * WRITERS * TURNS
    left = stall.quantity - retired - moved
    assert doomed.arena.holdings(stall.seller) == Counter(active=left, retired=retired)
    assert doomed.arena.holdings(stall.buyer) == Counter(active=moved)


def test_writers_whose_server_is_killed_again_and_again_lose_and_double_nothing(
    doomed: Doomed,
) -> None:
    stall = doomed.arena.stall(days=10)
    lists = lists_of_writes(stall)
    moments = Random()  # noqa: S311 - when to kill is no secret

    with ThreadPoolExecutor(WRITERS) as pool:
        writing = [pool.submit(persist_with_all, doomed.server, calls) for calls in lists]
        for _ in range(KILLS):
            sleep(moments.uniform(0, 0.15))
            doomed.lose(Call("GET", "/health"), NOW)
        told = [item for future in writing for item in future.result(2 * WAIT_S)]

    assert sum((before for before, _ in told), Counter())["nothing"] > 0
    must_stand_once(doomed, stall, lists, [answer for _, answer in told])


def cut_connections(url: str) -> int:
    """End every other connection of a database; return how many there were."""
    query = """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
    """
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(query).fetchone()
    return int(found[0]) if found else 0


def test_writers_whose_connections_are_cut_are_told_to_come_back_and_lose_nothing(
    backend: Backend, doomed: Doomed
) -> None:
    if backend.name == "sqlite":
        pytest.skip("there is no connection to cut")
    stall = doomed.arena.stall(days=10)
    lists = lists_of_writes(stall)
    cut = 0

    with ThreadPoolExecutor(WRITERS) as pool:
        writing = [pool.submit(persist_with_all, doomed.server, calls) for calls in lists]
        while not all(future.done() for future in writing):
            cut += cut_connections(doomed.arena.registry.settings.database_url)
            sleep(0.05)
        told = [item for future in writing for item in future.result(WAIT_S)]

    assert cut > 0
    before = sum((told_before for told_before, _ in told), Counter())
    assert before.keys() <= {
        "503 busy",
        "503 outcome-unknown",
        "503 database-unavailable",
    }
    assert before.total() > 0
    sleep(IDLE_S + 0.1)  # from then on a connection is looked at before it is used again
    must_stand_once(doomed, stall, lists, [answer for _, answer in told])
