"""The door with one more route that does nothing, on one worker: what the door itself costs."""

import sys

from flask import Response, jsonify
from granian import Granian
from granian.constants import HTTPModes, Interfaces

from app.application import create_app
from app.http.access import ANY_KEY, allow
from app.settings import Settings

THREADS = 64


def load_app() -> object:
    """Return the application with a route that does nothing for whoever shows a key."""
    app = create_app(settings=Settings.from_environ())

    @allow(ANY_KEY)
    def show_nothing() -> Response:
        return jsonify({"status": "ok"})

    app.add_url_rule("/plain", view_func=show_nothing)
    return app


def main() -> None:
    """Serve it at a port."""
    server = Granian(
        "tests.bench.noop:load_app",
        factory=True,
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=1,
        blocking_threads=THREADS,
        log_enabled=False,
    )
    server.serve()


if __name__ == "__main__":
    main()
