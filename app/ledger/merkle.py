"""The Merkle tree of RFC 6962 and RFC 9162: roots, frontier, proofs and their verification."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

ReadNode = Callable[[int, int], bytes]
"""(level, index) to the hash of the complete subtree over leaves [index << level, + 1 << level)."""


class ProofError(ValueError):
    """A proof that does not prove what it is asked to prove."""


def leaf_hash(data: bytes) -> bytes:
    """Return SHA-256(0x00 || data) (RFC 9162 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 || left || right) (RFC 9162 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def root(hashes: Iterable[bytes]) -> bytes:
    """Return the tree head over leaf hashes (RFC 9162 2.1.1); SHA-256("") for none."""
    frontier = Frontier()
    for item in hashes:
        frontier.append(item)
    return frontier.root()


class Frontier:
    """The right edge of a growing tree: one hash for each set bit of its size.

    Appending is O(1) amortised; `root` folds the edge from the right (RFC 9162 2.1.2).
    """

    __slots__ = ("_edge", "size")

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        """Take up a tree of `size` leaves whose edge is given largest subtree first."""
        if len(edge) != size.bit_count() or any(len(item) != HASH_BYTES for item in edge):
            raise ValueError("the edge does not fit the size")
        self.size = size
        self._edge = list(edge)

    @property
    def edge(self) -> tuple[bytes, ...]:
        """The complete subtrees' hashes, largest first."""
        return tuple(self._edge)

    def append(self, hashed: bytes) -> None:
        """Add one leaf hash."""
        size = self.size
        edge = self._edge
        while size & 1:
            hashed = sha256(b"\x01" + edge.pop() + hashed).digest()
            size >>= 1
        edge.append(hashed)
        self.size += 1

    def root(self) -> bytes:
        """Return the tree head at this size."""
        if not self._edge:
            return EMPTY_ROOT
        hashed = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            hashed = node_hash(left, hashed)
        return hashed


class Tree:
    """A whole tree in memory: every complete node, for proofs and for checks of tiles."""

    __slots__ = ("_levels",)

    def __init__(self, hashes: Iterable[bytes] = ()) -> None:
        """Build the tree over leaf hashes."""
        self._levels: list[list[bytes]] = [[]]
        for item in hashes:
            self.append(item)

    @property
    def size(self) -> int:
        """How many leaves."""
        return len(self._levels[0])

    def append(self, hashed: bytes) -> None:
        """Add one leaf hash."""
        for level in self._levels:
            level.append(hashed)
            if len(level) % 2:
                return
            hashed = node_hash(level[-2], level[-1])
        self._levels.append([hashed])

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree; a ReadNode."""
        return self._levels[level][index]


def range_root(first: int, end: int, read: ReadNode) -> bytes:
    """Return the head over leaves [first, end) of a larger tree, as its proofs split it."""
    size = end - first
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return read(level, first >> level)
    middle = first + _split(size)
    return node_hash(range_root(first, middle, read), range_root(middle, end, read))


def read_edge(size: int, read: ReadNode) -> tuple[bytes, ...]:
    """Return the edge of the tree at an earlier size, largest subtree first."""
    edge = []
    first = 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            edge.append(read(level, first >> level))
            first += 1 << level
    return tuple(edge)


def inclusion_proof(index: int, size: int, read: ReadNode) -> tuple[bytes, ...]:
    """Return the audit path of a leaf in the tree of that size (RFC 9162 2.1.3.1)."""
    if not 0 <= index < size:
        raise ProofError("no such leaf in a tree of that size")
    path = []
    first, end = 0, size
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            path.append(range_root(middle, end, read))
            end = middle
        else:
            path.append(range_root(first, middle, read))
            first = middle
    return tuple(reversed(path))


def consistency_proof(old_size: int, size: int, read: ReadNode) -> tuple[bytes, ...]:
    """Return the proof that the tree extends its earlier self (RFC 9162 2.1.4.1)."""
    if not 0 < old_size <= size:
        raise ProofError("the earlier size lies outside the tree")
    path = []
    first, end = 0, size
    while end != old_size:
        middle = first + _split(end - first)
        if old_size <= middle:
            path.append(range_root(middle, end, read))
            end = middle
        else:
            path.append(range_root(first, middle, read))
            first = middle
    if first:
        path.append(range_root(first, end, read))
    return tuple(reversed(path))


def verify_inclusion(
    *, index: int, size: int, hashed: bytes, proof: Sequence[bytes], head: bytes
) -> None:
    """Check an audit path (RFC 9162 2.1.3.2). Raises ProofError."""
    _check_hashes(hashed, head, *proof)
    if not 0 <= index < size:
        raise ProofError("no such leaf in a tree of that size")
    node, last, found = index, size - 1, hashed
    for sibling in proof:
        if last == 0:
            raise ProofError("the proof is too long")
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            found = node_hash(found, sibling)
        node >>= 1
        last >>= 1
    if last:
        raise ProofError("the proof is too short")
    if found != head:
        raise ProofError("the proof leads to another root")


def verify_consistency(
    *, old_size: int, size: int, old_head: bytes, head: bytes, proof: Sequence[bytes]
) -> None:
    """Check that a tree extends an earlier one (RFC 9162 2.1.4.2). Raises ProofError.

    Size 0 is refused here: everything extends the empty tree, so its caller must know what
    that would mean.
    """
    _check_hashes(old_head, head, *proof)
    if not 0 < old_size <= size:
        raise ProofError("the earlier size lies outside the tree")
    if old_size == size:
        _verify_same(old_head, head, proof)
        return
    _verify_extension(old_size, size, old_head, head, list(proof))


def _verify_same(old_head: bytes, head: bytes, proof: Sequence[bytes]) -> None:
    if proof:
        raise ProofError("trees of one size need no proof")
    if old_head != head:
        raise ProofError("two roots at one size")


def _verify_extension(
    old_size: int, size: int, old_head: bytes, head: bytes, path: list[bytes]
) -> None:
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_head)
    if not path:
        raise ProofError("the proof is empty")
    node, last = old_size - 1, size - 1
    while node & 1:
        node >>= 1
        last >>= 1
    old_found = found = path[0]
    for item in path[1:]:
        if last == 0:
            raise ProofError("the proof is too long")
        if node & 1 or node == last:
            old_found = node_hash(item, old_found)
            found = node_hash(item, found)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            found = node_hash(found, item)
        node >>= 1
        last >>= 1
    if last:
        raise ProofError("the proof is too short")
    if old_found != old_head or found != head:
        raise ProofError("the proof leads to another root")


def _split(size: int) -> int:
    """Return the largest power of two below size (RFC 9162 2.1.1)."""
    return 1 << (size - 1).bit_length() - 1


def _check_hashes(*hashes: bytes) -> None:
    if any(len(item) != HASH_BYTES for item in hashes):
        raise ProofError("a hash is not 32 bytes")
