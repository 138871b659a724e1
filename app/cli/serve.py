"""`eac serve`: the REST door on a production WSGI server."""

import click
from waitress import serve

from app.factory import create_app
from app.settings import Settings


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, help="Port to listen on.")
@click.option("--threads", default=64, show_default=True, help="Requests answered at once.")
def serve_command(*, host: str, port: int, threads: int) -> None:
    """Serve health, blocks and integrity over HTTP."""
    app = create_app(settings=Settings.from_environ())
    click.echo(f"http://{host}:{port}/v1/health", err=True)
    serve(app, host=host, port=port, threads=threads, ident=None)
