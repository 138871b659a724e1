"""What was seen in a meter file that whoever relies on its readings should know."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SeriesKey = tuple[str, ...]
"""The labels that tell one series from another, in the order the layout names them."""

FINDING_CODES: Mapping[str, str] = MappingProxyType(
    {
        "ambiguous-local-time": "The local clock shows this time never, or more than once.",
        "decimal-noise": "Rounded to the decimals that the layout says are meant.",
        "duplicate": "The same reading again; taken once.",
        "duplicate-conflict": "Different readings of one interval; none of them is taken.",
        "gap": "Intervals without a reading between others.",
        "meter-reading-decreased": "A register went back; no energy is taken from it.",
        "misaligned": "The interval does not lie on the grid of its local day.",
        "missing": "A blank where a reading belongs.",
        "negative": "A negative value, refused or used as the layout says.",
        "not-a-number": "The text is no number of up to 15 digits and 18 decimals.",
        "not-a-time": "The text is no time or period in the form of the layout.",
        "outside-day": "The local day has no such interval.",
        "overlap": "Intervals that share time; none of them is taken.",
        "register-start": "A register reading without one an interval earlier gives no energy.",
        "sub-watt-hour-precision": "The energy is no whole number of watt-hours.",
        "unexpected-label": "A label is not one that the layout expects.",
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation: `line` is the first it was made at, `count` how many cells it is about.

    A gap counts intervals. `column` is 0 where it is about a row; start and end are None where
    the time is not known.
    """

    code: str
    series: SeriesKey
    line: int
    column: int
    count: int
    detail: str
    start_ms: int | None = None
    end_ms: int | None = None
