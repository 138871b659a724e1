"""The arena: for each backend one registry, two servers over it, and clients that race."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from app.audit.walk import Anchor, audit
from app.factory import Registry, make_keys_service, open_registry
from app.ledger.notes import Checkpoint
from app.registry.ranges import Range
from tests.api.parties import retiring
from tests.databases import Backend
from tests.races.http_crew import Answer, Call, HttpCrew, Lane
from tests.races.http_servers import Server, serving
from tests.scenario import market

SERVERS = 2


@dataclass(frozen=True)
class Party:
    """An organisation with its key and account."""

    id: str
    api_key: str
    account: str = ""

    def get(self, path: str) -> Call:
        """Read."""
        return Call("GET", path, self.api_key)

    def post(self, path: str, body: object = None, *, key: str | None = None) -> Call:
        """Write."""
        return Call("POST", path, self.api_key, body, key or str(uuid4()))

    def move(self, to: str, *items: Range, quantity: object = None, source: str = "") -> Call:
        """Transfer from an account, by default the party's own."""
        return self.post("/transfers", self._moving(to, items, quantity, source))

    def offer(self, to: str, *items: Range, quantity: object = None, source: str = "") -> Call:
        """Offer a transfer."""
        return self.post("/transfers/offer", self._moving(to, items, quantity, source))

    def retire(self, *items: Range, quantity: object = None, source: str = "") -> Call:
        """Retire out of an account, by default the party's own."""
        taken = taking(items, quantity)
        return self.post("/retirements", retiring(source or self.account, **taken))

    def _moving(
        self, to: str, items: Sequence[Range], quantity: object, source: str
    ) -> dict[str, object]:
        return {"from": source or self.account, "to": to, **taking(items, quantity)}


def taking(items: Sequence[Range], quantity: object) -> dict[str, object]:
    """Return how a body says what is taken."""
    if quantity is not None:
        return {"quantity": quantity}
    return {"items": [item._asdict() for item in items]}


@dataclass(frozen=True)
class Stall:
    """Who holds all certificates of an issuance, and who may be given some."""

    seller: Party
    buyer: Party
    device: str
    issuance: str
    quantity: int

    def range(self, first: int, last: int | None = None) -> Range:
        """Return ordinals of the issuance."""
        return Range(self.issuance, first, last or first)


class Arena:
    """A registry that servers serve, and the crew that calls them."""

    def __init__(
        self, registry: Registry, servers: Sequence[Server], crew: HttpCrew | None = None
    ) -> None:
        self.registry = registry
        self.servers = servers
        self._crew = crew
        self.keys = make_keys_service(registry.storage)
        self._audited: Checkpoint | None = None
        self.body = self.party(registry.issuing_body)

    def party(self, organisation: str, account: str = "") -> Party:
        """Return an organisation with a new key."""
        return Party(organisation, self.keys.issue(organisation=organisation), account)

    def stall(self, *, days: int = 1) -> Stall:
        """Return parties of their own, one of whom holds 24 new certificates for each day."""
        made = market(self.registry, days=days)
        return Stall(
            seller=self.party(made.generator, made.generator_account),
            buyer=self.party(made.buyer, made.buyer_account),
            device=made.device,
            issuance=made.issuance,
            quantity=made.quantity,
        )

    def ask(self, call: Call, *, at: int = 0) -> Answer:
        """Return the answer of one server."""
        return self.servers[at].ask(call)

    def race(self, *lanes: Sequence[Call], at: int | None = None) -> list[list[Answer]]:
        """Have lanes begin at once, dealt out to the servers in turn, or all to one of them."""
        assert self._crew is not None
        ports = [server.port for server in self.servers[at : None if at is None else at + 1]]
        return self._crew.race(
            [Lane(ports[turn % len(ports)], calls) for turn, calls in enumerate(lanes)]
        )

    def holdings(self, party: Party, account: str = "") -> Counter[str]:
        """Return what an account holds by state, of which all servers and the tables agree."""
        asked = account or party.account
        call = party.get(f"/accounts/{asked}/holdings")
        told = [self.ask(call, at=at) for at in range(len(self.servers))]
        shown = [{row["state"]: row["quantity"] for row in item.json["holdings"]} for item in told]
        assert shown == [dict(self._rows_of(asked))] * len(shown)
        return Counter(shown[0])

    def _rows_of(self, account: str) -> Counter[str]:
        found: Counter[str] = Counter()
        with self.registry.storage.log() as log:
            for bundle, to_height in log.bundles():
                if to_height is None and bundle.account == account:
                    found[bundle.state] += bundle.quantity
        return found

    def must_be_sound(self) -> None:
        """Find nothing wrong with the whole registry, and as many certificates as were issued.

        Signatures that an earlier audit has checked are not checked again.
        """
        with self.registry.storage.log() as log:
            report = audit(log, anchor=Anchor(checkpoint=self._audited), tables=log)
        assert report.findings == []
        assert sum(report.certificates.values()) == report.issued
        self._audited = Checkpoint(report.origin, report.size, bytes.fromhex(report.root))

    def must_share(self, stall: Stall, **states: int) -> None:
        """Find all of a stall's certificates with its two parties, in these states."""
        both = self.holdings(stall.seller) + self.holdings(stall.buyer)
        assert both == +Counter(states), both
        assert both.total() == stall.quantity


def counted(answers: Sequence[Sequence[Answer]]) -> Counter[str]:
    """Count accepted answers, and refusals by status and code."""
    return Counter(answer.outcome for lane in answers for answer in lane)


def won(answers: Sequence[Answer]) -> list[Answer]:
    """Return the accepted ones."""
    return [answer for answer in answers if answer.is_accepted]


def must_be_one_answer(answers: Sequence[Answer]) -> Answer:
    """Find the same answer everywhere, new in one place and given again in the others."""
    assert {answer.outcome for answer in answers} == {"accepted"}
    assert sorted(answer.is_replayed for answer in answers) == [False] + [True] * (len(answers) - 1)
    assert all(answer.json == answers[0].json for answer in answers)
    assert len({answer.headers.get("location") for answer in answers}) == 1
    return answers[0]


def ranges_of(answers: Sequence[Sequence[Answer]]) -> list[tuple[int, int]]:
    """Return first and last ordinals of all that was taken, in order."""
    taken = [item for lane in answers for answer in won(lane) for item in answer.json["items"]]
    return sorted((item["first"], item["last"]) for item in taken)


class Arenas:
    """Opens an arena for a backend when it is first asked for."""

    def __init__(self, stack: ExitStack, backends: Sequence[Backend], folder: Path) -> None:
        self._stack = stack
        self._backends = {backend.name: backend for backend in backends}
        self._folder = folder
        self._crew = stack.enter_context(HttpCrew())
        self._made: dict[str, Arena] = {}

    def of(self, name: str) -> Arena:
        """Return the arena of a backend."""
        if name not in self._made:
            opened = opened_arena(self._backends[name], self._crew, self._folder / name)
            self._made[name] = self._stack.enter_context(opened)
        return self._made[name]


@contextmanager
def opened_arena(backend: Backend, crew: HttpCrew, home: Path) -> Iterator[Arena]:
    """Give a founded registry with its servers."""
    settings = backend.databases.founded(home)
    with (
        serving(settings, settings.home, count=SERVERS) as servers,
        open_registry(settings) as registry,
    ):
        yield Arena(registry, servers, crew)
    backend.databases.drop(settings.database_url)
