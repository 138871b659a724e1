"""Whatever byte of an export is changed: it is found, and no audit ends in a traceback."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from re import sub
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audit.sources import Folder, NotALogError
from app.audit.walk import Anchor, audit
from app.ledger.encoding import EncodingError, decode, encode
from tests.audit.forging import Export, ForgedBlock, Sound

EXAMPLES = settings(max_examples=80, deadline=None, derandomize=True, database=None)


@pytest.fixture(scope="module")
def short(sound: Sound, tmp_path_factory: pytest.TempPathFactory) -> Export:
    """An export of genesis and one heartbeat: as good as any for every byte of a seal."""
    time = sound.blocks()[0].header["time"]
    folder = tmp_path_factory.mktemp("short") / "export"
    return Export.copy(sound, folder).forge([sound.blocks()[0], ForgedBlock([], {"time": time})])


@pytest.fixture(scope="module")
def whole(sound: Sound, tmp_path_factory: pytest.TempPathFactory) -> Export:
    """A copy of the sound export, in which every example puts back what it damaged."""
    return Export.copy(sound, tmp_path_factory.mktemp("whole") / "export")


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def flips(data: bytes, offsets: range, seed: int) -> Iterator[tuple[int, int]]:
    """Yield each offset with a value to change it by; all 255 values come in their turn."""
    values = list(range(1, 256))
    Random(seed).shuffle(values)  # noqa: S311 - a sample, no secret
    for offset in offsets:
        yield offset, values[offset % 255]
    assert len(data) >= len(offsets)


def unfound(export: Export, path: Path, offsets: range, seed: int) -> list[tuple[int, int]]:
    """Change each byte in its turn; return the changes of which an audit finds nothing."""
    data = path.read_bytes()
    missed = []
    try:
        for offset, by in flips(data, offsets, seed):
            path.write_bytes(data[:offset] + bytes([data[offset] ^ by]) + data[offset + 1 :])
            if export.audit().is_sound:
                missed.append((offset, by))
    finally:
        path.write_bytes(data)
    return missed


@pytest.mark.parametrize("seed", [1, 2])
def test_a_change_of_any_byte_of_the_checkpoint_is_found(seed: int, short: Export) -> None:
    path = short.only("checkpoint")

    assert unfound(short, path, range(path.stat().st_size), seed) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_a_change_of_any_byte_of_a_seal_is_found(seed: int, short: Export) -> None:
    path = short.only("seals/000.p/2")
    first_line = path.read_bytes().index(b"\n") + 1

    assert unfound(short, path, range(first_line), seed) == []


def test_a_change_of_any_byte_of_any_file_is_found(whole: Export) -> None:
    missed = []
    for number, path in enumerate(files(whole.folder)):
        size = path.stat().st_size
        offsets = range(number % 197, size, 197)
        missed += [(path.name, *item) for item in unfound(whole, path, offsets, number)]

    assert missed == []


damages = st.lists(
    st.tuples(
        st.integers(0, 2**16),
        st.sampled_from(["flip", "insert", "delete", "double", "cut"]),
        st.integers(0, 2**20),
        st.binary(min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=6,
)


def damaged(data: bytes, how: str, at: int, noise: bytes) -> bytes:
    at %= len(data) + 1
    if how == "flip":
        end = min(at + len(noise), len(data))
        changed = bytes(one ^ (other or 1) for one, other in zip(data[at:end], noise, strict=False))
        return data[:at] + changed + data[end:]
    if how == "insert":
        return data[:at] + noise + data[at:]
    if how == "delete":
        return data[:at] + data[at + len(noise) :]
    if how == "double":
        return data + data[at:]
    return data[:at]


@EXAMPLES
@given(damages)
def test_no_damage_of_any_files_ends_in_a_traceback(
    whole: Export, steps: list[tuple[int, str, int, bytes]]
) -> None:
    paths = files(whole.folder)
    kept = {path: path.read_bytes() for path in paths}
    for number, how, at, noise in steps:
        path = paths[number % len(paths)]
        path.write_bytes(damaged(path.read_bytes(), how, at, noise))
    is_damaged = any(path.read_bytes() != data for path, data in kept.items())

    try:
        report = audit(Folder(whole.folder), anchor=Anchor())
    except NotALogError:
        report = None
    finally:
        for path, data in kept.items():
            path.write_bytes(data)

    assert report is None or report.is_sound is not is_damaged


values = st.recursive(
    st.one_of(
        st.integers(-(2**53) + 1, 2**53 - 1),
        st.booleans(),
        st.sampled_from(
            ["", "0", "NZ", "registry.test/eac", "9999-12-31T23:59:59.999Z", "ab" * 32]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["id", "start"]), inner)
    ),
    max_leaves=4,
)


def replaced(value: Any, path: list[int], new: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a value in which what a path of choices leads to is another."""
    if not path or not isinstance(value, dict | list) or not value:
        return new
    if isinstance(value, dict):
        names = sorted(value)
        name = names[path[0] % len(names)]
        return {**value, name: replaced(value[name], path[1:], new)}
    at = path[0] % len(value)
    return [*value[:at], replaced(value[at], path[1:], new), *value[at + 1 :]]


@EXAMPLES
@given(
    number=st.integers(0, 10**6),
    path=st.lists(st.integers(0, 20), min_size=1, max_size=4),
    new=values,
)
def test_no_forged_and_sealed_leaf_ends_in_a_traceback(
    whole: Export,
    number: int,
    path: list[int],
    new: Any,  # noqa: ANN401 - JSON
) -> None:
    blocks = whole.sound.blocks()
    places = [(block, at) for block in blocks for at in range(len(block.operations))]
    block, at = places[number % len(places)]
    value = decode(block.operations[at])
    forged = {**value, "operation": replaced(value["operation"], path, new)}
    try:
        block.operations[at] = encode(forged)
    except EncodingError:
        return

    report = whole.forge(blocks).audit()

    assert report.size == len(whole.sound.leaves)


def test_a_log_of_the_last_century_that_can_be_written_ends_in_no_traceback(whole: Export) -> None:
    blocks = whole.sound.blocks()
    years = (9992 - int(blocks[0].header["time"][:4])) // 4 * 4

    def late(text: bytes) -> bytes:
        return sub(rb"\d{4}(?=-\d\d-\d\dT)", lambda year: b"%d" % (int(year[0]) + years), text)

    genesis = decode(blocks[0].operations[0])
    genesis["operation"]["domains"][0] |= {"transfer_months": 1200, "retire_months": 1200}
    blocks[0].operations[0] = encode(genesis)
    for block in blocks:
        block.header["time"] = late(block.header["time"].encode()).decode()
        block.operations = [late(operation) for operation in block.operations]

    report = whole.forge(blocks).audit()

    (finding,) = report.findings
    assert finding.code == "operation-refused"
