"""The WSGI application, for any server: `flask --app wsgi run`, gunicorn, uwsgi."""

from app import logs
from app.application import create_app
from app.settings import Settings

logs.configure()
app = create_app(settings=Settings.from_environ())
