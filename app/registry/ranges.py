"""Ranges and bundles: who holds which ordinals of an issuance, in which state."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from app.registry.errors import RefusalError
from app.registry.fields import ID, QUANTITY, MemberKind, listed

ACTIVE = "active"
OFFERED = "offered"
LOCKED = "locked"
RETIRED = "retired"
WITHDRAWN = "withdrawn"

RANGES_MAX = 150
FRESH = -1
"""The from_height of a bundle that this group made and no block holds yet."""


class Range(NamedTuple):
    """Ordinals first to last, inclusive, of an issuance: the address of a bundle."""

    issuance: str
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.issuance}:{self.first}-{self.last}"


class Bundle(NamedTuple):
    """A range with one holder and one state since a height; `offer` says under which it is offered.

    What stands between orders bundles by age.
    """

    issuance: str
    first: int
    last: int
    account: str
    state: str
    from_height: int
    period_start: int
    issued_index: int
    offer: str | None = None

    @property
    def quantity(self) -> int:
        """How many certificates."""
        return self.last - self.first + 1


class Move(NamedTuple):
    """One row of `change`: a range leaves one holder and state for another.

    `offer` is the one under which it is held afterwards; a leaf says that in its operation.
    """

    issuance: str
    first: int
    last: int
    from_account: str
    from_state: str
    to_account: str
    to_state: str
    offer: str | None = None

    @property
    def plain(self) -> dict[str, Any]:
        """The row as it stands in a leaf."""
        return {
            "issuance": self.issuance,
            "first": self.first,
            "last": self.last,
            "from": f"{self.from_account}/{self.from_state}",
            "to": f"{self.to_account}/{self.to_state}",
        }


def _parse_range(value: Any, pointer: str) -> Range:  # noqa: ANN401 - its type is in question
    if type(value) is not dict or value.keys() != {"issuance", "first", "last"}:
        raise RefusalError("invalid-field", "issuance, first and last", pointer=pointer)
    return _checked(Range(value["issuance"], value["first"], value["last"]), pointer)


def _plain_range(value: Range, pointer: str) -> dict[str, Any]:
    return _checked(value, pointer)._asdict()


def _checked(value: Range, pointer: str) -> Range:
    ID.parse(value.issuance, f"{pointer}/issuance")
    QUANTITY.parse(value.first, f"{pointer}/first")
    QUANTITY.parse(value.last, f"{pointer}/last")
    if value.last < value.first:
        raise RefusalError(
            "invalid-number-range", "last before first", rule="R18", pointer=f"{pointer}/last"
        )
    return value


RANGE = MemberKind(
    _parse_range,
    _plain_range,
    {
        "type": "object",
        "properties": {
            "issuance": ID.schema,
            "first": QUANTITY.schema,
            "last": QUANTITY.schema,
        },
        "required": ["issuance", "first", "last"],
        "additionalProperties": False,
    },
)

ITEMS = listed(RANGE, most=RANGES_MAX)


class Bundles:
    """The bundles that State knows: disjoint within an issuance, found by ordinal or by age.

    Within a group, moves split bundles and nothing merges; `settle` merges what agrees in every
    column once the group is decided, so that rows do not depend on what else was loaded.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._rows: dict[str, dict[int, Bundle]] = {}
        self._firsts: dict[str, list[int]] = {}
        self._active: dict[str, list[tuple[int, int, int, str]]] = {}
        self._offered: dict[str, set[tuple[str, int]]] = {}
        self._fresh: set[tuple[str, int]] = set()
        self._closed: dict[tuple[str, int], Bundle] = {}

    def __iter__(self) -> Iterator[Bundle]:
        for rows in self._rows.values():
            yield from rows.values()

    def __len__(self) -> int:
        return sum(map(len, self._rows.values()))

    def add(self, bundle: Bundle) -> None:
        """Take in a bundle that rows already hold, unless it or a piece of it is here."""
        if not self._was_loaded(bundle):
            self._insert(bundle)

    def open(self, bundle: Bundle) -> None:
        """Take in the first bundle of a new issuance."""
        self._insert(bundle)

    def covering(self, wanted: Range) -> list[Bundle]:
        """Return the known bundles that overlap a range, in order."""
        firsts = self._firsts.get(wanted.issuance, [])
        rows = self._rows.get(wanted.issuance, {})
        begin = max(bisect_right(firsts, wanted.first) - 1, 0)
        end = bisect_right(firsts, wanted.last)
        return [rows[at] for at in firsts[begin:end] if rows[at].last >= wanted.first]

    def oldest(self, account: str) -> Iterator[Bundle]:
        """Yield an account's active bundles, oldest production first, then in order of issue."""
        for _, _, first, issuance in self._active.get(account, []):
            yield self._rows[issuance][first]

    def of_issuance(self, issuance: str) -> list[Bundle]:
        """Return an issuance's known bundles in order."""
        return [self._rows[issuance][first] for first in self._firsts.get(issuance, [])]

    def of_offer(self, offer: str) -> list[Bundle]:
        """Return the known bundles that are offered under an offer, in order."""
        found = sorted(self._offered.get(offer, ()))
        return [self._rows[issuance][first] for issuance, first in found]

    def move(self, move: Move) -> None:
        """Give a wholly known range its new holder and state, splitting at its ends (R18, R21)."""
        for bundle in self.covering(Range(move.issuance, move.first, move.last)):
            self._remove(bundle)
            first, last = max(bundle.first, move.first), min(bundle.last, move.last)
            if bundle.first < first:
                self._insert(bundle._replace(last=first - 1, from_height=FRESH))
            if last < bundle.last:
                self._insert(bundle._replace(first=last + 1, from_height=FRESH))
            self._insert(
                bundle._replace(
                    first=first,
                    last=last,
                    account=move.to_account,
                    state=move.to_state,
                    offer=move.offer,
                    from_height=FRESH,
                )
            )

    def unknown_neighbours(self, quantity_of: Callable[[str], int]) -> list[tuple[str, int]]:
        """Return the (issuance, ordinal) beside what changed that no known bundle covers."""
        unknown: list[tuple[str, int]] = []
        for issuance, first in self._fresh:
            last = self._rows[issuance][first].last
            unknown += [
                (issuance, ordinal)
                for ordinal in (first - 1, last + 1)
                if 0 < ordinal <= quantity_of(issuance)
                and not self.covering(Range(issuance, ordinal, ordinal))
            ]
        return unknown

    def settle(self, height: int) -> tuple[list[Bundle], list[Bundle]]:
        """Merge and stamp what the group made; return the bundles it closed and opened."""
        opened = []
        for issuance, first in sorted(self._fresh):
            if (issuance, first) in self._fresh:
                opened += self._settle_run(issuance, first, height)
        closed = list(self._closed.values())
        self._closed.clear()
        return closed, opened

    def _settle_run(self, issuance: str, first: int, height: int) -> list[Bundle]:
        run = self._run(self._rows[issuance][first])
        for bundle in run:
            self._remove(bundle)
        merged = run[0]._replace(last=run[-1].last, from_height=height)
        before = self._closed.get((issuance, merged.first))
        if before is not None and before == merged._replace(from_height=before.from_height):
            del self._closed[issuance, merged.first]
            self._insert(before)
            return []
        self._insert(merged)
        return [merged]

    def _run(self, bundle: Bundle) -> list[Bundle]:
        """Return the neighbours, with itself, that agree with a bundle in every column."""
        firsts = self._firsts[bundle.issuance]
        rows = self._rows[bundle.issuance]
        begin = end = bisect_left(firsts, bundle.first)
        while begin > 0 and _is_mergeable(rows[firsts[begin - 1]], rows[firsts[begin]]):
            begin -= 1
        while end + 1 < len(firsts) and _is_mergeable(rows[firsts[end]], rows[firsts[end + 1]]):
            end += 1
        return [rows[at] for at in firsts[begin : end + 1]]

    def _was_loaded(self, bundle: Bundle) -> bool:
        if (bundle.issuance, bundle.first) in self._closed:
            return True
        return bundle.first in self._rows.get(bundle.issuance, {})

    def _insert(self, bundle: Bundle) -> None:
        issuance, first = bundle.issuance, bundle.first
        self._rows.setdefault(issuance, {})[first] = bundle
        insort(self._firsts.setdefault(issuance, []), first)
        if bundle.state == ACTIVE:
            insort(self._active.setdefault(bundle.account, []), _age(bundle))
        if bundle.offer is not None:
            self._offered.setdefault(bundle.offer, set()).add((issuance, first))
        if bundle.from_height == FRESH:
            self._fresh.add((issuance, first))

    def _remove(self, bundle: Bundle) -> None:
        issuance, first = bundle.issuance, bundle.first
        del self._rows[issuance][first]
        firsts = self._firsts[issuance]
        del firsts[bisect_left(firsts, first)]
        if bundle.state == ACTIVE:
            held = self._active[bundle.account]
            del held[bisect_left(held, _age(bundle))]
        if bundle.offer is not None:
            self._offered[bundle.offer].discard((issuance, first))
        if bundle.from_height == FRESH:
            self._fresh.discard((issuance, first))
        else:
            self._closed[issuance, first] = bundle


def _age(bundle: Bundle) -> tuple[int, int, int, str]:
    return bundle.period_start, bundle.issued_index, bundle.first, bundle.issuance


def _is_mergeable(left: Bundle, right: Bundle) -> bool:
    return left.last + 1 == right.first and (
        (left.account, left.state, left.offer) == (right.account, right.state, right.offer)
    )


def longest_runs(moves: Iterable[Move]) -> tuple[Move, ...]:
    """Return moves ordered by issuance then first, each the longest run with one from and to."""
    runs: list[Move] = []
    for move in sorted(moves):
        if runs and move == runs[-1]._replace(first=runs[-1].last + 1, last=move.last):
            runs[-1] = runs[-1]._replace(last=move.last)
        else:
            runs.append(move)
    return tuple(runs)
