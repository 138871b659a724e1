"""Check digits of GS1 numbers, EIC and LEI codes (GS1, ENTSO-E, ISO 17442)."""

from re import compile as pattern

_EIC_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
_EIC = pattern(r"[0-9]{2}[XYZWTVA][0-9A-Z-]{12}[0-9A-Z]")
_LEI = pattern(r"[0-9A-Z]{18}[0-9]{2}")


def gs1_check_digit(body: str) -> str:
    """Return the modulo-10 check digit of the digits before it."""
    weighted = (int(digit) * (1, 3)[at % 2 == 0] for at, digit in enumerate(reversed(body)))
    return str(-sum(weighted) % 10)


def is_gsrn(text: str) -> bool:
    """Say whether text is a Global Service Relation Number of 18 digits."""
    return _is_gs1(text, 18)


def is_gln(text: str) -> bool:
    """Say whether text is a Global Location Number of 13 digits."""
    return _is_gs1(text, 13)


def is_eic(text: str) -> bool:
    """Say whether text is an Energy Identification Code; a check character of - is not issued."""
    if not _EIC.fullmatch(text):
        return False
    weighted = sum((16 - at) * _EIC_ALPHABET.index(text[at]) for at in range(15))
    return _EIC_ALPHABET[36 - (weighted - 1) % 37] == text[15]


def is_lei(text: str) -> bool:
    """Say whether text is a Legal Entity Identifier (modulo 97-10)."""
    if not _LEI.fullmatch(text):
        return False
    return int("".join(str(int(character, 36)) for character in text)) % 97 == 1


def _is_gs1(text: str, length: int) -> bool:
    if len(text) != length or not text.isascii() or not text.isdigit():
        return False
    return gs1_check_digit(text[:-1]) == text[-1]
