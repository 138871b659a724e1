"""Key files: seeds outside the database, mode 0600, labelled for whose they are."""

import os
from base64 import b64decode, b64encode
from contextlib import suppress
from pathlib import Path
from secrets import token_bytes, token_hex
from typing import Any

import orjson

from app.ledger.signatures import SEED_BYTES, Ed25519Signer

LABEL = "one operator holds all keys of this folder"
_OTHERS = 0o077


class KeyFileError(Exception):
    """A key file that is missing, unreadable or open to others."""


def load_or_make_signer(path: Path, *, name: str) -> Ed25519Signer:
    """Return the signer of a key file, which is made on first use. Raises KeyFileError."""
    if not path.exists():
        content = {
            "name": name,
            "held_by": LABEL,
            "algorithm": "Ed25519",
            "seed": b64encode(token_bytes(SEED_BYTES)).decode(),
        }
        _write_unless_there(path, orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
    return load_signer(path)


def load_signer(path: Path) -> Ed25519Signer:
    """Return the signer of a key file. Raises KeyFileError."""
    content = _load(path)
    try:
        return Ed25519Signer(name=content["name"], seed=b64decode(content["seed"], validate=True))
    except (KeyError, TypeError, ValueError) as error:
        raise KeyFileError(f"{path} is no key file") from error


def load_or_make_secret(path: Path) -> bytes:
    """Return the 32 random bytes of a secret's file, which is made on first use."""
    if not path.exists():
        _write_unless_there(path, b64encode(token_bytes(SEED_BYTES)) + b"\n")
    try:
        secret = b64decode(read_secret(path).strip(), validate=True)
    except ValueError as error:
        raise KeyFileError(f"{path} is no secret's file") from error
    if len(secret) != SEED_BYTES:
        raise KeyFileError(f"{path} does not hold {SEED_BYTES} bytes")
    return secret


def write_secret(path: Path, content: bytes) -> None:
    """Write a new file that only its owner may read; an existing one is never replaced."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{token_hex(8)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(beside, path)
    finally:
        beside.unlink()


def read_secret(path: Path) -> bytes:
    """Return a secret file's content. Raises KeyFileError where others may read it."""
    try:
        mode = path.stat().st_mode
        content = path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from error
    if mode & _OTHERS:
        raise KeyFileError(f"{path} is open to others: chmod 600")
    return content


def _write_unless_there(path: Path, content: bytes) -> None:
    """Write a new secret file; another process that was faster has made one that serves as well."""
    with suppress(FileExistsError):
        write_secret(path, content)


def _load(path: Path) -> Any:  # noqa: ANN401 - the content is in question
    try:
        return orjson.loads(read_secret(path))
    except orjson.JSONDecodeError as error:
        raise KeyFileError(f"{path} is no key file") from error
