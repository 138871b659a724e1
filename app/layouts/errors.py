"""What is wrong with a layout, or with a meter file as a whole."""


class LayoutError(ValueError):
    """A layout that cannot be used; `pointer` is a JSON Pointer (RFC 6901) to the member."""

    def __init__(self, *, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer or '/'}: {reason}")
        self.pointer = pointer
        self.reason = reason


class MeterFileError(ValueError):
    """A file refused as a whole, with a code and a place; line and column start at 1.

    Codes: encoding, not-gzip, decompression-ratio, too-large, too-many-lines, line-too-long,
    too-many-columns, too-many-series, too-much-unsorted, header, field-count, not-csv,
    series-returns, not-sorted. What was read of the file before is not to be used.
    """

    def __init__(self, *, code: str, line: int, column: int, reason: str) -> None:
        super().__init__(f"line {line}, column {column}: {reason}")
        self.code = code
        self.line = line
        self.column = column
        self.reason = reason
