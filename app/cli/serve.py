"""`eac serve`: the REST door on a production WSGI server."""

from contextlib import ExitStack
from multiprocessing import set_start_method
from os import strerror
from socket import create_server
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click
import structlog
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from app import logs
from app.application import create_app
from app.factory import open_registry
from app.http.bodies import BODIES_AWAITED_MAX
from app.http.metrics import FOLDER_NAME
from app.settings import Settings, SettingsError, tell_children
from app.worker.beside import WorkerBeside

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

TARGET = "app.cli.serve:load_app"
BACKLOG = 1024
HEAD_BYTES_MAX = 65_536
HEAD_TIMEOUT_MS = 30_000
"""How long a head may take, and how long a connection may be idle."""
STOP_S = 30
"""How long running requests have to finish."""
SERVER = ("Server", "eac")
"""Said so that the server does not say its own name."""
SERVER_LOGS = {
    "version": 1,
    "incremental": True,
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"propagate": True}},
}


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, help="Port to listen on.")
@click.option("--threads", default=64, show_default=True, help="Requests answered at once.")
@click.option("--workers", default=1, show_default=True, help="Processes; on PostgreSQL only.")
@click.option(
    "--connections", default=BACKLOG, show_default=True, help="Connections held by a process."
)
@click.option("--worker/--no-worker", default=True, help="Run `eac worker` beside it.")
def serve_command(
    *, host: str, port: int, threads: int, workers: int, connections: int, worker: bool
) -> None:
    """Serve the REST API over HTTP until SIGTERM or SIGINT; running requests are finished."""
    logs.configure()
    check(Settings.from_environ(), host=host, port=port, workers=workers)
    set_start_method("spawn", force=True)
    with ExitStack() as stack:
        if workers > 1:
            folder = stack.enter_context(TemporaryDirectory(prefix="eac-metrics-"))
            tell_children(FOLDER_NAME, folder)
        server = make_server(
            host=host, port=port, threads=threads, workers=workers, connections=connections
        )
        if worker:
            stack.enter_context(WorkerBeside())
        structlog.get_logger().info("serving", url=f"http://{host}:{port}/v1/docs")
        server.serve()


def check(settings: Settings, *, host: str, port: int, workers: int) -> None:
    """Refuse what cannot be served, before any worker is started.

    Raises SettingsError, and what `open_registry` raises.
    """
    with open_registry(settings) as registry:
        if workers > 1 and registry.storage.database.is_sqlite:
            raise SettingsError("one writer at a time is all that SQLite has: --workers 1")
    try:
        create_server((host, port)).close()
    except OSError as error:
        raise SettingsError(
            f"{host}:{port} cannot be listened on: {strerror(error.errno or 0)}"
        ) from error


def make_server(*, host: str, port: int, threads: int, workers: int, connections: int) -> Any:  # noqa: ANN401 - one of granian's classes
    """Return the server, whose processes each load the application anew.

    Heads are read without a thread. Bodies hold one, so there are threads for those on top.
    """
    return Granian(
        TARGET,
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=HEAD_TIMEOUT_MS, max_buffer_size=HEAD_BYTES_MAX
        ),
        websockets=False,
        workers=workers,
        blocking_threads=threads + BODIES_AWAITED_MAX,
        backlog=BACKLOG,
        backpressure=connections,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_S,
        log_access=False,
        log_level=LogLevels.error,
        log_dictconfig=SERVER_LOGS,
    )


def load_app() -> "WSGIApplication":
    """Return the application of the environment, for a process of the server."""
    logs.configure()
    return _unnamed(create_app(settings=Settings.from_environ()))


def _unnamed(app: "WSGIApplication") -> "WSGIApplication":
    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:  # noqa: ANN401 - as PEP 3333 has it
            return start_response(status, [*headers, SERVER], *error)

        return app(environ, start)

    return answer
