"""Heartbeats: an empty block when nothing else was sealed for a period, fenced by the lease."""

from hashlib import sha256

import orjson
import pytest

from app.audit.walk import Anchor, audit
from app.factory import Registry
from app.ledger.blocks import Head
from app.ledger.leaves import HeaderLeaf, parse_leaf
from app.registry.errors import RefusalError
from app.services.leases import Lease, Leases
from app.services.record import Recorder
from app.storage.leases import LeaseRows
from tests.scenario import account, organisation
from tests.services.seams import WallClock, recorder_over
from tests.worker.moments import Moment

PERIOD_S = 3_600
PERIOD_MS = PERIOD_S * 1000
LONG_MS = 10 * PERIOD_MS


def head_of(registry: Registry) -> Head:
    with registry.storage.log() as log:
        return log.head


def beating(registry: Registry) -> tuple[Recorder, Moment]:
    """Return a recorder whose clock stands one period behind the newest block."""
    moment = Moment(head_of(registry).time_ms + PERIOD_MS)
    return recorder_over(registry, moment), moment


def leases(registry: Registry, holder: str = "first") -> Leases:
    return Leases(LeaseRows(registry.storage.database), holder=holder)


def taken(registry: Registry, holder: str = "first", *, duration_ms: int = LONG_MS) -> Lease:
    lease = leases(registry, holder).take("worker", duration_ms=duration_ms)
    assert lease is not None
    return lease


def must_be_lost(registry: Registry, lease: Lease) -> None:
    """Refuse a heartbeat under a lease, and record nothing."""
    recorder, _ = beating(registry)
    before = head_of(registry)

    with pytest.raises(RefusalError) as caught:
        recorder.heartbeat(lease, every_s=PERIOD_S)

    assert caught.value.code == "lease-lost"
    assert head_of(registry) == before


def must_be_sound(registry: Registry) -> None:
    with registry.storage.log() as log:
        assert audit(log, anchor=Anchor(), tables=log).findings == []


def test_a_heartbeat_is_a_block_of_nothing(registry: Registry) -> None:
    recorder, moment = beating(registry)
    before = head_of(registry)

    height = recorder.heartbeat(None, every_s=PERIOD_S)

    with registry.storage.log() as log:
        (leaf,) = log.range(before.size, log.size())
        block = log.block(before.height + 1)
    header = parse_leaf(leaf)
    assert isinstance(header, HeaderLeaf)
    assert height == header.height == before.height + 1
    assert (header.count, header.first, header.index) == (0, before.size, before.size)
    assert header.operations_root == sha256(b"").digest()
    assert (header.previous, header.time_ms) == (before.header_hash, moment.now_ms)
    assert block is not None
    assert (block.first, block.count, block.size) == (before.size, 0, before.size + 1)
    must_be_sound(registry)


def test_a_heartbeat_is_due_when_the_newest_block_is_a_period_old(registry: Registry) -> None:
    recorder, moment = beating(registry)
    before = head_of(registry)

    moment.now_ms -= 1
    early = recorder.heartbeat(None, every_s=PERIOD_S)
    moment.now_ms += 1
    due = recorder.heartbeat(None, every_s=PERIOD_S)
    again = recorder.heartbeat(None, every_s=PERIOD_S)

    assert (early, due, again) == (None, before.height + 1, None)
    assert head_of(registry).height == before.height + 1


def test_an_ordinary_block_puts_the_heartbeat_off(registry: Registry) -> None:
    organisation(registry, "buyer")

    assert registry.heartbeat(None, every_s=PERIOD_S) is None


def test_operations_go_on_behind_a_heartbeat_of_the_same_process(registry: Registry) -> None:
    owner = organisation(registry, "buyer")
    account(registry, owner)

    height = registry.heartbeat(None, every_s=0)

    assert height == 3
    account(registry, owner)
    assert head_of(registry).height == 4
    must_be_sound(registry)


def test_a_heartbeat_under_a_lease_that_is_held_is_sealed(registry: Registry) -> None:
    recorder, _ = beating(registry)

    height = recorder.heartbeat(taken(registry), every_s=PERIOD_S)

    assert height == head_of(registry).height == 1


def test_a_worker_that_was_overtaken_records_nothing(registry: Registry) -> None:
    old = taken(registry, "first", duration_ms=0)
    taken(registry, "second")

    must_be_lost(registry, old)


def test_a_lease_that_ran_out_records_nothing_though_nobody_took_it(registry: Registry) -> None:
    must_be_lost(registry, taken(registry, duration_ms=1_000))


def test_a_lease_that_was_given_back_records_nothing(registry: Registry) -> None:
    lease = taken(registry)
    leases(registry).release(lease)

    must_be_lost(registry, lease)


def test_an_old_token_of_the_same_holder_records_nothing(registry: Registry) -> None:
    old = taken(registry, duration_ms=0)
    new = taken(registry)

    must_be_lost(registry, old)
    assert beating(registry)[0].heartbeat(new, every_s=PERIOD_S) == 1


@pytest.mark.parametrize(
    "other", [Lease("other", "first", 1), Lease("worker", "other", 1), Lease("worker", "first", 2)]
)
def test_a_lease_that_was_never_given_records_nothing(other: Lease, registry: Registry) -> None:
    assert taken(registry) == Lease("worker", "first", 1)

    must_be_lost(registry, other)


def test_a_clock_that_leapt_seals_no_heartbeat(registry: Registry) -> None:
    clock = WallClock()
    recorder = recorder_over(registry, clock)
    assert recorder.heartbeat(None, every_s=PERIOD_S) is None
    before = head_of(registry)

    clock.offset_ms = 2 * PERIOD_MS
    with pytest.raises(RefusalError, match="clock-leapt"):
        recorder.heartbeat(None, every_s=PERIOD_S)

    assert head_of(registry) == before


def test_a_heartbeat_moves_the_high_water_mark(registry: Registry) -> None:
    registry.heartbeat(None, every_s=0)

    mark = orjson.loads((registry.settings.home / "high-water.json").read_bytes())
    head = head_of(registry)
    assert mark == {"size": head.size, "root": head.frontier.root().hex()}
