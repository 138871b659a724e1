"""Health and blocks, as anybody may read them."""

import pytest
from sqlalchemy import text

from app.ledger.leaves import header_hash
from app.storage import tables
from tests.api.doors import Doors, alter
from tests.scenario import account, organisation


@pytest.fixture
def chain(doors: Doors) -> Doors:
    owner = organisation(doors.registry, "buyer")
    for _ in range(4):
        account(doors.registry, owner)
    return doors


def test_health_tells_the_newest_block(chain: Doors) -> None:
    health = chain.client.get("/v1/health").get_json()

    with chain.registry.storage.log() as log:
        head = log.head
    assert (health["status"], health["height"], health["size"]) == ("ok", head.height, head.size)
    assert health["time"].endswith("Z")


def test_health_without_a_readable_database_is_not_now(chain: Doors) -> None:
    with chain.registry.storage.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE blocks RENAME TO gone"))

    answer = chain.client.get("/v1/health")

    assert (answer.status_code, answer.get_json()["type"]) == (
        503,
        "/problems/database-unavailable",
    )


def test_pages_follow_each_other_to_the_end(chain: Doors) -> None:
    heights: list[int] = []
    url = "/v1/blocks?limit=3"
    while True:
        page = chain.client.get(url).get_json()
        heights += [block["height"] for block in page["blocks"]]
        if page["next"] is None:
            break
        url = f"/v1/blocks?limit=3&cursor={page['next']}"

    with chain.registry.storage.log() as log:
        assert heights == list(range(log.head.height + 1))


def test_a_cursor_behind_the_end_gives_an_empty_page(chain: Doors) -> None:
    page = chain.client.get("/v1/blocks?cursor=9007199254740991").get_json()

    assert page == {"blocks": [], "next": None}


def test_a_block_is_its_header_its_hash_and_its_seal(chain: Doors) -> None:
    block = chain.client.get("/v1/blocks/3").get_json()
    before = chain.client.get("/v1/blocks/2").get_json()

    with chain.registry.storage.log() as log:
        (leaf,) = log.range(block["first"] + block["count"], block["size"])
        assert block["hash"] == header_hash(leaf)
        assert block["checkpoint"] == log.seal(3)
    assert block["previous"] == before["hash"]
    assert block["first"] == before["size"]
    assert "operations" not in block


def test_a_header_that_cannot_be_read_is_shown_as_such(chain: Doors) -> None:
    chain.client.get("/v1/health")
    alter(chain.registry, tables.leaves, {"leaf": b"\x00"}, index=1)

    block = chain.client.get("/v1/blocks/0").get_json()

    assert (block["height"], block["previous"], block["operations_root"]) == (0, None, None)
