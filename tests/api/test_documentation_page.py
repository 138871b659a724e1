"""The documentation page: it shows the document, and asks no other host for anything."""

from html.parser import HTMLParser
from re import findall

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.api import pages
from app.http import headers, problems, request_id
from app.http.json import OrjsonProvider
from tests.api.doors import Doors

TYPES = {
    "/v1/docs/favicon-32x32.png": "image/png",
    "/v1/docs/start.js": "text/javascript; charset=utf-8",
    "/v1/docs/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "/v1/docs/swagger-ui.css": "text/css; charset=utf-8",
}
NO_FILES = [
    "swagger-ui.js",
    "swagger-ui.css.map",
    "oauth2-redirect.html",
    "index.css",
    "VERSION",
    "START.JS",
    "..",
    "../__init__.py",
    "..%2f__init__.py",
    "%2e%2e/flask_swagger_ui.py",
    "..%5c__init__.py",
    "../../../../../../etc/passwd",
    "/etc/passwd",
    "start.js/",
    "start.js%00.css",
]


class References(HTMLParser):
    """What a page refers to, and what it would run or style by itself."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline: list[str] = []
        self._open = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag
        for name, value in attrs:
            if name in {"src", "href", "action", "srcset", "data"}:
                self.found.append(value or "")
            if name == "style" or name.startswith("on"):
                self.inline.append(name)

    def handle_data(self, data: str) -> None:
        if self._open in {"script", "style"} and data.strip():
            self.inline.append(data)


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("pages", static_folder=None)
    app.json = OrjsonProvider(app)
    request_id.install(app)
    headers.install(app)
    problems.install(app, unavailable=())
    pages.install(app)
    return app.test_client()


def test_everything_that_the_page_refers_to_is_here(doors: Doors) -> None:
    page = doors.client.get("/v1/docs")
    references = References(page.text)

    types = {url: doors.client.get(url).content_type for url in references.found}

    assert (page.status_code, page.content_type) == (200, "text/html; charset=utf-8")
    assert types == {**TYPES, "/v1/openapi.json": "application/json"}
    assert references.inline == []


def test_the_policy_lets_scripts_and_calls_go_to_this_origin_alone(client: FlaskClient) -> None:
    policy = client.get("/v1/docs").headers["Content-Security-Policy"]

    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))

    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["connect-src"] == "'self'"
    assert rules["img-src"] == "'self' data:"
    assert rules["frame-ancestors"] == "'none'"
    assert "http" not in policy


@pytest.mark.parametrize("name", NO_FILES)
def test_no_other_file_is_given_away(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/v1/docs/{name}")

    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("url", TYPES)
def test_files_are_kept_by_browsers_and_asked_for_again_by_tag(
    client: FlaskClient, url: str
) -> None:
    first = client.get(url)

    again = client.get(url, headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "public, max-age=86400"
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert (again.status_code, again.data) == (304, b"")


def test_files_name_no_other_file_to_fetch(client: FlaskClient) -> None:
    styles = client.get("/v1/docs/swagger-ui.css").text
    start = client.get("/v1/docs/start.js").text

    assert "@import" not in styles
    assert {found[:5] for found in findall(r"url\([\"']?([^)]*)", styles)} == {"data:"}
    assert "//" not in start
    assert "validatorUrl: null" in start
    assert all(b"sourceMappingURL" not in client.get(url).data for url in TYPES)


def test_a_broken_installation_of_the_files_would_show(client: FlaskClient) -> None:
    script = client.get("/v1/docs/swagger-ui-bundle.js").data

    assert b"SwaggerUIBundle" in script
    assert len(script) > 1_000_000


def test_the_page_writes_nothing(client: FlaskClient) -> None:
    app: Flask = client.application

    methods = {
        rule.rule: (rule.methods or set()) - {"HEAD", "OPTIONS"}
        for rule in app.url_map.iter_rules()
    }

    assert methods == {"/v1/docs": {"GET"}, "/v1/docs/<name>": {"GET"}}
