"""Headers: what browsers and proxies may do with our answers, and nothing about the server."""

from flask import Flask, Response

SECURITY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def install(app: Flask) -> None:
    """Add them to every answer that does not say otherwise."""
    app.after_request(_protect)


def _protect(answer: Response) -> Response:
    for name, value in SECURITY.items():
        answer.headers.setdefault(name, value)
    answer.headers.pop("Server", None)
    return answer
