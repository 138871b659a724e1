"""Key files: made once, readable by nobody else, never replaced."""

import os
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import orjson
import pytest

from app.ledger.signatures import is_signed
from app.services.keys import (
    LABEL,
    KeyFileError,
    load_or_make_secret,
    load_or_make_signer,
    load_signer,
    read_secret,
    write_secret,
)

NAME = "north.authority.test"


class SeenTooEarly(type(Path())):  # type: ignore[misc]
    """A path that is looked at just before another process makes its file."""

    def exists(self) -> bool:
        return False


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "north.key"

    load_or_make_signer(path, name=NAME)

    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert [item.name for item in path.parent.iterdir()] == ["north.key"]


def test_a_key_file_is_its_owners_alone_under_any_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_or_make_secret(tmp_path / "vault.key")
    finally:
        os.umask(before)

    assert mode(tmp_path / "vault.key") == 0o600


def test_a_key_file_says_whose_it_is(tmp_path: Path) -> None:
    path = tmp_path / "north.key"

    load_or_make_signer(path, name=NAME)

    content = orjson.loads(path.read_bytes())
    assert (content["name"], content["held_by"], content["algorithm"]) == (NAME, LABEL, "Ed25519")
    assert len(b64decode(content["seed"])) == 32


def test_a_key_file_gives_the_same_signer_each_time(tmp_path: Path) -> None:
    path = tmp_path / "north.key"
    first = load_or_make_signer(path, name=NAME)

    again, loaded = load_or_make_signer(path, name=NAME), load_signer(path)

    assert first.public_key == again.public_key == loaded.public_key
    signature = again.sign(b"words")
    assert is_signed(public_key=first.public_key, signature=signature, message=b"words")


def test_two_key_files_hold_two_keys(tmp_path: Path) -> None:
    first, second = (load_or_make_signer(tmp_path / name, name=NAME) for name in ("1.key", "2.key"))

    assert first.public_key != second.public_key


def test_an_existing_key_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "north.key"
    write_secret(path, b"first")

    with pytest.raises(FileExistsError):
        write_secret(path, b"second")

    assert path.read_bytes() == b"first"
    assert [item.name for item in tmp_path.iterdir()] == ["north.key"]


@pytest.mark.parametrize("open_mode", [0o640, 0o604, 0o610, 0o660, 0o644])
def test_a_key_file_that_is_open_to_others_is_refused(tmp_path: Path, open_mode: int) -> None:
    path = tmp_path / "north.key"
    load_or_make_signer(path, name=NAME)
    path.chmod(open_mode)

    with pytest.raises(KeyFileError, match="chmod 600"):
        load_signer(path)


def test_a_missing_key_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"north\.key"):
        read_secret(tmp_path / "north.key")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no JSON",
        b"[]",
        b"7",
        b"{}",
        b'{"name":"north"}',
        b'{"name":"north","seed":7}',
        b'{"name":"north","seed":"AAAA"}',
        b'{"name":"north","seed":"***"}',
    ],
)
def test_what_is_no_key_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "north.key"
    write_secret(path, content)

    with pytest.raises(KeyFileError, match="no key file"):
        load_signer(path)


def test_a_secret_is_32_bytes_and_the_same_each_time(tmp_path: Path) -> None:
    first, again = (load_or_make_secret(tmp_path / "vault.key") for _ in range(2))

    assert len(first) == 32
    assert first == again
    assert first != load_or_make_secret(tmp_path / "other.key")


@pytest.mark.parametrize(
    "content",
    [
        b"AAAA\n",
        b"***\n",
    ],
)
def test_a_secret_of_another_length_or_spelling_is_refused(tmp_path: Path, content: bytes) -> None:
    write_secret(tmp_path / "vault.key", content)

    with pytest.raises(KeyFileError):
        load_or_make_secret(tmp_path / "vault.key")


def test_who_comes_second_takes_up_the_signer_that_was_made(tmp_path: Path) -> None:
    made = load_or_make_signer(tmp_path / "north.key", name=NAME)

    found = load_or_make_signer(SeenTooEarly(tmp_path / "north.key"), name=NAME)

    assert found.public_key == made.public_key


def test_who_comes_second_takes_up_the_secret_that_was_made(tmp_path: Path) -> None:
    made = load_or_make_secret(tmp_path / "vault.key")

    found = load_or_make_secret(SeenTooEarly(tmp_path / "vault.key"))

    assert found == made


def test_what_a_crash_left_beside_a_key_file_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / f".vault.key.{os.getpid()}").write_bytes(b"half a")

    assert len(load_or_make_secret(tmp_path / "vault.key")) == 32


def test_of_many_writers_one_makes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    barrier = Barrier(8)

    def write(number: int) -> int | None:
        barrier.wait(30)
        try:
            write_secret(path, f"secret {number}".encode())
        except FileExistsError:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        won = [number for number in pool.map(write, range(8)) if number is not None]

    assert len(won) == 1
    assert path.read_bytes() == f"secret {won[0]}".encode()
