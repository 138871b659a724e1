"""Genesis: the first operation of a registry; it names its keys, authorities and domains."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from app.registry.codes.lists import code_lists
from app.registry.domains import Domain, DomainSettings, Registry
from app.registry.errors import RefusalError
from app.registry.fields import OBJECT, Hash, Id, listed, nested, text, whole
from app.registry.operation import Operation, Read
from app.registry.organisations import ISSUING_BODY, OPERATOR, Organisation
from app.registry.state import At, Change, State

RULES = 1
NO_RECORD = "0" * 64
_NEVER = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Genesis(Operation):
    """By the operator; at leaf 0 and nowhere else."""

    type: ClassVar[str] = "genesis"

    log_vkey: Annotated[str, text(r"[ -~]{1,400}")]
    rules: Annotated[int, whole(least=1)]
    authority_set: Annotated[dict[str, Any], OBJECT]
    issuing_body: Id
    domains: Annotated[tuple[DomainSettings, ...], listed(nested(DomainSettings), most=32)]
    heartbeat_s: Annotated[int, whole(least=1)]
    key_delay_blocks: Annotated[int, whole(least=1)]
    schemas: Hash

    def reads(self) -> Iterable[Read]:
        """Return nothing: there is nothing before genesis."""
        return ()

    def decide(self, state: State, at: At) -> Change:
        """Admit operator and issuing body, which are two parties (R60), and set the domains."""
        if state.has_genesis or at.index:
            raise RefusalError("already-initialised", "the registry has a genesis")
        if self.rules != RULES:
            raise RefusalError("invalid-field", "rules version 1 is known", pointer="/rules")
        if self.by == self.issuing_body:
            raise RefusalError(
                "separation-of-duties", "the operator issues nothing", rule="R60", pointer="/by"
            )
        self._check_domains()
        registry = Registry(
            origin=self.origin,
            operator=self.by,
            issuing_body=self.issuing_body,
            log_vkey=self.log_vkey,
            authority_set=self.authority_set,
            rules=self.rules,
            schemas=self.schemas,
        )
        country = self.domains[0].country
        return Change(
            puts=(
                registry,
                Organisation(self.by, (OPERATOR,), country, NO_RECORD),
                Organisation(self.issuing_body, (ISSUING_BODY,), country, NO_RECORD),
                *(Domain(settings, issued=0) for settings in self.domains),
            )
        )

    def _check_domains(self) -> None:
        codes = {domain.code for domain in self.domains}
        prefixes = {domain.issuer_prefix for domain in self.domains}
        if len(codes) < len(self.domains) or len(prefixes) < len(self.domains):
            raise RefusalError(
                "invalid-domain", "codes and prefixes are unique", rule="R17", pointer="/domains"
            )
        for number, domain in enumerate(self.domains):
            code_lists(domain.code_lists, pointer=f"/domains/{number}/code_lists")
            if (domain.transfer_months or _NEVER) > (domain.retire_months or _NEVER):
                raise RefusalError(
                    "invalid-domain",
                    "retiring ends before transferring",
                    pointer=f"/domains/{number}/retire_months",
                )
