"""Byzantine quorum: safe with at most (n - 1)/3 faulty authorities; halts, never forks."""

from app.consensus.engine import Engine, rotation

ENGINE = Engine(
    name="bft",
    members_min=4,
    least_quorum=lambda count: 2 * count // 3 + 1,
    arithmetic="floor(2n/3) + 1",
    leader=rotation,
)
