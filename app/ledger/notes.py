"""Signed notes, checkpoints, cosignatures and proofs in the C2SP formats."""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from hashlib import sha256
from re import compile as pattern

from app.ledger.merkle import HASH_BYTES
from app.ledger.signatures import PUBLIC_KEY_BYTES, Signer, is_signed, is_weak

LOG_SIGNATURE = 0x01
COSIGNATURE = 0x04
SIGNATURE_LINES_MAX = 64
PROOF_HEADER = "c2sp.org/tlog-proof@v1"

_KEY_ID_BYTES = 4
_TIME_BYTES = 8
_SIGNATURE_BYTES = {LOG_SIGNATURE: 64, COSIGNATURE: _TIME_BYTES + 64}
_DECIMAL = pattern(r"0|[1-9][0-9]{0,18}")
_DASH = "\N{EM DASH} "


class NoteError(ValueError):
    """Text that is not the note, key, checkpoint or proof that it should be."""


def is_key_name(name: str) -> bool:
    """Say whether a name may stand in a signature line: not empty, no space, no plus."""
    return bool(name) and not any(item == "+" or item.isspace() or item < " " for item in name)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under its name, as C2SP signed-note writes it: name+id+base64(type||key)."""

    name: str
    kind: int
    public_key: bytes

    @property
    def id(self) -> bytes:
        """SHA-256(name || 0x0A || type || key)[:4]."""
        named = self.name.encode() + b"\n" + bytes([self.kind]) + self.public_key
        return sha256(named).digest()[:_KEY_ID_BYTES]

    def __str__(self) -> str:
        typed = b64encode(bytes([self.kind]) + self.public_key).decode()
        return f"{self.name}+{self.id.hex()}+{typed}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read a vkey whose id fits its key. Raises NoteError."""
        parts = text.split("+", 2)
        if len(parts) != 3 or not is_key_name(parts[0]):  # noqa: PLR2004 - name, id, key
            raise NoteError("not a verifier key")
        typed = _unbase64(parts[2])
        if len(typed) != 1 + PUBLIC_KEY_BYTES or typed[0] not in _SIGNATURE_BYTES:
            raise NoteError("a verifier key of an unknown type")
        if is_weak(typed[1:]):
            raise NoteError("a verifier key under which anybody could sign")
        key = cls(parts[0], typed[0], typed[1:])
        if str(key) != text:
            raise NoteError("a verifier key whose id does not fit")
        return key


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature under a note: who, which key, and the bytes behind the key id."""

    name: str
    key_id: bytes
    payload: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {b64encode(self.key_id + self.payload).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the signatures under it."""

    text: str
    lines: tuple[SignatureLine, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.lines))}"

    @classmethod
    def parse(cls, text: str) -> "Note":
        """Read a note of at most 64 signature lines. Raises NoteError."""
        if any(item < " " and item != "\n" for item in text):
            raise NoteError("a note holds no control characters")
        body, gap, signatures = text.rpartition("\n\n")
        if not gap or not signatures.endswith("\n"):
            raise NoteError("a note ends with a blank line and signature lines")
        lines = signatures[:-1].split("\n")
        if len(lines) > SIGNATURE_LINES_MAX:
            raise NoteError("too many signature lines")
        return cls(body + "\n", tuple(map(_parse_line, lines)))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: its origin, size and root (C2SP tlog-checkpoint)."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the three lines; extension lines are refused. Raises NoteError."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0]:  # noqa: PLR2004 - three lines and an end
            raise NoteError("a checkpoint has exactly three lines")
        if not _DECIMAL.fullmatch(lines[1]):
            raise NoteError("a checkpoint's size is a decimal number")
        head = _unbase64(lines[2])
        if len(head) != HASH_BYTES:
            raise NoteError("a checkpoint's root is 32 bytes")
        return cls(lines[0], int(lines[1]), head)


@dataclass(frozen=True, slots=True)
class Proof:
    """A receipt: a leaf's inclusion proof under a signed checkpoint (C2SP tlog-proof)."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str

    def __str__(self) -> str:
        hashes = "".join(f"{b64encode(item).decode()}\n" for item in self.hashes)
        return f"{PROOF_HEADER}\nindex {self.index}\n{hashes}\n{self.checkpoint}"

    @classmethod
    def parse(cls, text: str) -> "Proof":
        """Read a proof without extra data. Raises NoteError."""
        head, gap, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not gap or lines[0] != PROOF_HEADER or len(lines) < 2:  # noqa: PLR2004 - two lines lead
            raise NoteError("not a tlog-proof")
        word, _, index = lines[1].partition(" ")
        if word != "index" or not _DECIMAL.fullmatch(index):
            raise NoteError("a tlog-proof names its index")
        hashes = tuple(map(_unbase64, lines[2:]))
        if any(len(item) != HASH_BYTES for item in hashes):
            raise NoteError("a hash is not 32 bytes")
        return cls(int(index), hashes, checkpoint)


def log_key(signer: Signer) -> VerifierKey:
    """Return the key that a log signs its checkpoints with."""
    return VerifierKey(signer.name, LOG_SIGNATURE, signer.public_key)


def cosigner_key(signer: Signer) -> VerifierKey:
    """Return the key that an authority or witness cosigns with."""
    return VerifierKey(signer.name, COSIGNATURE, signer.public_key)


def sign(checkpoint: Checkpoint, signer: Signer) -> SignatureLine:
    """Return the log's own signature line under a checkpoint."""
    return SignatureLine(signer.name, log_key(signer).id, signer.sign(str(checkpoint).encode()))


def cosign(checkpoint: Checkpoint, signer: Signer, *, time_s: int) -> SignatureLine:
    """Return a cosignature/v1 line made at a POSIX time in seconds."""
    stamp = time_s.to_bytes(_TIME_BYTES, "big")
    signature = signer.sign(_cosigned(str(checkpoint), time_s))
    return SignatureLine(signer.name, cosigner_key(signer).id, stamp + signature)


def is_line_of(line: SignatureLine, key: VerifierKey) -> bool:
    """Say whether a line claims to be made by the key: same name and same id."""
    return line.name == key.name and line.key_id == key.id


def is_line_valid(line: SignatureLine, key: VerifierKey, text: str) -> bool:
    """Say whether a line is the key's signature over a checkpoint's text."""
    if not is_line_of(line, key) or len(line.payload) != _SIGNATURE_BYTES[key.kind]:
        return False
    if key.kind == LOG_SIGNATURE:
        message, signature = text.encode(), line.payload
    else:
        time_s = int.from_bytes(line.payload[:_TIME_BYTES], "big")
        message, signature = _cosigned(text, time_s), line.payload[_TIME_BYTES:]
    return is_signed(public_key=key.public_key, signature=signature, message=message)


def _cosigned(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def _parse_line(text: str) -> SignatureLine:
    dash, name, rest = text[:2], *text[2:].partition(" ")[::2]
    if dash != _DASH or not is_key_name(name):
        raise NoteError("not a signature line")
    signature = _unbase64(rest)
    if len(signature) <= _KEY_ID_BYTES:
        raise NoteError("a signature line without a signature")
    return SignatureLine(name, signature[:_KEY_ID_BYTES], signature[_KEY_ID_BYTES:])


def _unbase64(text: str) -> bytes:
    """Decode base64 in its one canonical spelling (RFC 4648 4, padding, no stray bits)."""
    try:
        data = b64decode(text, validate=True)
    except (Base64Error, ValueError) as error:
        raise NoteError("not base64") from error
    if b64encode(data).decode() != text:
        raise NoteError("base64 in an odd spelling")
    return data
