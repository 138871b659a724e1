"""What an engine is: who leads at a height, and how many cosignatures are enough."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.consensus.authorities import AuthorityError, AuthoritySet


@dataclass(frozen=True, slots=True)
class Engine:
    """A way of vouching, composed of its parts; all counts are of authorities."""

    name: str
    members_min: int
    least_quorum: Callable[[int], int]
    arithmetic: str
    leader: Callable[[AuthoritySet, int], str]

    def quorum(self, authority_set: AuthoritySet) -> int:
        """Return how many distinct authorities make a seal final."""
        return max(authority_set.quorum, self.least_quorum(len(authority_set.authorities)))

    def is_quorum(self, authority_set: AuthoritySet, names: Iterable[str]) -> bool:
        """Say whether the named members are enough."""
        members = {member.name for member in authority_set.authorities}
        return len(members & set(names)) >= self.quorum(authority_set)

    def check(self, authority_set: AuthoritySet) -> None:
        """Refuse a set that this engine cannot work with. Raises AuthorityError."""
        count = len(authority_set.authorities)
        if authority_set.work_bits:
            raise AuthorityError(f"{self.name} asks for no work, so work_bits is 0")
        if count < self.members_min:
            raise AuthorityError(f"{self.name} wants at least {self.members_min} authorities")
        least = self.least_quorum(count)
        if 0 < authority_set.quorum < least:
            raise AuthorityError(
                f"quorum {authority_set.quorum} is below the least of {self.name}: "
                f"{self.arithmetic} = {least} for n = {count}"
            )
        if authority_set.quorum > count:
            raise AuthorityError(f"quorum {authority_set.quorum} is more than all {count}")


def rotation(authority_set: AuthoritySet, height: int) -> str:
    """Return the authority number (height mod n)."""
    members = authority_set.authorities
    return members[height % len(members)].name
