"""Context: what this process opened for its doors, after any fork."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app

from app.services.credentials import ApiKeys
from app.services.integrity import ReplayJobs
from app.storage.storage import Storage

_NAME = "eac-context"


@dataclass(frozen=True, slots=True)
class Context:
    """Storage and services of a running registry."""

    storage: Storage
    keys: ApiKeys
    replays: ReplayJobs


def install(app: Flask, opened: Callable[[], Context]) -> None:
    """Take what opens the context on first use in each process."""
    app.extensions[_NAME] = opened


def context() -> Context:
    """Return the context of this process."""
    opened: Callable[[], Context] = current_app.extensions[_NAME]
    return opened()
