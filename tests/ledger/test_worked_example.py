"""One worked example, fixed for ever: checkpoint, signatures, keys and the receipt of a leaf.

Its leaves are the 15 plain words of the tessera log; its seeds are bytes 00..1f and 01..20.
"""

from base64 import b64decode
from pathlib import Path

from app.ledger.merkle import Tree, inclusion_proof, leaf_hash, range_root, verify_inclusion
from app.ledger.notes import (
    Checkpoint,
    Note,
    Proof,
    VerifierKey,
    cosign,
    cosigner_key,
    is_line_valid,
    log_key,
    sign,
)
from app.ledger.signatures import Ed25519Signer, is_signed
from app.ledger.tiles import split_entries

VECTORS = Path(__file__).parents[1] / "vectors"
LEAVES = split_entries((VECTORS / "c2sp_tessera_log/tile/entries/000.p/15").read_bytes())
TREE = Tree(map(leaf_hash, LEAVES))
LOG = Ed25519Signer(name="ledger.example/chain1", seed=bytes(range(32)))
AUTHORITY = Ed25519Signer(name="authority1.example", seed=bytes(range(1, 33)))
TIME_S = 1735689600

LOG_VKEY = "ledger.example/chain1+6d50db10+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
AUTHORITY_VKEY = "authority1.example+e5c9f10b+BHm1Vi6P5lT5QHixEuipi6eQH4U65pW+1+DjkQutBJZk"
CHECKPOINT = """\
ledger.example/chain1
15
rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=
"""
COSIGNED = f"cosignature/v1\ntime 1735689600\n{CHECKPOINT}"
LOG_SIGNATURE = (
    "bVDbEESxD1nFRGzjqQ5HMGi2iqI3JHZd7S/BbErSaKDwGzCbLEFlfhIIAiMhDBmYmQXtiHXG/Ljh/nGkUS3xb0BfVgs="
)
COSIGNATURE = (
    "5cnxCwAAAABndIWA5z5ruWizA+aJMxW35tDMbizIDO2adZPyVeP5w5zgO7o9/hbYINU8Tg6bYfTwlTXAgbgYORcw6m7E"
    "Yhbm95z+Aw=="
)
NOTE = f"""\
{CHECKPOINT}
— ledger.example/chain1 {LOG_SIGNATURE}
— authority1.example {COSIGNATURE}
"""
RECEIPT = f"""\
c2sp.org/tlog-proof@v1
index 4
yiM+eia4w1wsk/Ukx7kF56IQVkDW3MWUaUz/VtJu+yU=
nk9gCR+floFqznAPtqjjcnnV64dge2jQB95D5t164Hg=
zY1lN35vrXYAPixXSd59LsU29xUJtuW4o2dNNg5Y2Co=
5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=

{NOTE}"""


def signed_note() -> Note:
    checkpoint = Checkpoint(LOG.name, TREE.size, range_root(0, TREE.size, TREE.node))
    return Note(
        str(checkpoint),
        (sign(checkpoint, LOG), cosign(checkpoint, AUTHORITY, time_s=TIME_S)),
    )


def test_the_keys_are_those_of_the_example() -> None:
    assert str(log_key(LOG)) == LOG_VKEY
    assert str(cosigner_key(AUTHORITY)) == AUTHORITY_VKEY


def test_the_checkpoint_with_both_signatures_is_made_byte_for_byte() -> None:
    note = signed_note()

    assert note.text == CHECKPOINT
    assert str(note) == NOTE


def test_the_checkpoint_is_read_and_both_signatures_are_valid() -> None:
    note = Note.parse(NOTE)

    keys = VerifierKey.parse(LOG_VKEY), VerifierKey.parse(AUTHORITY_VKEY)
    valid = [[is_line_valid(line, key, note.text) for key in keys] for line in note.lines]
    assert str(note) == NOTE
    assert valid == [[True, False], [False, True]]


def test_the_authority_signed_the_bytes_that_the_example_spells_out() -> None:
    payload = b64decode(COSIGNATURE)

    assert payload[4:12] == TIME_S.to_bytes(8, "big")
    assert is_signed(
        public_key=AUTHORITY.public_key, signature=payload[12:], message=COSIGNED.encode()
    )


def test_the_receipt_of_leaf_4_is_made_byte_for_byte() -> None:
    hashes = inclusion_proof(4, TREE.size, TREE.node)

    proof = Proof(4, hashes, str(signed_note()))

    assert str(proof) == RECEIPT


def test_the_receipt_alone_proves_that_five_is_leaf_4() -> None:
    proof = Proof.parse(RECEIPT)
    note = Note.parse(proof.checkpoint)
    checkpoint = Checkpoint.parse(note.text)

    verify_inclusion(
        index=proof.index,
        size=checkpoint.size,
        hashed=leaf_hash(b"five"),
        proof=proof.hashes,
        head=checkpoint.root,
    )

    assert str(proof) == RECEIPT
    assert proof.index == LEAVES.index(b"five") == 4
