"""Sealing: keys that cannot make a final seal do no work, and a seal is checked by its lines."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.audit.identity import LogIdentity
from app.consensus.authorities import AuthorityError
from app.factory import Registry, open_registry
from app.ledger.notes import Checkpoint, cosigner_key, is_line_valid, log_key
from app.ledger.signatures import Ed25519Signer
from app.services.founding import Founding, load_keys
from app.services.seal import Sealer
from app.settings import Settings
from tests.scenario import FOUNDING, ORIGIN, founded, organisation
from tests.services.founded import new_registry

CHECKPOINT = Checkpoint(ORIGIN, 7, bytes(range(32)))
TIME_MS = 1_795_000_000_123


def stranger(name: str) -> Ed25519Signer:
    return Ed25519Signer(name=name, seed=bytes(32))


def test_a_seal_has_the_logs_line_first_and_one_of_each_authority(embedded: Registry) -> None:
    sealer = load_keys(embedded.settings.keys)

    note = sealer.seal(CHECKPOINT, time_ms=TIME_MS)

    keys = [log_key(sealer.log), *map(cosigner_key, sealer.authorities)]
    assert note.text == str(CHECKPOINT)
    assert [line.name for line in note.lines] == [key.name for key in keys]
    assert all(
        is_line_valid(line, key, note.text) for line, key in zip(note.lines, keys, strict=True)
    )


def test_a_cosignature_carries_the_blocks_time_in_seconds(embedded: Registry) -> None:
    sealer = load_keys(embedded.settings.keys)

    note = sealer.seal(CHECKPOINT, time_ms=TIME_MS)

    stamps = {int.from_bytes(line.payload[:8], "big") for line in note.lines[1:]}
    assert stamps == {TIME_MS // 1000}


@pytest.mark.parametrize(("count", "is_enough"), [(4, True), (3, True), (2, False), (0, False)])
def test_keys_that_do_not_reach_the_quorum_are_refused(
    embedded: Registry, count: int, *, is_enough: bool
) -> None:
    sealer = load_keys(embedded.settings.keys)
    fewer = Sealer(sealer.log, sealer.authorities[:count])

    if is_enough:
        fewer.check(embedded.identity)
    else:
        with pytest.raises(AuthorityError, match="quorum"):
            fewer.check(embedded.identity)


def test_keys_of_other_authorities_do_not_count(embedded: Registry) -> None:
    sealer = load_keys(embedded.settings.keys)
    renamed = [stranger(signer.name) for signer in sealer.authorities]

    with pytest.raises(AuthorityError, match="quorum"):
        Sealer(sealer.log, renamed).check(embedded.identity)


@pytest.mark.parametrize("name", [ORIGIN, "registry.other/eac"])
def test_another_logs_key_is_refused(embedded: Registry, name: str) -> None:
    sealer = load_keys(embedded.settings.keys)

    with pytest.raises(AuthorityError, match="another log"):
        Sealer(stranger(name), sealer.authorities).check(embedded.identity)


def test_a_registry_does_not_open_with_another_logs_key(embedded_settings: Settings) -> None:
    seed = '{"name":"registry.test/eac","seed":"' + "A" * 43 + '="}'
    (embedded_settings.keys / "log.key").write_text(seed)

    with pytest.raises(AuthorityError, match="another log"), open_registry(embedded_settings):
        pass


def test_a_registry_does_not_open_without_a_quorum_of_keys(embedded_settings: Settings) -> None:
    for number in (1, 3):
        (embedded_settings.keys / "authorities" / f"{number}.key").unlink()

    with pytest.raises(AuthorityError, match="quorum"), open_registry(embedded_settings):
        pass


def test_a_registry_with_a_quorum_of_its_keys_can_record(embedded_settings: Settings) -> None:
    (embedded_settings.keys / "authorities" / "4.key").unlink()

    with open_registry(embedded_settings) as registry:
        assert organisation(registry, "buyer")


def test_a_higher_quorum_than_the_engines_least_is_kept_to(tmp_path: Path) -> None:
    founding: Founding = replace(FOUNDING, quorum=4)
    with new_registry(tmp_path) as (settings, storage):
        founded(settings, storage, founding)
        with storage.log() as log:
            identity = LogIdentity.read(next(iter(log.leaves())))
        sealer = load_keys(settings.keys)

    sealer.check(identity)
    with pytest.raises(AuthorityError, match="quorum"):
        Sealer(sealer.log, sealer.authorities[:3]).check(identity)
