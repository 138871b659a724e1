"""Pages: the OpenAPI document for people to read and try, from this origin alone."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from re import MULTILINE
from re import compile as pattern

from flask import Flask, Response, request

from app.http.access import PUBLIC, allow
from app.registry.errors import RefusalError

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""The viewer writes styles into its elements; scripts come from files only."""

PAGE = b"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>EAC Ledger: API</title>
<link rel="icon" type="image/png" href="/v1/docs/favicon-32x32.png">
<link rel="stylesheet" href="/v1/docs/swagger-ui.css">
<script src="/v1/docs/swagger-ui-bundle.js" defer></script>
<script src="/v1/docs/start.js" defer></script>
</head>
<body>
<main id="document"><p><a href="/v1/openapi.json">The OpenAPI document</a></p></main>
</body>
</html>
"""

START = b"""SwaggerUIBundle({
  url: "/v1/openapi.json",
  dom_id: "#document",
  deepLinking: true,
  validatorUrl: null,
  queryConfigEnabled: false,
  persistAuthorization: false,
});
"""

MEDIA_TYPES = {
    "favicon-32x32.png": "image/png",
    "start.js": "text/javascript; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
}
"""The files that there are."""

_SOURCE_MAP = pattern(rb"^(//# sourceMappingURL=.*|/\*# sourceMappingURL=.*\*/)$", MULTILINE)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file's bytes, and the tag by which a browser asks whether they are still the same."""

    body: bytes
    tag: str


def install(app: Flask) -> None:
    """Answer /v1/docs and the files that it needs."""
    app.add_url_rule("/v1/docs", "docs", allow(PUBLIC)(show_page), methods=["GET"])
    app.add_url_rule("/v1/docs/<name>", "docs_file", allow(PUBLIC)(show_file), methods=["GET"])


def show_page() -> Response:
    """Show the document as a page."""
    answer = Response(PAGE, content_type="text/html; charset=utf-8")
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


def show_file(name: str) -> Response:
    """Show a file of the page. Raises RefusalError not-found."""
    if name not in MEDIA_TYPES:
        raise RefusalError("not-found", "no such file")
    asset = read_asset(name)
    answer = Response(asset.body, content_type=MEDIA_TYPES[name])
    answer.set_etag(asset.tag)
    answer.headers["Cache-Control"] = "public, max-age=86400"
    answer.make_conditional(request)
    return answer


@cache
def read_asset(name: str) -> Asset:
    """Return one of the files, from the installed package; a map that it names is not carried."""
    if name == "start.js":
        body = START
    else:
        source = files("flask_swagger_ui").joinpath("dist", name)
        body = source.read_bytes()
    body = _SOURCE_MAP.sub(b"", body) if not name.endswith(".png") else body
    return Asset(body, sha256(body).hexdigest()[:32])
