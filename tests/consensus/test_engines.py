"""Engines: who leads at a height, how many are enough, and which sets they refuse."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.consensus.authorities import Authority, AuthorityError, AuthoritySet
from app.consensus.engines import ENGINES, engine_of
from app.ledger.notes import COSIGNATURE, VerifierKey

COUNTS = range(1, 16)
POA_QUORUMS = [1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8]
BFT_QUORUMS = [3, 4, 5, 5, 6, 7, 7, 8, 9, 9, 10, 11]
TABLE = [
    *(("poa", count, least) for count, least in zip(COUNTS, POA_QUORUMS, strict=True)),
    *(("bft", count, least) for count, least in zip(range(4, 16), BFT_QUORUMS, strict=True)),
]
ARITHMETIC = {"poa": r"floor\(n/2\) \+ 1", "bft": r"floor\(2n/3\) \+ 1"}


def name_of(number: int) -> str:
    return f"authority{number}.example"


def set_of(engine: str, count: int, *, quorum: int = 0, work_bits: int = 0) -> AuthoritySet:
    """Return a set of so many authorities, each of another weight."""
    members = tuple(
        Authority(VerifierKey(name_of(number), COSIGNATURE, bytes([number]) * 32), number + 1)
        for number in range(count)
    )
    return AuthoritySet(engine, 0, quorum, work_bits, members)


def names(count: int) -> list[str]:
    return [name_of(number) for number in range(count)]


def test_the_table_names_every_engine_by_its_own_name() -> None:
    assert set(ENGINES) == {"poa", "bft"}
    assert all(engine.name == name for name, engine in ENGINES.items())


@pytest.mark.parametrize(("name", "count", "least"), TABLE)
def test_the_least_quorum_is_that_of_the_table(name: str, count: int, least: int) -> None:
    authority_set = set_of(name, count)

    engine = engine_of(authority_set)

    assert engine.quorum(authority_set) == least
    assert engine.is_quorum(authority_set, names(least))
    assert not engine.is_quorum(authority_set, names(least - 1))


@pytest.mark.parametrize(("name", "count", "least"), TABLE)
def test_two_quorums_share_more_than_the_engine_lets_fail(
    name: str, count: int, least: int
) -> None:
    shared = 2 * least - count
    faulty = {"poa": 0, "bft": (count - 1) // 3}[name]

    quorum = engine_of(set_of(name, count)).quorum(set_of(name, count))

    assert quorum == least
    assert shared > faulty
    assert quorum <= count - faulty


@pytest.mark.parametrize(("name", "count", "least"), TABLE)
def test_a_quorum_from_the_least_up_to_all_is_taken_as_it_is(
    name: str, count: int, least: int
) -> None:
    for quorum in range(least, count + 1):
        authority_set = set_of(name, count, quorum=quorum)

        engine = engine_of(authority_set)

        assert engine.quorum(authority_set) == quorum
        assert engine.is_quorum(authority_set, names(quorum))
        assert not engine.is_quorum(authority_set, names(quorum - 1))


@pytest.mark.parametrize(("name", "count", "least"), TABLE)
def test_a_quorum_below_the_least_is_refused_with_the_arithmetic(
    name: str, count: int, least: int
) -> None:
    for quorum in range(1, least):
        message = (
            f"^quorum {quorum} is below the least of {name}: "
            f"{ARITHMETIC[name]} = {least} for n = {count}$"
        )
        with pytest.raises(AuthorityError, match=message):
            engine_of(set_of(name, count, quorum=quorum))


@pytest.mark.parametrize(("name", "count"), [(name, count) for name, count, _ in TABLE])
def test_a_quorum_above_all_is_refused(name: str, count: int) -> None:
    message = f"^quorum {count + 1} is more than all {count}$"

    with pytest.raises(AuthorityError, match=message):
        engine_of(set_of(name, count, quorum=count + 1))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_bft_wants_four_authorities(count: int) -> None:
    with pytest.raises(AuthorityError, match=r"^bft wants at least 4 authorities$"):
        engine_of(set_of("bft", count, quorum=count))


@pytest.mark.parametrize(("name", "least"), [("poa", 1), ("bft", 4)])
def test_a_set_of_nobody_is_refused(name: str, least: int) -> None:
    with pytest.raises(AuthorityError, match=f"^{name} wants at least {least} authorities$"):
        engine_of(set_of(name, 0))


@pytest.mark.parametrize("name", ENGINES)
def test_work_is_refused_where_the_engine_asks_for_none(name: str) -> None:
    with pytest.raises(AuthorityError, match=f"^{name} asks for no work, so work_bits is 0$"):
        engine_of(set_of(name, 4, work_bits=1))


@pytest.mark.parametrize("name", ["", "pow", "POA", "poa ", "raft"])
def test_an_engine_that_the_table_does_not_name_is_refused(name: str) -> None:
    with pytest.raises(AuthorityError, match=rf"^no engine is called '{name}'$"):
        engine_of(set_of(name, 4))


@pytest.mark.parametrize("name", ENGINES)
def test_one_authority_named_twice_counts_once(name: str) -> None:
    authority_set = set_of(name, 4)
    least = engine_of(authority_set).quorum(authority_set)

    is_enough = engine_of(authority_set).is_quorum(authority_set, names(least - 1) * 4)

    assert not is_enough


@pytest.mark.parametrize("name", ENGINES)
def test_strangers_count_for_nothing_and_spoil_nothing(name: str) -> None:
    authority_set = set_of(name, 4)
    engine = engine_of(authority_set)
    strangers = ["witness1.example", "witness2.example", "witness3.example"]

    assert not engine.is_quorum(authority_set, [*names(2), *strangers])
    assert engine.is_quorum(authority_set, [*names(3), *strangers])


@pytest.mark.parametrize("name", ENGINES)
def test_weights_do_not_count_where_authorities_do(name: str) -> None:
    authority_set = set_of(name, 4)
    heaviest = names(4)[2:]

    assert not engine_of(authority_set).is_quorum(authority_set, heaviest)


@pytest.mark.parametrize(("name", "count"), [("poa", 1), ("poa", 3), ("bft", 4), ("bft", 15)])
def test_authorities_lead_in_turn_in_the_order_of_the_document(name: str, count: int) -> None:
    authority_set = set_of(name, count)
    engine = engine_of(authority_set)

    leaders = [engine.leader(authority_set, height) for height in range(2 * count)]

    assert leaders == names(count) * 2


@settings(deadline=None)
@given(st.sampled_from(sorted(ENGINES)), st.integers(4, 15), st.integers(0, 2**53 - 1))
def test_the_leader_at_a_height_is_number_height_mod_n(name: str, count: int, height: int) -> None:
    authority_set = set_of(name, count)

    leader = engine_of(authority_set).leader(authority_set, height)

    assert leader == name_of(height % count)
