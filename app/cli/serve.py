"""`eac serve`: the REST door on a production WSGI server."""

import gc
import sys
from contextlib import ExitStack
from multiprocessing import set_start_method
from os import cpu_count, strerror
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
GARBAGE = (20_000, 20, 50)
"""When garbage is looked for: a request makes some hundred objects, none of them in a ring."""
SWITCH_S = 0.02
"""How long a thread may compute before others may: most requests end sooner by themselves."""
WORKERS_MAX = 2
"""How many processes are started unless more are asked for: they take turns at the log's head."""
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
@click.option(
    "--workers",
    default=0,
    show_default="1 on SQLite; on PostgreSQL one a core, 2 at most",
    help="Processes.",
)
@click.option(
    "--connections", default=BACKLOG, show_default=True, help="Connections held by a process."
)
@click.option("--worker/--no-worker", default=True, help="Run `eac worker` beside it.")
def serve_command(
    *, host: str, port: int, threads: int, workers: int, connections: int, worker: bool
) -> None:
    """Serve the REST API over HTTP until SIGTERM or SIGINT; running requests are finished."""
    logs.configure()
    workers = fitting_workers(Settings.from_environ(), asked=workers)
    check_address(host, port)
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


def fitting_workers(settings: Settings, *, asked: int) -> int:
    """Return how many processes serve a registry, which is opened here to see that it may be.

    0 asks for as many as are worth it. Raises SettingsError, and what `open_registry` raises.
    """
    with open_registry(settings) as registry:
        is_sqlite = registry.storage.database.is_sqlite
    if asked > 1 and is_sqlite:
        raise SettingsError("one writer at a time is all that SQLite has: --workers 1")
    return asked or (1 if is_sqlite else min(WORKERS_MAX, cpu_count() or 1))


def check_address(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on. Raises SettingsError."""
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
    app = create_app(settings=Settings.from_environ())
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    sys.setswitchinterval(SWITCH_S)
    return _unnamed(app)


def _unnamed(app: "WSGIApplication") -> "WSGIApplication":
    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:  # noqa: ANN401 - as PEP 3333 has it
            return start_response(status, [*headers, SERVER], *error)

        return app(environ, start)

    return answer
