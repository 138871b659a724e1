"""Values of cells as whole numbers of the smallest unit that a layout can mean."""

from fractions import Fraction

from app.layouts.amount_members import DECIMALS_MAX
from app.layouts.layout import ENERGY_UNITS, POWER_UNITS, Amount

HOUR_S = 3600
DIGITS_MAX = 15
NOISE_MAX = 40
_CACHE_MAX = 65_536
_LENGTHS_MAX = 16
_HALF = "5"


class AmountError(ValueError):
    """A text that gives no amount, with the code of the finding."""

    def __init__(self, *, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Amounts:
    """Reads the values of one unit.

    An amount is a number of parts of a watt-hour: `parts` to the watt-hour, which is 1 where
    the layout rounds nothing, so that an amount then is whole watt-hours or refused.
    """

    def __init__(self, amount: Amount, unit: str) -> None:
        """Take what the layout says of values, and a unit."""
        self._amount = amount
        self._decimals = DECIMALS_MAX if amount.decimals is None else amount.decimals
        self._is_power = amount.kind == "power"
        self._factor = (POWER_UNITS if self._is_power else ENERGY_UNITS)[unit]
        self._whole = 10**self._decimals * (HOUR_S if self._is_power else 1)
        self._known: dict[int, dict[str, int]] = {}
        self.parts = self._whole if amount.is_carried else 1

    def known(self, length_s: int) -> dict[str, int]:
        """Return amounts that texts were found to be, for intervals of a length."""
        key = length_s if self._is_power else 0
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _LENGTHS_MAX:
                self._known.clear()
            found = self._known[key] = {}
        return found

    def read(self, text: str, length_s: int) -> tuple[int, bool]:
        """Return the amount of a text, and whether noise was rounded off. Raises AmountError.

        What is neither negative nor noisy is known from then on.
        """
        number, is_noisy = self._number(text)
        exact = number * self._factor * (length_s if self._is_power else 1)
        amount = exact
        if self.parts == 1:
            amount, rest = divmod(exact, self._whole)
            if rest:
                detail = f"{Fraction(exact, self._whole)} Wh is no whole number"
                raise AmountError(code="sub-watt-hour-precision", detail=detail)
        if amount >= 0 and not is_noisy and not text.startswith("-"):
            known = self.known(length_s)
            if len(known) >= _CACHE_MAX:
                known.clear()
            known[text] = amount
        return amount, is_noisy

    def _number(self, text: str) -> tuple[int, bool]:
        """Return the number times ten to the power of the decimals that are meant."""
        body = text.removeprefix("-")
        whole, sign, fraction = body.partition(self._amount.decimal)
        most = DECIMALS_MAX if self._amount.decimals is None else NOISE_MAX
        is_number = 0 < len(whole) <= DIGITS_MAX and bool(fraction) == bool(sign)
        if not is_number or not _is_digits(whole + fraction) or len(fraction) > most:
            raise AmountError(code="not-a-number", detail=f"{text[:40]!r} is no number")
        kept, tail = fraction[: self._decimals], fraction[self._decimals :]
        number = int(whole + kept.ljust(self._decimals, "0"))
        is_noisy = tail.strip("0") != ""
        if is_noisy and (tail[0] > _HALF or (tail[0] == _HALF and tail[1:].strip("0") != "")):
            number += 1
        elif is_noisy and tail.rstrip("0") == _HALF:
            number += number % 2
        return (-number if body != text else number), is_noisy


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
