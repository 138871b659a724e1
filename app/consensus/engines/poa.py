"""Proof of authority: attributable always; two conflicting seals need 2q - n double signers."""

from app.consensus.engine import Engine, rotation

ENGINE = Engine(
    name="poa",
    members_min=1,
    least_quorum=lambda count: count // 2 + 1,
    arithmetic="floor(n/2) + 1",
    leader=rotation,
)
