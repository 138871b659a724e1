"""The WSGI door: `flask --app wsgi run`, or any WSGI server with `wsgi:app`."""

from app.application import create_app
from app.settings import Settings

app = create_app(settings=Settings.from_environ())
