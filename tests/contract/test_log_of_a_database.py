"""The log as a source: leaves in order, one moment, and the rows beside it."""

from itertools import pairwise

import orjson
import pytest

from app.factory import Registry
from app.ledger.leaves import HeaderLeaf, OperationLeaf, parse_leaf
from app.ledger.notes import Checkpoint, Note
from app.registry.accounts import Sender
from app.registry.devices import Registration
from app.registry.domains import Domain
from app.registry.measurements import Span
from app.storage.log import CHUNK
from app.storage.rows import MAPPINGS
from app.storage.storage import Storage
from tests.contract.bare_log import append, words
from tests.scenario import accept, market, transferring


def test_an_empty_log_has_no_leaves_and_no_checkpoint(storage: Storage) -> None:
    with storage.log() as log:
        assert (log.size(), list(log.leaves()), log.checkpoint()) == (0, [], "")
        assert (log.block(0), log.seal(0), log.blocks(after=-1, limit=9)) == (None, None, [])


@pytest.mark.parametrize("size", [CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_leaves_come_in_order_whatever_is_read_at_once(storage: Storage, size: int) -> None:
    append(storage, words(0, size))

    with storage.log() as log:
        assert list(log.leaves()) == words(0, size)


@pytest.mark.parametrize(("first", "end"), [(0, 0), (0, 1), (5, 9), (CHUNK - 1, CHUNK + 2)])
def test_a_range_of_leaves_is_half_open(storage: Storage, first: int, end: int) -> None:
    append(storage, words(0, CHUNK + 10))

    with storage.log() as log:
        assert list(log.range(first, end)) == words(first, end - first)


def test_a_log_does_not_see_what_is_appended_later(registry: Registry) -> None:
    made = market(registry)

    with registry.storage.log() as log:
        before = (log.head, log.checkpoint(), list(log.bundles()))
        accept(
            registry,
            transferring(
                made.generator, source=made.generator_account, to=made.buyer_account, quantity=3
            ),
        )
        seen = (log.head, log.checkpoint(), list(log.bundles()))
        leaves = list(log.leaves())

    assert seen == before
    assert len(leaves) == before[0].size
    with registry.storage.log() as log:
        assert log.size() == before[0].size + 2


def test_every_block_is_kept_with_its_seal(registry: Registry) -> None:
    market(registry)

    with registry.storage.log() as log:
        blocks = log.blocks(after=-1, limit=1_000)
        leaves = list(log.leaves())
        seals = [log.seal(block.height) for block in blocks]
        head, newest = log.head, log.checkpoint()

    assert [block.height for block in blocks] == list(range(head.height + 1))
    assert all(later.first == block.size for block, later in pairwise(blocks))
    assert [block.checkpoint for block in blocks] == seals
    assert (blocks[-1].size, blocks[-1].checkpoint) == (head.size, newest)
    for block in blocks:
        header = parse_leaf(leaves[block.size - 1])
        assert isinstance(header, HeaderLeaf)
        assert (header.height, header.first, header.count) == (
            block.height,
            block.first,
            block.count,
        )
        assert Checkpoint.parse(Note.parse(block.checkpoint).text).size == block.size


def test_blocks_are_read_page_by_page(registry: Registry) -> None:
    market(registry)

    with registry.storage.log() as log:
        pages = [log.blocks(after=after, limit=2) for after in (-1, 1, 3)]
        past = log.blocks(after=log.head.height, limit=2)

    assert [[block.height for block in page] for page in pages] == [[0, 1], [2, 3], [4, 5]]
    assert past == []


def test_a_block_that_is_not_there_is_none(registry: Registry) -> None:
    with registry.storage.log() as log:
        assert log.block(log.head.height) is not None
        assert (log.block(log.head.height + 1), log.block(-1)) == (None, None)
        assert log.seal(log.head.height + 1) is None


def test_seals_are_found_on_both_sides_of_a_bundle_of_256(storage: Storage) -> None:
    for height in range(258):
        append(storage, words(2 * height, 2))

    with storage.log() as log:
        found = [log.seal(height) for height in (0, 255, 256, 257)]
        missing = log.seal(258)

    assert found == ["checkpoint 0", "checkpoint 255", "checkpoint 256", "checkpoint 257"]
    assert missing is None


def test_readings_are_kept_beside_the_spans_that_they_make(registry: Registry) -> None:
    made = market(registry, days=3)

    with registry.storage.log() as log:
        kept = [orjson.loads(line) for line in log.readings(made.device)]
        spans = sorted(log.entities(Span), key=lambda span: span.start)
        nobodys = list(log.readings(made.generator))

    assert [sum(interval[2] for interval in day) for day in kept] == [
        span.energy_wh for span in spans
    ]
    assert [len(day) for day in kept] == [span.count for span in spans] == [24, 24, 24]
    assert nobodys == []


def test_a_document_is_found_by_its_hash(registry: Registry) -> None:
    made = market(registry)

    with registry.storage.log() as log:
        (version,) = (item for item in log.entities(Registration) if item.device == made.device)
        document = log.document(version.attributes)
        missing = log.document("0" * 64)

    assert document is not None
    assert orjson.loads(document)["place"] == "Wānaka"
    assert missing is None


def test_schemas_are_the_installed_ones(registry: Registry) -> None:
    with registry.storage.log() as log:
        schema = orjson.loads(log.schema("transfer.1.json"))

    assert schema["properties"]["type"] == {"const": "transfer"}


@pytest.mark.parametrize("text", ["no JSON", "{}"])
def test_a_row_that_is_no_such_value_is_given_as_none(registry: Registry, text: str) -> None:
    with registry.storage.database.writing() as driver:
        driver.execute(f"UPDATE domains SET settings = '{text}'")  # noqa: S608 - ours
        driver.commit()

    with registry.storage.log() as log:
        assert list(log.entities(Domain)) == [None]


def test_operations_stand_before_the_header_that_closes_them(registry: Registry) -> None:
    market(registry)

    with registry.storage.log() as log:
        leaves = [parse_leaf(leaf) for leaf in log.leaves()]
        blocks = log.blocks(after=-1, limit=1_000)

    headers = [at for at, leaf in enumerate(leaves) if isinstance(leaf, HeaderLeaf)]
    assert headers == [block.size - 1 for block in blocks]
    assert sum(isinstance(leaf, OperationLeaf) for leaf in leaves) == sum(
        block.count for block in blocks
    )


def test_a_flag_that_is_neither_0_nor_1_is_no_value() -> None:
    from_row = MAPPINGS[Sender].from_row

    assert from_row(("a", "b", 1)) == Sender("a", "b", is_allowed=True)
    with pytest.raises(ValueError, match="neither 0 nor 1"):
        from_row(("a", "b", 2))
