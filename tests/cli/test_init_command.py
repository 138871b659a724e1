"""`eac init`: founds once, says by which hash, and refuses what could not be sealed."""

from hashlib import sha256
from pathlib import Path
from re import fullmatch

import pytest

from app.ledger.tiles import split_entries
from tests.cli.conftest import Eac
from tests.databases import Backend

HASH = "[0-9a-f]{64}"


def genesis_of(folder: Path) -> str:
    """Return the hash of leaf 0 of an export."""
    return sha256(split_entries((folder / "tile/entries/000.p/2").read_bytes())[0]).hexdigest()


def test_init_prints_the_hash_of_leaf_0_by_which_the_registry_is_known(
    eac: Eac, tmp_path: Path
) -> None:
    founded = eac("init")

    eac("export", "--to", "export")
    first = founded.out.splitlines()[0]
    assert founded.status == 0
    assert fullmatch(f"founded: genesis {HASH}", first)
    assert first.endswith(genesis_of(tmp_path / "export"))


def test_init_twice_says_already_founded_with_the_same_hash(eac: Eac) -> None:
    first, second = eac("init", "--json"), eac("init")

    assert (first.status, second.status) == (0, 0)
    assert first.json["new"] is True
    assert second.out == f"already founded: genesis {first.json['genesis']}\n"


def test_init_again_as_json_gives_no_keys_again(eac: Eac) -> None:
    first, second = eac("init", "--json").json, eac("init", "--json").json

    assert (first["new"], second["new"]) == (True, False)
    assert first["genesis"] == second["genesis"]
    assert fullmatch(HASH, first["genesis"])
    assert (bool(first["api_keys"]), second["api_keys"]) == (True, {})


def test_init_founds_in_the_database_that_the_settings_name(
    backend: Backend, database_url: str, eac: Eac
) -> None:
    first = eac("init", "--json", EAC_DATABASE_URL=database_url)
    second = eac("init", "--json", EAC_DATABASE_URL=database_url)

    assert (first.status, second.status) == (0, 0), backend
    assert first.json["genesis"] == second.json["genesis"]


def test_bft_with_three_authorities_is_refused_with_the_arithmetic(eac: Eac) -> None:
    three = [f"--authority={name}.test" for name in "abc"]

    refused = eac("init", "--engine", "bft", *three)

    assert (refused.status, refused.out) == (2, "")
    assert refused.refusal == "bft wants at least 4 authorities"


@pytest.mark.parametrize(
    ("engine", "quorum", "said"),
    [
        ("poa", "2", "quorum 2 is below the least of poa: floor(n/2) + 1 = 3 for n = 4"),
        ("bft", "2", "quorum 2 is below the least of bft: floor(2n/3) + 1 = 3 for n = 4"),
        ("poa", "5", "quorum 5 is more than all 4"),
    ],
)
def test_a_quorum_that_cannot_be_is_refused_with_the_arithmetic(
    engine: str, quorum: str, said: str, eac: Eac
) -> None:
    refused = eac("init", "--engine", engine, "--quorum", quorum)

    assert (refused.status, refused.refusal) == (2, said)


def test_an_init_that_was_refused_does_not_stand_in_the_way_of_a_right_one(eac: Eac) -> None:
    three = [f"--authority={name}.test" for name in "abc"]
    eac("init", "--engine", "bft", *three)

    again = eac("init", "--engine", "bft")

    assert (again.status, again.err) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--origin", "two words"], "names of origin and authorities hold no space and no plus"),
        (["--authority", "a+b"], "names of origin and authorities hold no space and no plus"),
        (
            ["--authority", "a", "--authority", "a"],
            "1 to 15 authorities, each with its own name",
        ),
    ],
)
def test_names_that_no_signature_line_could_hold_are_refused(
    arguments: list[str], said: str, eac: Eac
) -> None:
    refused = eac("init", *arguments)

    assert (refused.status, refused.refusal) == (2, said)


def test_an_unknown_setting_refuses_to_start(eac: Eac) -> None:
    refused = eac("init", EAC_DATABASE="sqlite:///here.db", EAC_HOME="home")

    assert (refused.status, refused.refusal) == (2, "unknown settings: EAC_DATABASE")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("EAC_CLOCK_LEAP_MAX_S", "soon", "EAC_CLOCK_LEAP_MAX_S is a whole number of seconds"),
        ("EAC_DATABASE_URL", "nonsense", "the database URL cannot be read"),
        ("EAC_DATABASE_URL", "mysql://here/db", "the database is a file of SQLite or a PostgreSQL"),
    ],
)
def test_a_setting_that_cannot_be_meant_refuses_to_start(
    name: str, value: str, said: str, eac: Eac
) -> None:
    refused = eac("init", **{name: value})

    assert (refused.status, refused.refusal) == (2, said)


def test_a_database_server_that_does_not_answer_ends_in_one_line(eac: Eac) -> None:
    refused = eac("init", EAC_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

    assert refused.status == 2
    assert refused.refusal


def test_keys_are_open_to_nobody_else(eac: Eac, tmp_path: Path) -> None:
    eac("init", EAC_HOME="home")

    files = [path for path in (tmp_path / "home/keys").rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"log.key", "1.key", "2.key", "3.key", "4.key"}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700


def test_an_option_that_is_not_known_ends_with_status_2(eac: Eac) -> None:
    assert eac("init", "--engine", "pow").status == 2
    assert eac("init", "--nonsense").status == 2
    assert eac("nonsense").status == 2
