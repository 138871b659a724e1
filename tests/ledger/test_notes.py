"""Signed notes, verifier keys and signature lines: what is read, and what is refused."""

from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.ledger.notes import (
    COSIGNATURE,
    LOG_SIGNATURE,
    Checkpoint,
    Note,
    NoteError,
    SignatureLine,
    VerifierKey,
    cosign,
    cosigner_key,
    is_key_name,
    is_line_of,
    is_line_valid,
    log_key,
    sign,
)
from app.ledger.signatures import Ed25519Signer, is_weak

EXAMPLES = Path(__file__).parents[1] / "vectors" / "c2sp_examples"
LOG = Ed25519Signer(name="log.example", seed=bytes(32))
AUTHORITY = Ed25519Signer(name="authority1.example", seed=bytes(range(32)))
CHECKPOINT = Checkpoint("log.example", 5, bytes(range(32)))
TEXT = str(CHECKPOINT)
PRINTABLE = st.characters(exclude_categories=("C", "Z"))
LINE = "— authority1.example AAAAAAA=\n"


def changed(line: SignatureLine, place: int) -> SignatureLine:
    """Return the line with one bit of one byte of its payload flipped."""
    payload = bytearray(line.payload)
    payload[place] ^= 1
    return SignatureLine(line.name, line.key_id, bytes(payload))


@pytest.mark.parametrize("name", ["log.example/eac", "a", "Zoë", "registry-1", "a:b"])
def test_a_key_name_is_printable_and_of_one_word(name: str) -> None:
    assert is_key_name(name)


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a+b", "+", "a\n", "a\tb", "a\u00a0b", "a\u2003b"]
)
def test_a_key_name_has_no_space_and_no_plus(name: str) -> None:
    assert not is_key_name(name)


@settings(deadline=None)
@given(
    st.text(PRINTABLE.filter(lambda character: character != "+"), min_size=1),
    st.sampled_from([LOG_SIGNATURE, COSIGNATURE]),
    st.binary(min_size=32, max_size=32),
)
def test_a_verifier_key_is_read_as_it_is_written(name: str, kind: int, public_key: bytes) -> None:
    assume(not is_weak(public_key))
    key = VerifierKey(name, kind, public_key)

    read = VerifierKey.parse(str(key))

    assert read == key
    assert read.id == key.id


@pytest.mark.parametrize("public_key", [b"\1" + bytes(31), bytes(31) + b"\x80"])
def test_a_verifier_key_under_which_anybody_could_sign_is_refused(public_key: bytes) -> None:
    key = VerifierKey("ghost.example", COSIGNATURE, public_key)

    with pytest.raises(NoteError, match="anybody could sign"):
        VerifierKey.parse(str(key))


@pytest.mark.parametrize("name", [" a", "a ", "a b", "a+b", "", "a\x1f", "a\N{NO-BREAK SPACE}"])
def test_a_key_name_holds_no_space_no_plus_and_no_control_character(name: str) -> None:
    assert not is_key_name(name)


VKEY = str(cosigner_key(AUTHORITY))
NAME, ID, TYPED = VKEY.split("+", 2)


def other_vkey(name: str, kind: int, public_key: bytes) -> str:
    return str(VerifierKey(name, kind, public_key))


ODD_KEYS = {
    "no key": ("authority1.example+e5c9f10b", "not a verifier key"),
    "nothing": ("", "not a verifier key"),
    "no name": (f"+{ID}+{TYPED}", "not a verifier key"),
    "a space in the name": (f"a b+{ID}+{TYPED}", "not a verifier key"),
    "another name": (f"authority2.example+{ID}+{TYPED}", "id does not fit"),
    "another id": (f"{NAME}+00000000+{TYPED}", "id does not fit"),
    "an id in upper case": (f"{NAME}+{ID.upper()}+{TYPED}", "id does not fit"),
    "an id of three bytes": (f"{NAME}+{ID[:6]}+{TYPED}", "id does not fit"),
    "an id that is no hex": (f"{NAME}+xyz+{TYPED}", "id does not fit"),
    "a line feed after it": (f"{VKEY}\n", "not base64"),
    "no base64": (f"{NAME}+{ID}+%%%%", "not base64"),
    "letters beyond ASCII": (f"{NAME}+{ID}+é{TYPED}", "not base64"),
    "no key bytes": (f"{NAME}+{ID}+", "unknown type"),
    "an unknown type": (other_vkey(NAME, 0x02, bytes(32)), "unknown type"),
    "a key of 31 bytes": (other_vkey(NAME, 0x01, bytes(31)), "unknown type"),
    "a key of 33 bytes": (other_vkey(NAME, 0x04, bytes(33)), "unknown type"),
}


@pytest.mark.parametrize(("text", "reason"), ODD_KEYS.values(), ids=ODD_KEYS)
def test_an_odd_verifier_key_is_refused(text: str, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        VerifierKey.parse(text)


def test_one_public_key_has_another_id_as_log_and_as_cosigner() -> None:
    as_log, as_cosigner = log_key(LOG), cosigner_key(LOG)

    assert as_log.public_key == as_cosigner.public_key == LOG.public_key
    assert as_log.id != as_cosigner.id


def test_the_signed_note_examples_of_the_specification_are_read_byte_for_byte() -> None:
    file = (EXAMPLES / "signed-note.examples.txt").read_text(encoding="utf-8")
    poem, message = file.split("-----8<-----\n")

    notes = [Note.parse(poem), Note.parse(message)]

    assert [str(note) for note in notes] == [poem, message]
    assert notes[0].text.endswith("sole:\n\ned è subito sera.\n")
    assert [line.name for note in notes for line in note.lines] == [
        "quasimodo.example/salvatore",
        "example.com/foo",
    ]
    assert all(len(note.lines[0].payload) == 64 for note in notes)


def test_the_cosignature_example_of_the_specification_is_read_byte_for_byte() -> None:
    file = (EXAMPLES / "tlog-cosignature.examples.txt").read_text(encoding="utf-8")

    note = Note.parse(file)

    assert str(note) == file
    assert [len(line.payload) for line in note.lines] == [64, 72]
    assert int.from_bytes(note.lines[1].payload[:8], "big") == 1679315147
    assert Checkpoint.parse(note.text).size == 20852163


@settings(deadline=None)
@given(st.text(PRINTABLE | st.just("\n")), st.integers(1, 64))
def test_a_note_is_read_as_it_is_written(body: str, count: int) -> None:
    line = SignatureLine("a.example", b"\1\2\3\4", b"\5")
    note = Note(f"{body}\n", (line,) * count)

    assert Note.parse(str(note)) == note


ODD_NOTES = {
    "nothing": ("", "a blank line and signature lines"),
    "no blank line": (f"{TEXT}{LINE}", "a blank line and signature lines"),
    "no signature line": (f"{TEXT}\n", "a blank line and signature lines"),
    "an empty signature line": (f"{TEXT}\n\n", "a blank line and signature lines"),
    "no line feed at the end": (f"{TEXT}\n{LINE[:-1]}", "a blank line and signature lines"),
    "a blank line at the end": (f"{TEXT}\n{LINE}\n", "a blank line and signature lines"),
    "a hyphen for a dash": (f"{TEXT}\n-{LINE[1:]}", "not a signature line"),
    "no space after the dash": (f"{TEXT}\n—{LINE[2:]}", "not a signature line"),
    "no name": (f"{TEXT}\n—  AAAAAAA=\n", "not a signature line"),
    "a plus in the name": (f"{TEXT}\n— a+b AAAAAAA=\n", "not a signature line"),
    "no signature": (f"{TEXT}\n— authority1.example\n", "without a signature"),
    "a key id and nothing else": (f"{TEXT}\n— a.example AAAAAA==\n", "without a signature"),
    "three words": (f"{TEXT}\n— a.example AAAA AAA=\n", "not base64"),
    "a carriage return": (f"{TEXT}\n{LINE[:-1]}\r\n", "control characters"),
    "base64 without padding": (f"{TEXT}\n— a.example AAAAAAA\n", "not base64"),
    "base64 with stray bits": (f"{TEXT}\n— a.example AAAAAAB=\n", "odd spelling"),
    "base64 of the URL alphabet": (f"{TEXT}\n— a.example AAAAAA_=\n", "not base64"),
}


@pytest.mark.parametrize(("text", "reason"), ODD_NOTES.values(), ids=ODD_NOTES)
def test_an_odd_note_is_refused(text: str, reason: str) -> None:
    with pytest.raises(NoteError, match=reason):
        Note.parse(text)


def test_one_odd_line_among_good_ones_refuses_the_note() -> None:
    with pytest.raises(NoteError, match="odd spelling"):
        Note.parse(f"{TEXT}\n{LINE}— a.example AAAAAAB=\n{LINE}")


def test_64_signature_lines_are_read_and_65_are_refused() -> None:
    note = Note.parse(f"{TEXT}\n{LINE * 64}")

    assert len(note.lines) == 64
    with pytest.raises(NoteError, match="too many signature lines"):
        Note.parse(f"{TEXT}\n{LINE * 65}")


def test_the_log_signs_the_three_lines_themselves() -> None:
    line = sign(CHECKPOINT, LOG)

    assert line == SignatureLine("log.example", log_key(LOG).id, LOG.sign(TEXT.encode()))
    assert is_line_valid(line, log_key(LOG), TEXT)


def test_a_cosignature_covers_its_time_and_the_three_lines() -> None:
    line = cosign(CHECKPOINT, AUTHORITY, time_s=1735689600)

    message = f"cosignature/v1\ntime 1735689600\n{TEXT}".encode()
    assert line.payload == (1735689600).to_bytes(8, "big") + AUTHORITY.sign(message)
    assert is_line_valid(line, cosigner_key(AUTHORITY), TEXT)


def test_a_cosignature_with_a_tampered_time_is_not_valid() -> None:
    line = cosign(CHECKPOINT, AUTHORITY, time_s=1735689600)

    for place in range(8):
        assert not is_line_valid(changed(line, place), cosigner_key(AUTHORITY), TEXT)


def test_a_signature_with_any_byte_tampered_is_not_valid() -> None:
    signed, cosigned = sign(CHECKPOINT, LOG), cosign(CHECKPOINT, AUTHORITY, time_s=1)

    for place in range(64):
        assert not is_line_valid(changed(signed, place), log_key(LOG), TEXT)
        assert not is_line_valid(changed(cosigned, 8 + place), cosigner_key(AUTHORITY), TEXT)


def test_a_signature_over_another_text_is_not_valid() -> None:
    signed, cosigned = sign(CHECKPOINT, LOG), cosign(CHECKPOINT, AUTHORITY, time_s=1)
    other = str(Checkpoint("log.example", 6, bytes(range(32))))

    assert not is_line_valid(signed, log_key(LOG), other)
    assert not is_line_valid(cosigned, cosigner_key(AUTHORITY), other)


def test_a_line_with_a_wrong_key_id_is_not_the_keys_and_not_valid() -> None:
    key, line = log_key(LOG), sign(CHECKPOINT, LOG)
    other = SignatureLine(line.name, b"\0\0\0\0", line.payload)

    assert is_line_of(line, key)
    assert not is_line_of(other, key)
    assert not is_line_valid(other, key, TEXT)


def test_a_line_under_another_name_is_not_the_keys_and_not_valid() -> None:
    key, line = log_key(LOG), sign(CHECKPOINT, LOG)
    other = SignatureLine("other.example", line.key_id, line.payload)

    assert not is_line_of(other, key)
    assert not is_line_valid(other, key, TEXT)


def test_a_signature_of_one_type_does_not_pass_as_the_other() -> None:
    signed = SignatureLine(LOG.name, cosigner_key(LOG).id, sign(CHECKPOINT, LOG).payload)
    cosigned = SignatureLine(LOG.name, log_key(LOG).id, cosign(CHECKPOINT, LOG, time_s=1).payload)

    assert not is_line_valid(signed, cosigner_key(LOG), TEXT)
    assert not is_line_valid(cosigned, log_key(LOG), TEXT)


@pytest.mark.parametrize("length", [1, 8, 63, 65, 71, 73])
def test_a_signature_of_another_length_is_not_valid(length: int) -> None:
    payload = bytes(length)
    keys = [log_key(LOG), cosigner_key(LOG)]

    lines = [SignatureLine(key.name, key.id, payload) for key in keys]

    assert not any(is_line_valid(line, key, TEXT) for line, key in zip(lines, keys, strict=True))


def test_a_payload_of_just_a_time_and_a_longer_signature_is_not_valid() -> None:
    line = cosign(CHECKPOINT, AUTHORITY, time_s=1)
    longer = SignatureLine(line.name, line.key_id, line.payload + b"\0")

    assert not is_line_valid(longer, cosigner_key(AUTHORITY), TEXT)


def test_lines_of_unknown_keys_are_read_and_passed_over() -> None:
    stranger = Ed25519Signer(name="witness.example", seed=b"w" * 32)
    lines = (
        sign(CHECKPOINT, LOG),
        cosign(CHECKPOINT, stranger, time_s=1),
        SignatureLine("future.example", b"\7\7\7\7", b"of a type that nobody knows yet"),
        cosign(CHECKPOINT, AUTHORITY, time_s=2),
    )

    note = Note.parse(str(Note(TEXT, lines)))

    keys = [log_key(LOG), cosigner_key(AUTHORITY)]
    claimed = [[line for line in note.lines if is_line_of(line, key)] for key in keys]
    assert note.lines == lines
    assert claimed == [[lines[0]], [lines[3]]]
    assert is_line_valid(lines[0], keys[0], note.text)
    assert is_line_valid(lines[3], keys[1], note.text)


def test_a_line_is_written_with_an_em_dash_its_name_and_canonical_base64() -> None:
    line = SignatureLine("a.example", b"\1\2\3\4", b"\5\6")

    assert str(line) == f"\u2014 a.example {b64encode(bytes(range(1, 7))).decode()}\n"
