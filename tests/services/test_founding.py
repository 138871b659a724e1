"""Founding: what a registry begins with, and what it must not begin with."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.audit.walk import Anchor, audit
from app.consensus.authorities import AUTHORITIES_MAX, AuthorityError
from app.factory import is_founded, make_recorder, open_registry
from app.ledger.leaves import OperationLeaf, parse_leaf
from app.registry.domains import DomainSettings
from app.registry.errors import RefusalError
from app.registry.operations import schema_files, schemas_digest
from app.services.founding import Founding, found, load_keys, make_keys
from app.services.keys import KeyFileError
from app.storage.storage import Storage
from tests.scenario import AUTHORITIES, DOMAIN, FOUNDING, ORIGIN, founded, issued, market
from tests.services.founded import new_registry


def log_size(storage: Storage) -> int:
    with storage.log() as log:
        return log.size()


def refused(folder: Path, founding: Founding) -> str:
    """Return why a registry cannot be founded so, after checking that nothing was recorded."""
    with new_registry(folder) as (settings, storage):
        with pytest.raises((AuthorityError, RefusalError)) as caught:
            founded(settings, storage, founding)
        assert log_size(storage) == 0
        assert not is_founded(storage)
    return str(caught.value)


def test_genesis_names_keys_authorities_domains_and_schemas(tmp_path: Path) -> None:
    with new_registry(tmp_path) as (settings, storage):
        accepted = founded(settings, storage)
        sealer = load_keys(settings.keys)
        with storage.log() as log:
            report = audit(log, anchor=Anchor(), tables=log)

    genesis = parse_leaf(accepted.leaf)
    assert isinstance(genesis, OperationLeaf)
    content = genesis.operation
    assert (accepted.index, accepted.height) == (0, 0)
    assert content["origin"] == sealer.log.name == ORIGIN
    assert [item["name"] for item in content["authority_set"]["authorities"]] == list(AUTHORITIES)
    assert [item["code"] for item in content["domains"]] == [DOMAIN.code]
    assert content["schemas"] == schemas_digest(schema_files())
    assert content["by"] != content["issuing_body"]
    assert report.findings == []


def test_a_registry_is_founded_once(tmp_path: Path) -> None:
    with new_registry(tmp_path) as (settings, storage):
        founded(settings, storage)

        with pytest.raises(RefusalError, match="already-initialised"):
            founded(settings, storage)

        assert log_size(storage) == 2


def test_keys_that_were_made_are_taken_up_again(tmp_path: Path) -> None:
    first, again = (make_keys(tmp_path, FOUNDING) for _ in range(2))

    assert first.log.public_key == again.log.public_key
    assert [key.public_key for key in first.authorities] == [
        key.public_key for key in again.authorities
    ]


@pytest.mark.parametrize(
    "other",
    [
        replace(FOUNDING, origin="registry.other/eac"),
        replace(FOUNDING, authorities=AUTHORITIES[::-1]),
    ],
    ids=["origin", "order"],
)
def test_keys_of_another_registry_are_refused(tmp_path: Path, other: Founding) -> None:
    make_keys(tmp_path, FOUNDING)

    with pytest.raises(KeyFileError, match="another registry"):
        make_keys(tmp_path, other)


def test_keys_are_loaded_in_the_order_of_the_authorities(tmp_path: Path) -> None:
    names = tuple(f"authority{number}.test" for number in range(1, 13))
    make_keys(tmp_path, replace(FOUNDING, authorities=names))

    assert [key.name for key in load_keys(tmp_path).authorities] == list(names)


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("north.test", "north.test"),
        tuple(f"authority{number}.test" for number in range(AUTHORITIES_MAX + 1)),
        ("north test",),
        ("north+south",),
        ("",),
    ],
    ids=["none", "twice", "sixteen", "space", "plus", "empty"],
)
def test_names_that_cannot_stand_under_a_seal_are_refused(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    with pytest.raises(AuthorityError, match="name"):
        make_keys(tmp_path, replace(FOUNDING, authorities=names))

    assert list(tmp_path.iterdir()) == []


def test_an_origin_that_cannot_stand_under_a_seal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AuthorityError, match="origin"):
        make_keys(tmp_path, replace(FOUNDING, origin="registry test"))


def test_an_authority_is_not_called_like_the_log(tmp_path: Path) -> None:
    founding = replace(FOUNDING, authorities=(*AUTHORITIES, ORIGIN))

    assert "unique" in refused(tmp_path, founding)


def test_bft_with_three_authorities_is_refused(tmp_path: Path) -> None:
    founding = replace(FOUNDING, engine="bft", authorities=AUTHORITIES[:3])

    assert refused(tmp_path, founding) == "bft wants at least 4 authorities"


@pytest.mark.parametrize(
    ("engine", "quorum", "arithmetic"),
    [
        ("poa", 2, "quorum 2 is below the least of poa: floor(n/2) + 1 = 3 for n = 4"),
        ("bft", 2, "quorum 2 is below the least of bft: floor(2n/3) + 1 = 3 for n = 4"),
    ],
)
def test_a_quorum_below_the_engines_least_is_refused_with_the_arithmetic(
    tmp_path: Path, engine: str, quorum: int, arithmetic: str
) -> None:
    assert refused(tmp_path, replace(FOUNDING, engine=engine, quorum=quorum)) == arithmetic


def test_a_quorum_of_more_than_all_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, replace(FOUNDING, quorum=5)) == "quorum 5 is more than all 4"


def test_an_engine_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    assert "guess" in refused(tmp_path, replace(FOUNDING, engine="guess"))


@pytest.mark.parametrize(
    "domains",
    [
        (DOMAIN, DOMAIN),
        (DOMAIN, replace(DOMAIN, code="NZ-B")),
        (replace(DOMAIN, transfer_months=70),),
        (replace(DOMAIN, timezone="no zone!"),),
    ],
    ids=["code twice", "prefix twice", "windows", "spelling"],
)
def test_domains_that_cannot_be_right_are_refused(
    tmp_path: Path, domains: tuple[DomainSettings, ...]
) -> None:
    founding = replace(FOUNDING, domains=domains)

    assert "invalid-domain" in refused(tmp_path, founding)


def test_a_zone_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    founding = replace(FOUNDING, domains=(replace(DOMAIN, timezone="Mars/Olympus"),))

    assert "zone" in refused(tmp_path, founding)


def test_what_is_issued_is_numbered_by_the_domains_own_prefix(tmp_path: Path) -> None:
    other = replace(DOMAIN, code="NZ-B", issuer_prefix="942900001")
    with new_registry(tmp_path) as (settings, storage):
        founded(settings, storage, replace(FOUNDING, domains=(DOMAIN, other)))
        with open_registry(settings) as registry:
            made = market(registry)
            issued(registry, made.generator, made.device, made.generator_account, first=1)
        with storage.log() as log:
            leaves = [parse_leaf(leaf) for leaf in log.leaves()]

    numbers = [
        leaf.operation["number_first"]
        for leaf in leaves
        if isinstance(leaf, OperationLeaf) and leaf.operation["type"] == "issue"
    ]
    assert numbers == [f"{DOMAIN.issuer_prefix}{1:021d}", f"{DOMAIN.issuer_prefix}{25:021d}"]


def test_a_founding_that_is_refused_can_be_mended(tmp_path: Path) -> None:
    with new_registry(tmp_path) as (settings, storage):
        sealer = make_keys(settings.keys, FOUNDING)
        recorder = make_recorder(settings, storage, sealer)
        with pytest.raises(AuthorityError):
            found(recorder, sealer, replace(FOUNDING, quorum=1))

        accepted = found(recorder, sealer, FOUNDING)

    assert accepted.index == 0
