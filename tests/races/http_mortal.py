"""A server for tests that dies where a request tells it to, and lives again: --port PORT.

A request says in the header `Dies` when: `now`, `before/2` right before the second commit from
then on, `after/2` right after it, or `unheard` once there is an answer, of which nothing is sent.
The application is the real one; only its database's commits are watched.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from signal import SIGKILL
from threading import Lock
from typing import TYPE_CHECKING, Any

from werkzeug.serving import make_server

from app.application import create_app, make_context
from app.factory import make_recorder, open_registry
from app.services.founding import load_keys
from app.settings import Settings
from app.storage.engines import Database
from app.storage.storage import Storage
from tests.races.http_servers import Server, started
from tests.services.seams import Driver

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HEADER = "Dies"
NOW, UNHEARD = "now", "unheard"


class Fate:
    """When this process dies."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._when = ""
        self._commits = 0

    def decide(self, said: str) -> None:
        """Take what a request says."""
        if said == NOW:
            die()
        with self._lock:
            self._when, _, commits = said.partition("/")
            self._commits = int(commits or 0)

    def commit(self, driver: Any) -> None:  # noqa: ANN401 - DB-API
        """Commit, and die before or after it where that was said."""
        with self._lock:
            self._commits -= 1
            is_last = self._commits == 0
        if is_last and self._when == "before":
            die()
        driver.commit()
        if is_last and self._when == "after":
            die()


class MortalDatabase(Database):
    """A database whose commits a fate watches."""

    def __init__(self, url: str, fate: Fate) -> None:
        super().__init__(url)
        self._fate = fate

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """Give a driver connection as ever, but for its commit."""
        with super().writing() as driver:
            yield Driver(driver, self._fate.commit)


def die() -> None:
    """End this process at once."""
    os.kill(os.getpid(), SIGKILL)


def serve(settings: Settings, port: int) -> None:
    """Serve until the end."""
    fate = Fate()
    with open_registry(settings) as opened:
        storage = Storage(MortalDatabase(settings.database_url, fate))
        recorder = make_recorder(settings, storage, load_keys(settings.keys))
        registry = replace(opened, storage=storage, recorder=recorder)
        context = make_context(registry, start_replay=lambda _: None)
        app = create_app(settings=settings)
        app.extensions["eac-context"] = lambda: context

        def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            said = environ.get("HTTP_DIES", "")
            if said:
                fate.decide(said)
            answered = app.wsgi_app(environ, start_response)
            if said == UNHEARD:
                die()
            return answered

        make_server("127.0.0.1", port, answer, threaded=True).serve_forever()


def live_again_and_again(settings: Settings, port: int) -> None:
    """Serve in a child; have another take its place when it was killed."""
    while True:
        child = os.fork()
        if not child:
            serve(settings, port)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != -SIGKILL:
            sys.exit(f"it ended by itself: {status}")


@contextmanager
def mortal(settings: Settings) -> Iterator[Server]:
    """Give such a server, of which nothing is left in the end."""
    command = (sys.executable, "-m", "tests.races.http_mortal")
    server = started(settings, settings.home / "mortal", *command)
    try:
        server.await_start()
        yield server
    finally:
        server.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    live_again_and_again(Settings.from_environ(), parser.parse_args().port)
