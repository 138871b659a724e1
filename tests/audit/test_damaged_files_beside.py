"""What an export keeps beside the log: schemas, policy, attribute documents, readings."""

from collections.abc import Callable

import pytest

from app.audit.files import policy_text
from app.audit.sources import Folder
from app.audit.walk import Anchor, audit
from app.ledger.encoding import decode, encode_document
from app.ledger.leaves import header_hash
from tests.audit.forging import Export, ForgedBlock, edited, found_in

SCHEMA = "schema/transfer.1.json"
POLICY = "policy/0"
DOCUMENT = "attributes/*.json"


def readings(export: Export) -> str:
    """Return the name of the readings of the device with two days and a gap between."""
    return f"readings/{export.sound.story.automatic_device}.jsonl"


@pytest.mark.parametrize("offset", [0, 100, -1])
def test_an_altered_schema_is_not_what_genesis_names(offset: int, export: Export) -> None:
    export.flip(SCHEMA, offset)

    assert export.found() == {("schema-differs", "schema/")}


def test_a_missing_schema_makes_the_export_incomplete(export: Export) -> None:
    export.only(SCHEMA).unlink()

    assert export.found() == {("export-incomplete", SCHEMA)}


def test_genesis_that_names_other_schemas_does_not_fit_them(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    blocks[0].operations[0] = edited(blocks[0].operations[0], schemas="ab" * 32)

    assert export.forge(blocks).found() == {("schema-differs", "schema/")}


@pytest.mark.parametrize("offset", [0, 80, -1])
def test_an_altered_policy_is_not_that_of_the_authority_set(offset: int, export: Export) -> None:
    export.flip(POLICY, offset)

    assert export.found() == {("policy-differs", POLICY)}


def test_a_missing_policy_makes_the_export_incomplete(export: Export) -> None:
    export.only(POLICY).unlink()

    assert export.found() == {("export-incomplete", POLICY)}


def test_the_policy_names_log_witnesses_and_quorum_in_the_order_of_the_document(
    export: Export,
) -> None:
    identity = export.sound.identity
    keys = [str(member.key) for member in identity.authority_set.authorities]
    names = ["north", "east", "south", "west"]

    text = policy_text(log_key=identity.log_key, authority_set=identity.authority_set)

    assert text == export.only(POLICY).read_text()
    assert text.splitlines() == [
        f"log {identity.log_key}",
        *(f"witness {name}.authority.test {key}" for name, key in zip(names, keys, strict=True)),
        "group authorities 3 " + " ".join(f"{name}.authority.test" for name in names),
        "quorum authorities",
    ]


def test_an_altered_attribute_document_does_not_have_its_hash(export: Export) -> None:
    name = export.name(DOCUMENT)

    export.flip(DOCUMENT, 10)

    assert export.found() == {("document-differs", name)}


@pytest.mark.parametrize("data", [b"", b"{}"])
def test_an_emptied_attribute_document_does_not_have_its_hash(data: bytes, export: Export) -> None:
    export.put(export.name(DOCUMENT), data)

    assert export.found() == {("document-differs", export.name(DOCUMENT))}


def test_a_missing_attribute_document_makes_the_export_incomplete(export: Export) -> None:
    name = export.name(DOCUMENT)

    export.only(DOCUMENT).unlink()

    assert export.found() == {("export-incomplete", name)}


def test_an_altered_reading_is_found_at_its_line(export: Export) -> None:
    name = readings(export)
    data = export.only(name).read_bytes()

    export.flip(name, data.index(b"\n") + data[data.index(b"\n") :].index(b"1000001"))

    assert export.found() == {("readings-differ", f"{name}:2")}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{}",
        b"7",
        b'"abc"',
        b"[[1,2,3]]",
        b'[["a","b","c"]]',
        b'[["a","b"]]',
        b'[["a","b",1]]',
        b'[["2024-01-01T00:00:00.000Z","2024-01-01T01:00:00.000Z",true]]',
        b'[["2024-01-01T00:00:00.000Z","2024-01-01T01:00:00.000Z",1.5]]',
        b'{"abc":1}',
        b"\xff",
        b"[[[[[[[[[[]]]]]]]]]]",
    ],
)
def test_a_line_that_holds_no_intervals_does_not_give_its_span(line: bytes, export: Export) -> None:
    name = readings(export)
    lines = export.only(name).read_bytes().split(b"\n")
    lines[0] = line

    export.put(name, b"\n".join(lines))

    assert export.found() == {("readings-differ", f"{name}:1")}


def test_readings_in_another_order_do_not_give_their_span(export: Export) -> None:
    name = readings(export)
    first, second, _ = export.only(name).read_bytes().split(b"\n")

    export.put(name, second + b"\n" + first + b"\n")

    assert export.found() == {("readings-differ", f"{name}:{line}") for line in (1, 2)}


def test_readings_moved_between_two_hours_do_not_give_their_span(export: Export) -> None:
    name = readings(export)
    data = export.only(name).read_bytes()

    export.put(name, data.replace(b"1000001", b"1000000", 1).replace(b"1000001", b"1000002", 1))

    assert export.found() == {("readings-differ", f"{name}:1")}


@pytest.mark.parametrize("count", [1, 3])
def test_readings_of_too_few_or_too_many_days_differ(count: int, export: Export) -> None:
    name = readings(export)
    first = export.only(name).read_bytes().split(b"\n")[0]

    export.put(name, (first + b"\n") * count)

    assert export.found() == {("readings-differ", name)}


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: data.replace(b"\n", b"\r"),
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"\n", b"\n\n", 1),
        lambda data: data + b"\n",
        lambda _: b"",
        lambda _: b"\n",
    ],
    ids=["cut", "CR", "CRLF", "blank line", "blank line at the end", "emptied", "line feed"],
)
def test_readings_with_other_line_ends_were_altered(
    change: Callable[[bytes], bytes], export: Export
) -> None:
    name = readings(export)

    export.put(name, change(export.only(name).read_bytes()))

    found = export.found()
    assert found
    assert {code for code, _ in found} <= {"readings-differ", "export-incomplete"}
    assert all(where.startswith(name) for _, where in found)


def test_readings_need_not_be_public(export: Export) -> None:
    for path in export.folder.glob("readings/*"):
        path.unlink()

    assert export.found() == set()


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("policy/0", "export-incomplete"),
        ("schema/issue.1.json", "export-incomplete"),
        ("tile/0/000.p/*", "export-incomplete"),
        ("tile/entries/000.p/*", "export-incomplete"),
        ("seals/000.p/*", "checkpoint-unreadable"),
        ("attributes/*.json", "export-incomplete"),
    ],
)
def test_a_folder_in_the_place_of_a_file_cannot_be_read(
    pattern: str, code: str, export: Export
) -> None:
    path = export.only(pattern)
    path.unlink()
    path.mkdir()

    assert {found for found, _ in export.found()} == {code}


def test_readings_that_cannot_be_read_make_the_export_incomplete(export: Export) -> None:
    name = readings(export)
    export.only(name).unlink()
    (export.folder / name).mkdir()

    assert export.found() == {("export-incomplete", name)}


def test_a_checkpoint_that_goes_away_during_the_audit_is_unreadable(export: Export) -> None:
    folder = Folder(export.folder)
    export.only("checkpoint").unlink()

    report = audit(folder, anchor=Anchor())

    assert found_in(report) == {("checkpoint-unreadable", "checkpoint")}


def test_a_forged_span_root_does_not_fit_the_readings(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    height, at = export.sound.where("measure", 1)
    leaf = blocks[height].operations[at]
    spans = decode(leaf)["operation"]["spans"]
    spans[0]["root"] = "ab" * 32
    blocks[height].operations[at] = edited(leaf, spans=spans)

    assert export.forge(blocks).found() == {("readings-differ", f"{readings(export)}:1")}


def test_a_device_may_share_its_attribute_document_with_another(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    shared = encode_document({"name": "Shared"})
    digest = header_hash(shared)
    for block in blocks:
        for at, leaf in enumerate(block.operations):
            if decode(leaf)["operation"]["type"] in ("device.register", "issue"):
                block.operations[at] = edited(leaf, attributes=digest)

    export.forge(blocks).put(f"attributes/{digest}.json", shared)

    assert export.found() == set()
