"""Authority sets: the document that is read, its hash, and one refusal for each reason."""

from hashlib import sha256
from typing import Any

import pytest

from app.consensus.authorities import AuthorityError, AuthoritySet
from app.ledger.encoding import decode, encode
from app.ledger.notes import VerifierKey, cosigner_key, log_key
from app.ledger.signatures import Ed25519Signer

LOG_SIGNER = Ed25519Signer(name="registry.example/eac", seed=bytes(32))
LOG = log_key(LOG_SIGNER)


def key_of(number: int) -> VerifierKey:
    seed = bytes([number]) * 32
    return cosigner_key(Ed25519Signer(name=f"authority{number}.example", seed=seed))


def member(key: VerifierKey, **members: Any) -> dict[str, Any]:  # noqa: ANN401 - any, on purpose
    return {"name": key.name, "vkey": str(key), "weight": 1} | members


def document(count: int = 4, **members: Any) -> dict[str, Any]:  # noqa: ANN401 - any, on purpose
    value = {
        "engine": "poa",
        "from_height": 0,
        "quorum": 0,
        "work_bits": 0,
        "authorities": [member(key_of(number)) for number in range(1, count + 1)],
    }
    return value | members


def only(*members: object) -> dict[str, Any]:
    return document(authorities=list(members))


def without(value: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key != name}


def test_a_document_is_read_as_it_stands_and_written_back() -> None:
    value = document(engine="bft", from_height=7, quorum=4, work_bits=2)
    value["authorities"][2]["weight"] = 5

    authority_set = AuthoritySet.parse(value, log_key=LOG)

    assert authority_set.document == value
    assert (authority_set.engine, authority_set.from_height) == ("bft", 7)
    assert (authority_set.quorum, authority_set.work_bits) == (4, 2)
    assert [item.name for item in authority_set.authorities] == [
        f"authority{number}.example" for number in range(1, 5)
    ]
    assert [item.key for item in authority_set.authorities] == [key_of(n) for n in range(1, 5)]
    assert [item.weight for item in authority_set.authorities] == [1, 1, 5, 1]


def test_the_digest_is_the_hash_of_the_canonical_document_in_whatever_order_it_came() -> None:
    value = document()
    backwards = dict(reversed(value.items()))

    digests = {AuthoritySet.parse(item, log_key=LOG).digest for item in (value, backwards)}

    assert digests == {sha256(encode(value)).hexdigest()}


def test_the_digest_of_a_known_set_never_changes() -> None:
    authority_set = AuthoritySet.parse(document(1), log_key=LOG)

    canonical = (
        b'{"authorities":[{"name":"authority1.example",'
        b'"vkey":"authority1.example+f370b36e+BIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c",'
        b'"weight":1}],"engine":"poa","from_height":0,"quorum":0,"work_bits":0}'
    )
    assert encode(authority_set.document) == canonical
    assert authority_set.digest == (
        "d56b41201d8aa4cc2018e7167f2437bc1a791f0d5ea0730bb678af1b3f0f69c8"
    )
    assert AuthoritySet.parse(decode(canonical), log_key=LOG) == authority_set


def test_the_order_of_authorities_counts() -> None:
    value = document()
    turned = document(authorities=value["authorities"][::-1])

    sets = [AuthoritySet.parse(item, log_key=LOG) for item in (value, turned)]

    assert sets[0].digest != sets[1].digest


@pytest.mark.parametrize("count", [1, 15])
def test_a_set_has_1_to_15_authorities(count: int) -> None:
    authority_set = AuthoritySet.parse(document(count), log_key=LOG)

    assert len(authority_set.authorities) == count


SET_MEMBERS = ("engine", "from_height", "quorum", "work_bits", "authorities")
SHAPE = "an authority set has exactly authorities, engine, from_height, quorum, work_bits"
WHOLE = "heights, quorum and work are whole numbers"
SIZE = "a set has 1 to 15 authorities"
MEMBER = "an authority has exactly name, vkey and weight"
WEIGHT = "a weight is a whole number of at least 1"
UNREAD = "an authority's vkey cannot be read"
COSIGNING = "an authority's vkey is a cosigning key under its own name"
UNIQUE = "names and keys are unique, and none is the log's"
ONE, TWO = key_of(1), key_of(2)
REFUSED = {
    **{f"no {name}": (without(document(), name), SHAPE) for name in SET_MEMBERS},
    "an unknown member": (document(threshold=1), SHAPE),
    "authorities that are an object": (document(authorities=member(ONE)), SHAPE),
    **{
        f"{what} for {name}": (document() | {name: value}, WHOLE)
        for name in ("from_height", "quorum", "work_bits")
        for what, value in {"a bool": True, "less than nothing": -1, "a word": "1"}.items()
    },
    "no authority": (document(0), SIZE),
    "sixteen authorities": (document(16), SIZE),
    "an authority that is a word": (only("authority1.example"), MEMBER),
    **{
        f"an authority without {name}": (only(without(member(ONE), name)), MEMBER)
        for name in ("name", "vkey", "weight")
    },
    "an authority with a member more": (only(member(ONE, stake=1)), MEMBER),
    "a weight of nothing": (only(member(ONE, weight=0)), WEIGHT),
    "a weight below nothing": (only(member(ONE, weight=-1)), WEIGHT),
    "a weight that is a bool": (only(member(ONE, weight=True)), WEIGHT),
    "a weight that is a word": (only(member(ONE, weight="1")), WEIGHT),
    "a vkey that is no key": (only(member(ONE, vkey="authority1.example")), UNREAD),
    "a vkey whose id does not fit": (only(member(ONE, vkey=str(ONE)[:-4] + "AAAA")), UNREAD),
    "a vkey that is a number": (only(member(ONE, vkey=1)), UNREAD),
    "a vkey that is a list": (only(member(ONE, vkey=[str(ONE)])), UNREAD),
    "a key of the log's type": (
        only(member(VerifierKey(ONE.name, LOG.kind, ONE.public_key))),
        COSIGNING,
    ),
    "a key under another name": (only(member(ONE, name=TWO.name)), COSIGNING),
    "a name that is a number": (only(member(ONE, name=1)), COSIGNING),
    "one authority twice": (only(member(ONE), member(ONE)), UNIQUE),
    "one name with two keys": (
        only(member(ONE), member(VerifierKey(ONE.name, ONE.kind, TWO.public_key))),
        UNIQUE,
    ),
    "one key under two names": (
        only(member(ONE), member(VerifierKey(TWO.name, ONE.kind, ONE.public_key))),
        UNIQUE,
    ),
    "the log's name": (only(member(VerifierKey(LOG.name, ONE.kind, ONE.public_key))), UNIQUE),
    "the log's key": (only(member(VerifierKey(ONE.name, ONE.kind, LOG.public_key))), UNIQUE),
    "the log itself as cosigner": (only(member(cosigner_key(LOG_SIGNER))), UNIQUE),
}


@pytest.mark.parametrize(("value", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_set_that_cannot_be_in_force_is_refused(value: dict[str, Any], reason: str) -> None:
    with pytest.raises(AuthorityError, match=f"^{reason}$"):
        AuthoritySet.parse(value, log_key=LOG)


@pytest.mark.parametrize("engine", [[], {}, ["poa"], 1, True])
def test_an_engine_that_is_no_word_is_refused(engine: object) -> None:
    with pytest.raises(AuthorityError, match=SHAPE):
        AuthoritySet.parse(document(engine=engine), log_key=LOG)
