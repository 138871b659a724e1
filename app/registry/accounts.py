"""Accounts hold bundles; a whitelist says from whom an account receives without being asked."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """An account and the organisation whose it is."""

    id: str
    organisation: str

    @property
    def key(self) -> str:
        """What it is found by."""
        return self.id


@dataclass(frozen=True, slots=True)
class Sender:
    """Whether transfers from `sender` enter `account` at once (R27)."""

    account: str
    sender: str
    is_allowed: bool

    @property
    def key(self) -> tuple[str, str]:
        """What it is found by."""
        return self.account, self.sender
