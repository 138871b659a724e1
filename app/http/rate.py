"""Rate: how many calls a key, or an address without one, may make; counted in this process.

It runs before the database is asked. A key that was valid lately has its own allowance, which
nobody else can use up; every other call, a failed authentication too, counts against its address.
"""

from collections.abc import Callable
from hashlib import sha256
from ipaddress import IPv6Address
from math import ceil
from threading import Lock
from time import monotonic

from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from app.http.problems import ProblemError
from app.settings import Settings

WINDOW_S = 60
SLACK_S = 1e-6
"""What sums of seconds may be off by."""
CALLERS_MAX = 65_536
ADDRESS_LETTERS_MAX = 64
IPV6_SITE_BYTES = 8


class Allowances:
    """Token buckets of a minute's calls, kept as the moment at which each is full again."""

    def __init__(
        self, per_minute: int, *, most: int = CALLERS_MAX, clock: Callable[[], float] = monotonic
    ) -> None:
        """Take how many calls a minute are allowed, 0 for any, and how many callers are known."""
        self._cost_s = WINDOW_S / per_minute if per_minute else 0.0
        self._most = most
        self._clock = clock
        self._lock = Lock()
        self._full_at: dict[bytes, float] = {}

    def __contains__(self, caller: bytes) -> bool:
        """Say whether a caller is known."""
        return caller in self._full_at

    def take(self, caller: bytes) -> int:
        """Take one call; return 0, or after how many seconds to try again."""
        now = self._clock()
        with self._lock:
            full_at = max(self._full_at.pop(caller, now), now) + self._cost_s
            is_over = full_at - now > WINDOW_S + SLACK_S
            self._full_at[caller] = full_at - self._cost_s if is_over else full_at
            if len(self._full_at) > self._most:
                del self._full_at[next(iter(self._full_at))]
        return max(1, ceil(full_at - now - WINDOW_S)) if is_over else 0

    def give_back(self, caller: bytes) -> None:
        """Undo a call that was taken."""
        with self._lock:
            if caller in self._full_at:
                self._full_at[caller] -= self._cost_s

    def forget(self, caller: bytes) -> None:
        """Forget a caller."""
        with self._lock:
            self._full_at.pop(caller, None)


class RateLimits:
    """The allowances of keys and of addresses."""

    def __init__(self, keys: Allowances, addresses: Allowances) -> None:
        """Take both; a key is known to the first once it was valid."""
        self._keys = keys
        self._addresses = addresses

    def take(self) -> None:
        """Let a request in. Raises ProblemError rate-limited."""
        shown = _shown()
        is_known = shown is not None and shown in self._keys
        wait_s = self._keys.take(shown) if is_known and shown else self._addresses.take(_address())
        if wait_s:
            raise ProblemError(
                "rate-limited", "Too many calls.", headers={"Retry-After": str(wait_s)}
            )
        g.rated = shown, is_known

    def settle(self, answer: Response) -> Response:
        """Know a key that was valid, and count its first call for it; forget one that was not."""
        shown, is_known = g.get("rated", (None, False))
        if shown is None:
            return answer
        is_valid = "caller" in g
        if is_valid and not is_known:
            self._keys.take(shown)
            self._addresses.give_back(_address())
        elif not is_valid and g.get("refused") and g.refused.code == "unauthenticated":
            self._keys.forget(shown)
        return answer


def install(app: Flask, settings: Settings, *, clock: Callable[[], float] = monotonic) -> None:
    """Count every request, by the address that the trusted proxies tell."""
    count = settings.trusted_proxies
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=0)  # type: ignore[method-assign]  # as Flask documents
    limits = RateLimits(
        Allowances(settings.rate_per_minute, clock=clock),
        Allowances(settings.public_rate_per_minute, clock=clock),
    )
    app.before_request(limits.take)
    app.after_request(limits.settle)


def _shown() -> bytes | None:
    """Return a digest of the credentials that a request shows; they are kept nowhere."""
    header = request.headers.get("Authorization")
    return sha256(header.encode()).digest() if header else None


def _address() -> bytes:
    """Return who is counted as one address: of IPv6 the site, which has many of its own."""
    text = (request.remote_addr or "")[:ADDRESS_LETTERS_MAX]
    if ":" not in text:
        return text.encode()
    try:
        found = IPv6Address(text)
    except ValueError:
        return text.encode()
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped).encode()
    return found.packed[:IPV6_SITE_BYTES]
