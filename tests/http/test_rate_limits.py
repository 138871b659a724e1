"""Rate limits: enough for everybody, endless for nobody, and one caller cannot spend another's."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from flask import Flask, g, request
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from app.http import problems, rate
from app.http.access import Caller
from app.http.json import OrjsonProvider
from app.http.problems import ProblemError
from app.http.rate import WINDOW_S, Allowances
from app.settings import Settings
from tests.http.callers import BEARER, KEYS, OTHER_BEARER

HERE = "192.0.2.1"
THERE = "198.51.100.2"
WRONG = "Bearer eac_0000000000000000_" + "w" * 43


@dataclass
class Limited:
    """A door that knows some keys, what it was asked of the database, and the time."""

    app: Flask
    now: float = 0.0
    known: set[str] = field(default_factory=lambda: {BEARER, OTHER_BEARER})
    asked: list[str] = field(default_factory=list)

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def statuses(
        self, count: int, key: str | None = None, *, address: str = HERE, **more: str
    ) -> list[int]:
        headers = {**more, **({"Authorization": key} if key else {})}
        where = {"REMOTE_ADDR": address}
        return [
            self.client.get("/thing", headers=headers, environ_base=where).status_code
            for _ in range(count)
        ]

    def identify(self) -> None:
        shown = request.headers.get("Authorization")
        if shown is None:
            return
        self.asked.append(shown)
        if shown not in self.known:
            raise ProblemError("unauthenticated", "Show a valid API key.")
        g.caller = Caller(KEYS[shown].organisation, frozenset(), KEYS[shown])


def limited(*, by_key: int = 5, by_address: int = 3, proxies: int = 0) -> Limited:
    app = Flask("limited", static_folder=None)
    app.json = OrjsonProvider(app)
    made = Limited(app)
    settings = replace(
        Settings.of(home=Path("nowhere")),
        rate_per_minute=by_key,
        public_rate_per_minute=by_address,
        trusted_proxies=proxies,
    )
    rate.install(app, settings, clock=lambda: made.now)
    app.before_request(made.identify)
    problems.install(app, unavailable=())
    app.add_url_rule("/thing", view_func=lambda: "thing")
    return made


def test_an_address_has_so_many_calls_and_then_waits() -> None:
    door = limited()

    statuses = door.statuses(5)
    answer = door.client.get("/thing", environ_base={"REMOTE_ADDR": HERE})

    assert statuses == [200, 200, 200, 429, 429]
    assert answer.get_json()["type"] == "/problems/rate-limited"
    assert answer.headers["Retry-After"] == "20"


def test_after_the_wait_that_was_named_there_is_one_call_more() -> None:
    door = limited()
    door.statuses(3)

    door.now += 19.9
    too_early = door.statuses(1)
    door.now += 0.1
    in_time = door.statuses(2)

    assert (too_early, in_time) == ([429], [200, 429])


def test_another_address_is_another_allowance() -> None:
    door = limited()
    door.statuses(4)

    assert door.statuses(1, address=THERE) == [200]


def test_a_key_has_its_own_allowance_wherever_it_calls_from() -> None:
    door = limited()

    statuses = door.statuses(3, BEARER) + door.statuses(3, BEARER, address=THERE)

    assert statuses == [200] * 5 + [429]
    assert door.statuses(3) == [200] * 3


def test_over_the_limit_nothing_is_asked_of_the_database() -> None:
    door = limited()

    door.statuses(20, BEARER)
    door.statuses(20, WRONG)

    assert (door.asked.count(BEARER), door.asked.count(WRONG)) == (5, 3)


def test_failed_authentications_count_against_the_address_whatever_key_they_show() -> None:
    door = limited()

    tried = [door.statuses(1, f"{WRONG}{number}")[0] for number in range(5)]

    assert tried == [401, 401, 401, 429, 429]
    assert door.statuses(1) == [429]


def test_a_key_that_was_valid_lately_is_let_in_where_others_used_up_the_address() -> None:
    door = limited()
    door.statuses(1, BEARER)

    door.statuses(10, WRONG)

    assert door.statuses(2, BEARER) == [200, 200]
    assert door.statuses(1, OTHER_BEARER) == [429]


def test_a_wrong_secret_spends_nothing_of_the_key_with_that_prefix() -> None:
    door = limited(by_address=100)
    door.statuses(1, BEARER)

    door.statuses(50, f"{BEARER[:-1]}!")

    assert door.statuses(4, BEARER) == [200] * 4


def test_a_key_that_is_revoked_counts_as_nobodys_again() -> None:
    door = limited(by_key=100)
    door.statuses(1, BEARER)
    door.known.clear()

    statuses = door.statuses(6, BEARER)

    assert statuses == [401, 401, 401, 401, 429, 429]


def test_nothing_is_limited_where_the_settings_say_0() -> None:
    door = limited(by_key=0, by_address=0)

    assert set(door.statuses(200)) == {200}
    assert set(door.statuses(200, BEARER)) == {200}
    assert set(door.statuses(200, WRONG)) == {401}


def test_a_forwarded_address_is_not_believed_by_default() -> None:
    door = limited()

    statuses = [door.statuses(1, **{"X-Forwarded-For": f"10.0.0.{at}"})[0] for at in range(4)]

    assert statuses == [200, 200, 200, 429]


@pytest.mark.parametrize(
    ("proxies", "changing"), [(1, "1.1.1.{0}, 9.9.9.9"), (2, "{0}, 9.9.9.9, 8.8.8.8")]
)
def test_of_forwarded_addresses_only_those_of_our_proxies_are_believed(
    proxies: int, changing: str
) -> None:
    door = limited(proxies=proxies)

    statuses = [door.statuses(1, **{"X-Forwarded-For": changing.format(at)})[0] for at in range(4)]

    assert statuses == [200, 200, 200, 429]


def test_behind_a_proxy_each_address_has_its_own_allowance() -> None:
    door = limited(proxies=1)

    statuses = [door.statuses(1, **{"X-Forwarded-For": f"10.0.0.{at}"})[0] for at in range(6)]

    assert statuses == [200] * 6


@pytest.mark.parametrize(
    ("one", "another", "is_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("not:an:address", "not:an:address either", False),
        ("", "192.0.2.1", False),
    ],
)
def test_an_ipv6_site_is_one_address(one: str, another: str, *, is_same: bool) -> None:
    door = limited()
    door.statuses(3, address=one)

    assert door.statuses(1, address=another) == [429 if is_same else 200]


def test_many_callers_take_bounded_memory_and_the_longest_silent_are_forgotten() -> None:
    allowances = Allowances(1, most=10, clock=lambda: 0.0)
    for at in range(100):
        allowances.take(str(at).encode())

    known = [at for at in range(100) if str(at).encode() in allowances]

    assert known == list(range(90, 100))
    assert allowances.take(b"99") > 0
    assert allowances.take(b"0") == 0


@example_settings(max_examples=60)
@given(
    per_minute=st.integers(1, 50),
    waits=st.lists(st.integers(0, 30), min_size=1, max_size=80),
)
def test_over_any_time_no_more_than_the_rate_and_one_full_minute_pass(
    per_minute: int, waits: list[int]
) -> None:
    now = [0.0]
    allowances = Allowances(per_minute, clock=lambda: now[0])
    passed: list[float] = []

    for wait in waits:
        now[0] += wait
        if allowances.take(b"caller") == 0:
            passed.append(now[0])

    for first, start in enumerate(passed):
        for last, end in enumerate(passed[first:], 1):
            assert last <= per_minute + (end - start) * per_minute / WINDOW_S + 1e-6


@example_settings(max_examples=60)
@given(per_minute=st.integers(1, 200), calls=st.integers(1, 300))
def test_whoever_waits_as_long_as_told_is_let_in(per_minute: int, calls: int) -> None:
    now = [0.0]
    allowances = Allowances(per_minute, clock=lambda: now[0])

    for _ in range(calls):
        now[0] += allowances.take(b"caller")

    wait_s = allowances.take(b"caller")
    now[0] += wait_s
    assert wait_s == 0 or allowances.take(b"caller") == 0
