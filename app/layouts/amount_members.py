"""Members of a layout that say what a value is."""

from app.layouts.layout import ENERGY_UNITS, POWER_UNITS, Amount, Kind
from app.layouts.members import Members

DECIMALS_MAX = 18
REGISTER_DIGITS_MAX = 15
_KINDS: tuple[Kind, ...] = ("energy", "power", "counter")


def read_amount(members: Members) -> Amount:
    """Take what says how values are read. Raises LayoutError."""
    kind = members.choice("kind", _KINDS, "energy")
    choices = tuple(POWER_UNITS if kind == "power" else ENERGY_UNITS)
    units = members.mapped("unit_column", "units", choices)
    if units is not None and members.has("unit"):
        raise members.error("unit", "say unit or unit_column, one of them")
    blanks = members.texts("blanks", least=1) if members.has("blanks") else ("",)
    digits = members.number("register_digits", least=1, most=REGISTER_DIGITS_MAX)
    if digits is not None and kind != "counter":
        raise members.error("register_digits", "only a counter rolls over")
    return Amount(
        kind=kind,
        decimal=members.choice("decimal", (".", ","), "."),
        unit=members.choice("unit", choices) if units is None else None,
        units=units,
        blanks=frozenset(blanks),
        decimals=members.number("decimals", least=0, most=DECIMALS_MAX),
        is_carried=members.choice("rounding", ("exact", "carry"), "exact") == "carry",
        negative=members.choice("negative", ("refuse", "import", "zero"), "refuse"),
        register_digits=digits,
    )
