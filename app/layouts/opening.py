"""Lines of a meter file: opened as they lie, plain or compressed, under caps."""

import io
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from app.layouts.errors import MeterFileError

LINE_MAX = 64 * 1024
RATIO_MAX = 200
BYTES_MAX = 4 * 1024**3
_CHUNK = 64 * 1024
_GZIP = b"\x1f\x8b"
_FREE = 1024 * 1024
"""How much may come out of little before the ratio counts."""


def open_lines(*, stream: BinaryIO, encoding: str = "utf-8") -> Iterator[str]:
    """Yield the lines of a file, with their ends; gzip is found by its first bytes.

    A byte-order mark is left out. Raises MeterFileError.
    """
    text = io.TextIOWrapper(
        io.BufferedReader(_Chunks(stream)),
        encoding="utf-8-sig" if encoding == "utf-8" else encoding,
        newline="",
    )
    number = 0
    try:
        while line := text.readline(LINE_MAX + 1):
            number += 1
            if len(line) > LINE_MAX:
                raise _refusal("line-too-long", number, f"a line has up to {LINE_MAX} characters")
            yield line
    except UnicodeDecodeError as error:
        raise _refusal("encoding", number + 1, f"this is not {encoding}") from error


def _refusal(code: str, line: int, reason: str) -> MeterFileError:
    return MeterFileError(code=code, line=line, column=1, reason=reason)


class _Chunks(io.RawIOBase):
    """Bytes of a stream, decompressed where they are gzip."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._waiting = b""
        self._read = 0
        self._given = 0
        self._inflater = _inflater() if self._fill(len(_GZIP)).startswith(_GZIP) else None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override] # as RawIOBase is asked in fact
        found = self._next(len(buffer))
        buffer[: len(found)] = found
        self._given += len(found)
        self._check()
        return len(found)

    def _next(self, most: int) -> bytes:
        if self._inflater is None:
            self._fill(1)
            found, self._waiting = self._waiting[:most], self._waiting[most:]
            return found
        found = b""
        while not found and self._fill(1):
            found = self._inflated(most)
        if not found and not self._inflater.eof:
            raise _refusal("not-gzip", 1, "the compressed file ends early")
        return found

    def _inflated(self, most: int) -> bytes:
        """Return bytes out of what is waiting; a further gzip member goes on where one ends."""
        if self._inflater is None or self._inflater.eof:
            self._inflater = _inflater()
        try:
            found = self._inflater.decompress(self._waiting, most)
        except zlib.error as error:
            raise _refusal("not-gzip", 1, "the compressed file is damaged") from error
        self._waiting = self._inflater.unused_data or self._inflater.unconsumed_tail
        return found

    def _fill(self, least: int) -> bytes:
        while len(self._waiting) < least and (more := self._stream.read(_CHUNK)):
            self._waiting += more
            self._read += len(more)
        return self._waiting

    def _check(self) -> None:
        if self._given > BYTES_MAX:
            raise _refusal("too-large", 1, f"a file has up to {BYTES_MAX} bytes")
        if self._given > _FREE and self._given > RATIO_MAX * self._read:
            reason = f"more than {RATIO_MAX} times as long as it was compressed"
            raise _refusal("decompression-ratio", 1, reason)


def _inflater() -> "zlib._Decompress":
    return zlib.decompressobj(wbits=31)
