"""What the log only commits to: vault records and attribute documents."""

from hashlib import sha256

import orjson
import pytest
from cryptography.exceptions import InvalidTag

from app.ledger.encoding import EncodingError
from app.services.documents import documented
from app.services.vault import Vault

KEY = bytes(range(32))
ADA = {"name": "Ada Example", "email": "ada@example.org"}


def test_a_commitment_is_that_of_the_specification() -> None:
    commitment, _ = Vault(KEY).commit(ADA, salt=bytes(range(32)))

    assert commitment == "5bc376b76eb181be85136d3a0412bbe75529ef5e4bbb3a838490593836ade070"


def test_a_record_comes_back_with_its_salt() -> None:
    vault = Vault(KEY)
    commitment, attachments = vault.commit({"name": "Wānaka Ltd"}, salt=b"s" * 32)

    ((kept, sealed),) = attachments.vault

    assert kept == commitment
    assert vault.open(commitment, sealed) == (b"s" * 32, {"name": "Wānaka Ltd"})


def test_one_record_is_committed_to_differently_each_time() -> None:
    vault = Vault(KEY)

    commitments = {vault.commit(ADA)[0] for _ in range(3)}

    assert len(commitments) == 3


def test_a_sealed_row_does_not_show_what_it_holds() -> None:
    first, second = (Vault(KEY).commit(ADA, salt=bytes(32))[1].vault[0][1] for _ in range(2))

    assert b"Ada" not in first
    assert first != second


def test_a_row_that_was_altered_in_any_byte_is_refused() -> None:
    vault = Vault(KEY)
    commitment, attachments = vault.commit(ADA)
    ((_, sealed),) = attachments.vault

    for at in range(len(sealed)):
        altered = bytearray(sealed)
        altered[at] ^= 1
        with pytest.raises(InvalidTag):
            vault.open(commitment, bytes(altered))


def test_a_row_under_another_commitment_or_key_is_refused() -> None:
    vault = Vault(KEY)
    commitment, attachments = vault.commit(ADA)
    other, _ = vault.commit({"name": "Bob"})
    ((_, sealed),) = attachments.vault

    with pytest.raises(InvalidTag):
        vault.open(other, sealed)
    with pytest.raises(InvalidTag):
        Vault(bytes(32)).open(commitment, sealed)


def test_a_derived_salt_is_the_same_for_a_label_and_a_key() -> None:
    vault = Vault(KEY)

    salts = {
        vault.derive_salt("one"),
        vault.derive_salt("two"),
        Vault(bytes(32)).derive_salt("one"),
    }

    assert len(salts) == 3
    assert vault.derive_salt("one") in salts
    assert all(len(salt) == 32 for salt in salts)


def test_a_document_is_named_by_the_hash_of_what_is_kept() -> None:
    digest, attachments = documented({"place": "Wānaka", "name": "Hydro"})

    ((name, body),) = attachments.documents

    assert name == digest == sha256(body).hexdigest()
    assert body == '{"name":"Hydro","place":"Wānaka"}'.encode()
    assert orjson.loads(body)["place"] == "Wānaka"


def test_the_order_of_members_does_not_change_a_document() -> None:
    first, second = documented({"a": 1, "b": 2}), documented({"b": 2, "a": 1})

    assert first == second


@pytest.mark.parametrize("content", [{"size": 1.5}, {"size": None}, {"Size": 1}])
def test_what_has_no_canonical_form_is_no_document(content: dict[str, object]) -> None:
    with pytest.raises(EncodingError):
        documented(content)
