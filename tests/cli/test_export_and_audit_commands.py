"""`eac export` and `eac audit`: what is exported is audited, with the exit status to say so."""

from pathlib import Path

import pytest

from tests.cli.commands import ran
from tests.cli.conftest import Eac

REPORT_KEYS = {
    "ok",
    "anchored",
    "verdict",
    "origin",
    "genesis",
    "size",
    "height",
    "root",
    "operations",
    "issued",
    "certificates",
    "replayed",
    "findings",
}


@pytest.fixture
def genesis(eac: Eac) -> str:
    """The genesis hash of a founded registry, whose export lies in `export`."""
    founded: str = eac("init", "--json").json["genesis"]
    assert eac("export", "--to", "export").status == 0
    return founded


@pytest.fixture
def database(genesis: str, tmp_path: Path) -> str:
    """The URL of the founded registry's database."""
    assert genesis
    return f"sqlite:///{tmp_path}/eac-home/registry.db"


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


def test_an_export_says_where_it_is_and_how_long(eac: Eac, genesis: str, tmp_path: Path) -> None:
    assert genesis

    said, plain = eac("export", "--to", "again"), eac("export", "--to", "more/again", "--json")

    assert (said.status, said.out) == (0, "exported 2 leaves to again\n")
    assert plain.json == {"export": str(tmp_path / "more/again"), "size": 2}


def test_an_export_replaces_an_earlier_one_as_a_whole(
    eac: Eac, genesis: str, tmp_path: Path
) -> None:
    (tmp_path / "export/tile/late").write_text("left over")
    flip(tmp_path / "export/policy/0", 0)

    replaced = eac("export", "--to", "export")

    assert replaced.status == 0
    assert not (tmp_path / "export/tile/late").exists()
    assert eac("audit", "export", "--genesis", genesis).status == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_an_export_does_not_replace_what_is_none(eac: Eac, genesis: str, tmp_path: Path) -> None:
    assert genesis
    (tmp_path / "other").mkdir()
    (tmp_path / "other/letter").write_text("mine")

    refused = eac("export", "--to", "other")

    assert (refused.status, refused.refusal) == (2, "other holds something that is no export")
    assert (tmp_path / "other/letter").read_text() == "mine"


def test_nothing_can_be_exported_before_init(eac: Eac) -> None:
    refused = eac("export", "--to", "export")

    assert refused.status == 2
    assert refused.refusal.endswith("run `eac init`")


def test_an_audit_of_a_sound_export_ends_with_status_0(eac: Eac, genesis: str) -> None:
    report = eac("audit", "export")

    assert report.status == 0
    assert f"genesis {genesis}" in report.out.splitlines()
    assert report.out.splitlines()[-1] == "verdict: self-consistent, not anchored"


def test_an_audit_of_a_sound_database_ends_with_status_0(eac: Eac, database: str) -> None:
    report = eac("audit", database, "--json")

    assert (report.status, report.json["findings"]) == (0, [])


def test_an_audit_with_findings_ends_with_status_1(eac: Eac, genesis: str, tmp_path: Path) -> None:
    assert genesis
    flip(tmp_path / "export/policy/0", 0)

    said, plain = eac("audit", "export"), eac("audit", "export", "--json")

    assert (said.status, plain.status) == (1, 1)
    assert said.out.splitlines()[0] == (
        "policy-differs  policy/0: not the policy of the set in force"
    )
    assert said.out.splitlines()[-1] == "verdict: 1 findings"
    assert plain.json["findings"] == [
        {
            "code": "policy-differs",
            "where": "policy/0",
            "detail": "not the policy of the set in force",
        }
    ]


def test_an_audit_prints_one_json_object_with_the_whole_report(eac: Eac, genesis: str) -> None:
    report = eac("audit", "export", "--json", "--genesis", genesis)

    assert report.json.keys() == REPORT_KEYS
    assert len(report.out.splitlines()) == 1
    assert (report.json["ok"], report.json["verdict"]) == (True, "sound")
    assert (report.json["size"], report.json["operations"]) == (2, 1)
    assert report.json["genesis"] == genesis


@pytest.mark.parametrize("spelling", [str.lower, str.upper])
def test_the_right_genesis_makes_it_sound(spelling: object, eac: Eac, genesis: str) -> None:
    assert callable(spelling)

    report = eac("audit", "export", "--genesis", spelling(genesis))

    assert (report.status, report.out.splitlines()[-1]) == (0, "verdict: sound")


@pytest.mark.parametrize("wrong", ["ab" * 32, "", "nonsense"])
def test_a_wrong_genesis_is_a_finding(wrong: str, eac: Eac, genesis: str) -> None:
    assert genesis

    report = eac("audit", "export", "--json", "--genesis", wrong)

    assert (report.status, report.json["anchored"]) == (1, True)
    assert [(item["code"], item["where"]) for item in report.json["findings"]] == [
        ("anchor-differs", "leaf 0")
    ]


def test_a_checkpoint_that_was_kept_makes_it_sound(eac: Eac, genesis: str, tmp_path: Path) -> None:
    assert genesis
    (tmp_path / "kept").write_bytes((tmp_path / "export/checkpoint").read_bytes())

    report = eac("audit", "export", "--trust", "kept")

    assert (report.status, report.out.splitlines()[-1]) == (0, "verdict: sound")


def test_a_checkpoint_kept_from_another_registry_is_a_finding(eac: Eac, genesis: str) -> None:
    assert genesis
    eac("init", EAC_HOME="other")
    eac("export", "--to", "other-export", EAC_HOME="other")

    report = eac("audit", "export", "--json", "--trust", "other-export/checkpoint")

    assert report.status == 1
    assert [(item["code"], item["where"]) for item in report.json["findings"]] == [
        ("anchor-differs", "size 2")
    ]


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"\xff\xfe\x00"])
def test_a_file_that_is_no_checkpoint_cannot_be_trusted(
    content: bytes, eac: Eac, genesis: str, tmp_path: Path
) -> None:
    assert genesis
    (tmp_path / "kept").write_bytes(content)

    refused = eac("audit", "export", "--trust", "kept")

    assert refused.status == 2
    assert refused.refusal


def test_a_kept_checkpoint_that_is_not_there_could_not_be_read(eac: Eac, genesis: str) -> None:
    assert genesis

    assert eac("audit", "export", "--trust", "nowhere").status == 2


@pytest.mark.parametrize("source", ["nowhere", "."])
def test_an_audit_of_no_export_could_not_run(source: str, eac: Eac) -> None:
    refused = eac("audit", source)

    assert (refused.status, refused.out) == (2, "")
    assert refused.refusal == f"{source} holds no export"


def test_an_audit_of_no_database_could_not_run_and_makes_none(eac: Eac, tmp_path: Path) -> None:
    refused = eac("audit", f"sqlite:///{tmp_path}/none.db")

    assert (refused.status, refused.refusal) == (2, f"there is no database {tmp_path}/none.db")
    assert not (tmp_path / "none.db").exists()


def test_an_audit_of_a_database_without_our_tables_could_not_run(eac: Eac, tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()

    refused = eac("audit", f"sqlite:///{tmp_path}/empty.db")

    assert refused.status == 2
    assert refused.refusal.startswith("the database is at revision none")


def test_an_audit_of_a_file_that_is_no_database_could_not_run(eac: Eac, tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_bytes(b"no database at all" * 100)

    refused = eac("audit", f"sqlite:///{tmp_path}/letter.db")

    assert refused.status == 2
    assert refused.refusal


def test_an_audit_of_a_server_that_does_not_answer_could_not_run(eac: Eac) -> None:
    refused = eac("audit", "postgresql://nobody@127.0.0.1:1/none")

    assert refused.status == 2
    assert refused.refusal


def test_the_module_is_the_command(tmp_path: Path) -> None:
    helped = ran("--help", folder=tmp_path)
    refused = ran("audit", "nowhere", folder=tmp_path)

    assert helped.status == 0
    assert all(
        f"\n  {name} " in helped.out
        for name in ("audit", "demo", "export", "init", "recover", "serve")
    )
    assert (refused.status, refused.refusal) == (2, "nowhere holds no export")
