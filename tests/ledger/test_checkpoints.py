"""Checkpoints and receipts in the C2SP formats."""

from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ledger.notes import Checkpoint, Note, NoteError, Proof

EXAMPLES = Path(__file__).parents[1] / "vectors" / "c2sp_examples"
ROOT = b64encode(bytes(range(32))).decode()
HASHES = st.binary(min_size=32, max_size=32)
ORIGINS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1)
INDEXES = st.integers(0, 10**19 - 1)


def test_the_checkpoint_example_of_the_specification_is_read_byte_for_byte() -> None:
    file = (EXAMPLES / "tlog-checkpoint.examples.txt").read_text(encoding="utf-8")

    note = Note.parse(file)
    checkpoint = Checkpoint.parse(note.text)

    assert str(Note(str(checkpoint), note.lines)) == file
    assert checkpoint.origin == "example.com/behind-the-sofa"
    assert checkpoint.size == 20852163


@settings(deadline=None)
@given(ORIGINS, INDEXES, HASHES)
def test_a_checkpoint_is_read_as_it_is_written(origin: str, size: int, root: bytes) -> None:
    checkpoint = Checkpoint(origin, size, root)

    text = str(checkpoint)

    assert text == f"{origin}\n{size}\n{b64encode(root).decode()}\n"
    assert Checkpoint.parse(text) == checkpoint


ODD_CHECKPOINTS = {
    "nothing": ("", "exactly three lines"),
    "two lines": ("log.example\n5\n", "exactly three lines"),
    "no origin": (f"\n5\n{ROOT}\n", "exactly three lines"),
    "an extension line": (f"log.example\n5\n{ROOT}\nextension\n", "exactly three lines"),
    "a blank line at the end": (f"log.example\n5\n{ROOT}\n\n", "exactly three lines"),
    "no line feed at the end": (f"log.example\n5\n{ROOT}", "exactly three lines"),
    "a fourth line without end": (f"log.example\n5\n{ROOT}\nmore", "exactly three lines"),
    "no size": (f"log.example\n\n{ROOT}\n", "a decimal number"),
    "a leading zero": (f"log.example\n05\n{ROOT}\n", "a decimal number"),
    "two zeros": (f"log.example\n00\n{ROOT}\n", "a decimal number"),
    "a sign": (f"log.example\n+5\n{ROOT}\n", "a decimal number"),
    "less than nothing": (f"log.example\n-5\n{ROOT}\n", "a decimal number"),
    "a space": (f"log.example\n 5\n{ROOT}\n", "a decimal number"),
    "an underscore": (f"log.example\n1_0\n{ROOT}\n", "a decimal number"),
    "hexadecimal": (f"log.example\n0x5\n{ROOT}\n", "a decimal number"),
    "a digit of another script": (
        f"log.example\n\N{ARABIC-INDIC DIGIT FIVE}\n{ROOT}\n",
        "a decimal number",
    ),
    "a size of 20 digits": (f"log.example\n{10**19}\n{ROOT}\n", "a decimal number"),
    "no root": ("log.example\n5\n\n", "a checkpoint's root is 32 bytes"),
    "a root of 31 bytes": (
        f"log.example\n5\n{b64encode(bytes(31)).decode()}\n",
        "a checkpoint's root is 32 bytes",
    ),
    "a root of 33 bytes": (
        f"log.example\n5\n{b64encode(bytes(33)).decode()}\n",
        "a checkpoint's root is 32 bytes",
    ),
    "a root in hexadecimal": (f"log.example\n5\n{bytes(32).hex()}\n", "root is 32 bytes"),
    "a root without padding": (f"log.example\n5\n{ROOT[:-1]}\n", "not base64"),
    "a root with stray bits": (f"log.example\n5\n{ROOT[:-2]}9=\n", "odd spelling"),
    "a carriage return": (f"log.example\n5\n{ROOT}\r\n", "not base64"),
}


@pytest.mark.parametrize(("text", "reason"), ODD_CHECKPOINTS.values(), ids=ODD_CHECKPOINTS)
def test_an_odd_checkpoint_is_refused(text: str, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        Checkpoint.parse(text)


@settings(deadline=None)
@given(INDEXES, st.lists(HASHES, max_size=20), st.text())
def test_a_receipt_is_read_as_it_is_written(
    index: int, hashes: list[bytes], checkpoint: str
) -> None:
    proof = Proof(index, tuple(hashes), checkpoint)

    assert Proof.parse(str(proof)) == proof


def test_a_receipt_without_hashes_has_the_blank_line_after_its_index() -> None:
    proof = Proof(0, (), "the checkpoint")

    assert str(proof) == "c2sp.org/tlog-proof@v1\nindex 0\n\nthe checkpoint"


def test_the_receipt_example_of_the_specification_is_read_but_for_its_extra_data() -> None:
    file = (EXAMPLES / "tlog-proof.examples.txt").read_text(encoding="utf-8")
    lines = file.splitlines(keepends=True)
    plain = "".join(line for line in lines if not line.startswith("extra "))

    proof = Proof.parse(plain)

    assert str(proof) == plain
    assert proof.index == 73894
    assert len(proof.hashes) == 5
    assert proof.checkpoint.startswith("example.com/fancylog\n109482\n")
    with pytest.raises(NoteError, match="a tlog-proof names its index"):
        Proof.parse(file)


HEADER = "c2sp.org/tlog-proof@v1"
ODD_PROOFS = {
    "nothing": ("", "not a tlog-proof"),
    "no blank line": (f"{HEADER}\nindex 4\n{ROOT}\n", "not a tlog-proof"),
    "another version": ("c2sp.org/tlog-proof@v2\nindex 4\n\nnote", "not a tlog-proof"),
    "a line before it": (f"\n{HEADER}\nindex 4\n\nnote", "not a tlog-proof"),
    "a header alone": (f"{HEADER}\n\nnote", "not a tlog-proof"),
    "no index": (f"{HEADER}\n{ROOT}\n\nnote", "names its index"),
    "an index without a number": (f"{HEADER}\nindex\n\nnote", "names its index"),
    "an index with two spaces": (f"{HEADER}\nindex  4\n\nnote", "names its index"),
    "an index below nothing": (f"{HEADER}\nindex -1\n\nnote", "names its index"),
    "an index with a leading zero": (f"{HEADER}\nindex 04\n\nnote", "names its index"),
    "an index of 20 digits": (f"{HEADER}\nindex {10**19}\n\nnote", "names its index"),
    "another word": (f"{HEADER}\nplace 4\n\nnote", "names its index"),
    "a carriage return": (f"{HEADER}\nindex 4\r\n\nnote", "names its index"),
    "a hash that is no base64": (f"{HEADER}\nindex 4\n{ROOT}!\n\nnote", "not base64"),
    "a hash with stray bits": (f"{HEADER}\nindex 4\n{ROOT[:-2]}9=\n\nnote", "odd spelling"),
    "a hash of 33 bytes": (
        f"{HEADER}\nindex 4\n{ROOT}\n{b64encode(bytes(33)).decode()}\n\nnote",
        "a hash is not 32 bytes",
    ),
}


@pytest.mark.parametrize(("text", "reason"), ODD_PROOFS.values(), ids=ODD_PROOFS)
def test_an_odd_receipt_is_refused(text: str, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        Proof.parse(text)
