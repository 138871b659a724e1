"""Presets: the settings that GO, I-REC, REC and granular domains usually have."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from app.registry.domains import (
    GO,
    GRANULAR,
    IREC,
    ISSUE_AND_RETIRE,
    ISSUE_FREELY,
    NO_ISSUE,
    REC,
    SCHEMES,
    DomainSettings,
)
from app.registry.errors import RefusalError
from app.registry.fields import parse_members
from app.registry.measurements import CORRECTED, MEASURED

_MWH = 1_000_000
_COMMON: dict[str, Any] = {
    "face_value_wh": _MWH,
    "code_lists": "eecs-1",
    "sources": ["F01"],
    "interval_s_most": 90_000,
    "issue_windows": [{"days": 365}],
    "qualities": [CORRECTED, MEASURED],
    "registration_years": 5,
    "second_person_w": 100_000_000,
    "second_person_wh": 100_000_000_000,
}
_WINDOWS = {"transfer_months": 12, "retire_months": 18}

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        GO: {**_COMMON, **_WINDOWS, "self_consumption": ISSUE_AND_RETIRE},
        IREC: {
            **_COMMON,
            "code_lists": "irec-1",
            "sources": ["ES"],
            "self_consumption": ISSUE_FREELY,
        },
        REC: {
            **_COMMON,
            "code_lists": "mrets-1",
            "sources": ["BIG", "BIM", "GE1", "H2O", "OC1", "SO1", "SOT", "WND"],
            "issue_windows": [{"days": 365, "capacity_w_most": 150_000}, {"days": 62}],
            "self_consumption": NO_ISSUE,
        },
        GRANULAR: {
            **_COMMON,
            **_WINDOWS,
            "face_value_wh": 1,
            "interval_s_most": 3600,
            "self_consumption": ISSUE_AND_RETIRE,
        },
    }
)
"""Members by scheme: REGISTRY 2.2 (GO), 3.3 (I-REC), 4.2 (REC), 5.1 (granular)."""


def domain_of(members: Mapping[str, Any]) -> DomainSettings:
    """Return a domain's settings: those of its scheme's preset, and what is said otherwise.

    A member that is null is left out, so that a preset's window can be lifted. Raises
    RefusalError.
    """
    scheme = members.get("scheme")
    if scheme not in SCHEMES:
        raise RefusalError("invalid-domain", f"one of {', '.join(SCHEMES)}", pointer="/scheme")
    said = {**PRESETS[str(scheme)], **members}
    return parse_members(
        DomainSettings, {name: value for name, value in said.items() if value is not None}
    )
