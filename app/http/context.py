"""Context: what this process opened for its doors, after any fork."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app

from app.layouts.shelf import Shelf
from app.registry.windows import Calendar
from app.services.applications import Onboarding
from app.services.credentials import ApiKeys
from app.services.files import Files
from app.services.group import GroupCommit
from app.services.integrity import ReplayJobs
from app.services.meters import Meters
from app.services.refusals import Refusals
from app.services.vault import Vault
from app.storage.storage import Storage

_NAME = "eac-context"


@dataclass(frozen=True, slots=True)
class Context:
    """Storage and services of a running registry, and what genesis fixed."""

    storage: Storage
    keys: ApiKeys
    onboarding: Onboarding
    refusals: Refusals
    meters: Meters
    files: Files
    layouts: Shelf
    replays: ReplayJobs
    group: GroupCommit
    vault: Vault
    calendar: Calendar
    origin: str
    issuing_body: str


def install(app: Flask, opened: Callable[[], Context]) -> None:
    """Take what opens the context on first use in each process."""
    app.extensions[_NAME] = opened


def context() -> Context:
    """Return the context of this process."""
    opened: Callable[[], Context] = current_app.extensions[_NAME]
    return opened()
