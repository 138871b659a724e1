"""What was found a moment ago: good until its deadline, and never more than so many."""

from dataclasses import dataclass

from app.services.recent import Recent


@dataclass
class Steady:
    now_ns: int = 0

    def __call__(self) -> int:
        return self.now_ns


def test_a_value_is_good_until_its_deadline() -> None:
    steady = Steady()
    recent: Recent[str] = Recent(keep_ns=10, steady_ns=steady)
    recent.put(b"name", "value", until_ns=recent.deadline_ns())

    found = []
    for steady.now_ns in (0, 5, 10):
        found.append(recent.get(b"name"))

    assert found == ["value", "value", None]


def test_past_half_of_its_time_one_caller_renews_a_value_while_the_others_go_on() -> None:
    steady = Steady()
    recent: Recent[str] = Recent(keep_ns=10, steady_ns=steady)
    recent.put(b"name", "old", until_ns=recent.deadline_ns())
    steady.now_ns = 6

    found = [recent.get(b"name") for _ in range(3)]
    recent.put(b"name", "new", until_ns=recent.deadline_ns())

    assert found == [None, "old", "old"]
    assert [recent.get(b"name") for _ in range(2)] == ["new", "new"]


def test_the_deadline_counts_from_before_it_was_looked_up() -> None:
    steady = Steady()
    recent: Recent[str] = Recent(keep_ns=10, steady_ns=steady)
    until_ns = recent.deadline_ns()
    steady.now_ns = 10

    recent.put(b"name", "value", until_ns=until_ns)

    assert recent.get(b"name") is None


def test_the_oldest_make_room() -> None:
    recent: Recent[int] = Recent(keep_ns=10, most=2, steady_ns=Steady())

    for at, name in enumerate((b"a", b"b", b"a", b"c")):
        recent.put(name, at, until_ns=recent.deadline_ns())

    assert [recent.get(name) for name in (b"a", b"b", b"c")] == [2, None, 3]


def test_what_was_cleared_is_forgotten() -> None:
    recent: Recent[str] = Recent(keep_ns=10, steady_ns=Steady())
    recent.put(b"name", "value", until_ns=recent.deadline_ns())

    recent.clear()

    assert recent.get(b"name") is None


def test_nothing_is_kept_for_no_time() -> None:
    recent: Recent[str] = Recent(keep_ns=0, steady_ns=Steady())

    recent.put(b"name", "value", until_ns=recent.deadline_ns())

    assert recent.get(b"name") is None
