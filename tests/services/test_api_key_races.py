"""Keys that many change at once: one successor, one issue, and no error but a refusal."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from app.factory import Registry, make_keys_service
from app.registry.errors import RefusalError
from app.services.credentials import ApiKeys
from app.storage.storage import Storage

SIZE = 4
WAIT_S = 60
PREFIX = "0123456789abcdef"

pytestmark = pytest.mark.race


def race(registry: Registry, act: Callable[[ApiKeys], str]) -> list[str]:
    """Have several act at the same moment, each on connections of its own; return what came out."""
    barrier = Barrier(SIZE)

    def run(_: int) -> str:
        storage = Storage.of(registry.settings.database_url)
        keys = make_keys_service(storage)
        barrier.wait(WAIT_S)
        try:
            return act(keys)
        except RefusalError as refusal:
            return refusal.code
        finally:
            storage.close()

    with ThreadPoolExecutor(SIZE) as pool:
        return sorted(pool.map(run, range(SIZE)))


def prefix_of(text: str) -> str:
    return text.split("_")[1]


def test_of_many_who_rotate_a_key_one_gets_its_successor(registry: Registry) -> None:
    keys = make_keys_service(registry.storage)
    old = prefix_of(keys.issue(organisation=registry.operator))

    successor, *others = race(registry, lambda each: each.rotate(old, overlap_s=60))

    listed = {key.prefix: key.ends_at for key in keys.of(registry.operator)}
    assert others == ["invalid-state-transition"] * (SIZE - 1)
    assert listed.keys() == {old, prefix_of(successor)}
    assert listed[prefix_of(successor)] is None
    assert keys.identify(successor) is not None


def test_of_many_who_repeat_a_rotation_one_is_shown_the_key(registry: Registry) -> None:
    keys = make_keys_service(registry.storage)
    old = prefix_of(keys.issue(organisation=registry.operator))

    shown, *others = race(registry, lambda each: each.rotate(old, overlap_s=60, new_prefix=PREFIX))

    assert others == ["id-in-use"] * (SIZE - 1)
    assert keys.identify(shown) is not None


def test_of_many_who_repeat_an_issue_one_is_shown_the_key(registry: Registry) -> None:
    keys = make_keys_service(registry.storage)

    shown, *others = race(
        registry, lambda each: each.issue(organisation=registry.operator, prefix=PREFIX)
    )

    assert others == ["id-in-use"] * (SIZE - 1)
    assert keys.identify(shown) is not None
    assert len(keys.of(registry.operator)) == 1


def test_a_key_that_is_rotated_while_it_is_revoked_ends_either_way(registry: Registry) -> None:
    keys = make_keys_service(registry.storage)
    text = keys.issue(organisation=registry.operator)

    def revoke_and_rotate(each: ApiKeys) -> str:
        each.revoke(prefix_of(text))
        return each.rotate(prefix_of(text), overlap_s=60)

    ends = race(registry, revoke_and_rotate)

    assert ends == ["invalid-state-transition"] * SIZE
    assert keys.identify(text) is None
