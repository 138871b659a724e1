"""Checks 4 and 5: every seal's text and signature lines, and the quorum of the newest block."""

from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable

import pytest

from app.audit.sources import seal_line
from app.ledger.encoding import encode_document
from app.ledger.notes import Checkpoint, cosign, sign
from app.ledger.signatures import Ed25519Signer
from tests.audit.forging import Export, ForgedBlock, checkpoint_of, note_lines

OLD = 4
STRANGER = Ed25519Signer(name="witness.stranger.test", seed=bytes(range(32)))
LOG, NORTH, EAST, SOUTH, WEST = range(5)


def newest(export: Export) -> int:
    return len(export.seals()) - 1


def put_lines(export: Export, height: int, change: Callable[[list[str]], list[str]]) -> None:
    """Change the signature lines of a block's seal."""
    text, lines = note_lines(export.seals()[height])
    export.put_seal(height, text + "".join(change(lines)))


def with_byte(line: str, at: int) -> str:
    """Return a signature line with a changed byte: 0-3 are the key id, then the payload."""
    dash, name, encoded = line.split(" ")
    data = bytearray(b64decode(encoded))
    data[at] ^= 1
    return f"{dash} {name} {b64encode(data).decode()}\n"


def damaged(number: int, at: int) -> Callable[[list[str]], list[str]]:
    """Return the change of one byte in one line."""
    return lambda lines: [
        with_byte(line, at) if place == number else line for place, line in enumerate(lines)
    ]


@pytest.mark.parametrize("at", [4, 40, -1])
def test_a_log_signature_that_fails_is_invalid(at: int, export: Export) -> None:
    put_lines(export, OLD, damaged(LOG, at))

    assert export.found() == {("log-signature-invalid", f"height {OLD}")}


def test_a_log_signature_that_is_missing_is_invalid(export: Export) -> None:
    put_lines(export, OLD, lambda lines: lines[1:])

    assert export.found() == {("log-signature-invalid", f"height {OLD}")}


def test_the_log_signature_comes_first(export: Export) -> None:
    put_lines(export, OLD, lambda lines: [*lines[1:], lines[0]])

    assert export.found() == {("log-signature-invalid", f"height {OLD}")}


def test_a_log_signature_that_fails_is_not_made_good_by_another_that_holds(export: Export) -> None:
    put_lines(export, OLD, lambda lines: [with_byte(lines[LOG], -1), *lines])

    assert ("log-signature-invalid", f"height {OLD}") in export.found()


def test_a_second_log_signature_is_repeated(export: Export) -> None:
    put_lines(export, OLD, lambda lines: [lines[LOG], *lines])

    assert export.found() == {("cosignature-repeated", f"height {OLD}")}


@pytest.mark.parametrize("at", [12, 50, -1], ids=["first", "middle", "last"])
@pytest.mark.parametrize("number", [NORTH, WEST])
def test_a_cosignature_that_fails_is_invalid(number: int, at: int, export: Export) -> None:
    put_lines(export, OLD, damaged(number, at))

    assert export.found() == {("cosignature-invalid", f"height {OLD}")}


def test_a_cosignature_with_another_time_is_invalid(export: Export) -> None:
    put_lines(export, OLD, damaged(SOUTH, 11))

    assert export.found() == {("cosignature-invalid", f"height {OLD}")}


def test_a_cosignature_without_its_last_byte_is_invalid(export: Export) -> None:
    def cut(lines: list[str]) -> list[str]:
        dash, name, encoded = lines[EAST].split(" ")
        lines[EAST] = f"{dash} {name} {b64encode(b64decode(encoded)[:-1]).decode()}\n"
        return lines

    put_lines(export, OLD, cut)

    assert export.found() == {("cosignature-invalid", f"height {OLD}")}


def test_a_cosignature_on_another_checkpoint_is_invalid(export: Export) -> None:
    _, others = note_lines(export.seals()[OLD + 1])

    put_lines(export, OLD, lambda lines: [*lines[:EAST], others[EAST], *lines[EAST + 1 :]])

    assert export.found() == {("cosignature-invalid", f"height {OLD}")}


@pytest.mark.parametrize("number", [LOG, NORTH])
def test_a_line_with_another_key_id_is_damaged(number: int, export: Export) -> None:
    put_lines(export, OLD, damaged(number, 2))

    assert ("signature-line-damaged", f"height {OLD}") in export.found()


def test_a_line_with_a_strangers_name_is_damaged(export: Export) -> None:
    put_lines(
        export,
        OLD,
        lambda lines: [line.replace("east.authority", "east.authoritx") for line in lines],
    )

    assert export.found() == {("signature-line-damaged", f"height {OLD}")}


def test_a_line_with_another_authoritys_name_is_damaged(export: Export) -> None:
    put_lines(export, OLD, lambda lines: [line.replace("— east.", "— west.") for line in lines])

    assert export.found() == {("signature-line-damaged", f"height {OLD}")}


def test_an_authority_that_signed_twice_is_repeated(export: Export) -> None:
    put_lines(export, OLD, lambda lines: [*lines, lines[SOUTH]])

    assert export.found() == {("cosignature-repeated", f"height {OLD}")}


def test_an_authority_that_signed_again_at_another_time_is_repeated(export: Export) -> None:
    checkpoint = checkpoint_of(export.seals()[OLD])
    again = str(cosign(checkpoint, export.sound.sealer.authorities[0], time_s=1))

    put_lines(export, OLD, lambda lines: [*lines, again])

    assert export.found() == {("cosignature-repeated", f"height {OLD}")}


def test_the_order_of_authorities_does_not_matter(export: Export) -> None:
    for height in (OLD, newest(export)):
        put_lines(export, height, lambda lines: [lines[LOG], *reversed(lines[1:])])

    assert export.found() == set()


@pytest.mark.parametrize("missing", [NORTH, EAST, SOUTH, WEST])
def test_the_newest_block_needs_no_more_than_the_quorum(missing: int, export: Export) -> None:
    put_lines(export, newest(export), lambda lines: [*lines[:missing], *lines[missing + 1 :]])

    assert export.found() == set()


def test_the_newest_block_below_the_quorum_is_not_final(export: Export) -> None:
    put_lines(export, newest(export), lambda lines: lines[:3])

    report = export.audit()

    (finding,) = report.findings
    assert (finding.code, finding.where) == ("quorum-missing", f"height {newest(export)}")
    assert finding.detail == "fewer than 3 authorities cosigned"


def test_an_older_block_below_the_quorum_is_covered_by_the_later_ones(export: Export) -> None:
    put_lines(export, OLD, lambda lines: lines[:1])

    assert export.found() == set()


def test_a_cosignature_that_fails_does_not_count(export: Export) -> None:
    put_lines(export, newest(export), lambda lines: [*lines[:3], with_byte(lines[SOUTH], -1)])

    where = f"height {newest(export)}"
    assert export.found() == {("cosignature-invalid", where), ("quorum-missing", where)}


def test_an_authority_that_signed_twice_counts_once(export: Export) -> None:
    put_lines(export, newest(export), lambda lines: [*lines[:3], lines[EAST]])

    where = f"height {newest(export)}"
    assert export.found() == {("cosignature-repeated", where), ("quorum-missing", where)}


@pytest.mark.parametrize("place", [1, 3, 5])
def test_a_strangers_line_is_ignored(place: int, export: Export) -> None:
    for height in (OLD, newest(export)):
        checkpoint = checkpoint_of(export.seals()[height])
        line = str(cosign(checkpoint, STRANGER, time_s=1_700_000_000))
        put_lines(export, height, lambda lines: [*lines[:place], line, *lines[place:]])  # noqa: B023 - called at once

    assert export.found() == set()


def test_a_strangers_line_does_not_count_for_the_quorum(export: Export) -> None:
    checkpoint = checkpoint_of(export.seals()[-1])
    line = str(cosign(checkpoint, STRANGER, time_s=1_700_000_000))

    put_lines(export, newest(export), lambda lines: [*lines[:3], line])

    assert export.found() == {("quorum-missing", f"height {newest(export)}")}


def test_a_strangers_line_does_not_stand_before_the_logs(export: Export) -> None:
    line = str(sign(checkpoint_of(export.seals()[OLD]), STRANGER))

    put_lines(export, OLD, lambda lines: [line, *lines])

    assert export.found() == {("log-signature-invalid", f"height {OLD}")}


@pytest.mark.parametrize(("strangers", "is_read"), [(59, True), (60, False)])
def test_sixty_four_signature_lines_are_read_and_no_more(
    strangers: int,
    is_read: bool,  # noqa: FBT001 - a parameter
    export: Export,
) -> None:
    line = str(cosign(checkpoint_of(export.seals()[OLD]), STRANGER, time_s=1))

    put_lines(export, OLD, lambda lines: [*lines, *[line] * strangers])

    unreadable = {("checkpoint-unreadable", f"height {OLD}")}
    assert export.found() == (set() if is_read else unreadable)


@pytest.mark.parametrize("height", [0, OLD])
def test_a_properly_sealed_other_root_is_not_what_the_leaves_give(
    height: int, export: Export
) -> None:
    true = checkpoint_of(export.seals()[height])

    export.put_seal(height, export.seal(height, Checkpoint(true.origin, true.size, b"x" * 32)))

    assert export.found() == {("root-differs", f"height {height}")}


def test_a_properly_sealed_other_root_of_the_newest_block_differs(export: Export) -> None:
    true = checkpoint_of(export.seals()[-1])

    export.put_seal(newest(export), export.seal(0, Checkpoint(true.origin, true.size, b"x" * 32)))

    assert export.found() == {("root-differs", f"height {newest(export)}")}


@pytest.mark.parametrize("size", [0, 1, 9, 11, 10**18])
def test_a_properly_sealed_other_size_is_not_the_blocks(size: int, export: Export) -> None:
    true = checkpoint_of(export.seals()[OLD])

    export.put_seal(OLD, export.seal(OLD, Checkpoint(true.origin, size, true.root)))

    assert export.found() == {("checkpoint-differs", f"height {OLD}")}


def test_a_properly_sealed_other_origin_is_not_the_logs(export: Export) -> None:
    true = checkpoint_of(export.seals()[OLD])

    export.put_seal(OLD, export.seal(OLD, Checkpoint("registry.test/b", true.size, true.root)))

    assert export.found() == {("checkpoint-differs", f"height {OLD}")}


@pytest.mark.parametrize(
    ("old", "new"),
    [("registry.test/eac\n", "registry.test/eax\n"), ("\n10\n", "\n11\n"), ("=\n", "\n")],
    ids=["origin", "size", "root"],
)
def test_a_changed_text_breaks_every_signature_on_it(old: str, new: str, export: Export) -> None:
    text, lines = note_lines(export.seals()[OLD])
    assert old in text

    export.put_seal(OLD, text.replace(old, new) + "".join(lines))

    codes = Counter(finding.code for finding in export.audit().findings)
    assert codes == (
        {"checkpoint-unreadable": 1}
        if new == "\n"
        else {"cosignature-invalid": 4, "log-signature-invalid": 1, "checkpoint-differs": 1}
    )


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "registry.test/eac\n10\n",
        "no note at all",
        "a\n\nb\n",
        "a\n1\nAAAA\n\n— x AAAAAAA=\n",
    ],
)
def test_what_is_no_note_is_unreadable(note: str, export: Export) -> None:
    export.put_seal(OLD, note)

    assert export.found() == {("checkpoint-unreadable", f"height {OLD}")}


@pytest.mark.parametrize("extension", ["more\n", "\n", "— \n"])
def test_an_extension_line_makes_a_checkpoint_unreadable(extension: str, export: Export) -> None:
    text, lines = note_lines(export.seals()[OLD])

    export.put_seal(OLD, text[:-1] + extension + "\n" + "".join(lines))

    assert ("checkpoint-unreadable", f"height {OLD}") in export.found()


def test_a_seal_with_another_height_is_not_the_blocks(export: Export) -> None:
    name = export.name("seals/000.p/*")
    lines = export.only("seals/000.p/*").read_bytes().split(b"\n")
    lines[OLD], lines[OLD + 1] = lines[OLD + 1], lines[OLD]

    export.put(name, b"\n".join(lines))

    places = {f"{name}:{OLD + 1}", f"{name}:{OLD + 2}"}
    assert export.found() == {("checkpoint-unreadable", where) for where in places}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"{",
        encode_document({"height": OLD, "checkpoint": 1}),
        encode_document({"height": OLD, "checkpoint": "", "more": 1}),
        encode_document({"height": str(OLD), "checkpoint": ""}),
    ],
)
def test_a_seal_line_outside_the_format_is_unreadable(line: bytes, export: Export) -> None:
    name = export.name("seals/000.p/*")
    lines = export.only("seals/000.p/*").read_bytes().split(b"\n")
    lines[OLD] = line

    export.put(name, b"\n".join(lines))

    assert export.found() == {("checkpoint-unreadable", f"{name}:{OLD + 1}")}


def test_a_seal_line_whose_height_is_a_truth_value_is_unreadable(export: Export) -> None:
    name = export.name("seals/000.p/*")

    export.replace(name, b'"height":1}', b'"height":true}')

    assert export.found() == {("checkpoint-unreadable", f"{name}:2")}


def test_a_seal_bundle_without_its_last_line_feed_is_unreadable(export: Export) -> None:
    name = export.name("seals/000.p/*")

    export.put(name, export.only(name).read_bytes()[:-1])

    assert export.found() == {("checkpoint-unreadable", name)}


def test_a_seal_that_was_never_kept_is_missing(export: Export) -> None:
    notes = export.seals()
    export.only("seals/000.p/*").unlink()

    lines = (seal_line(height, note) for height, note in enumerate(notes[:-1]))
    export.put(f"seals/000.p/{len(notes) - 1}", b"".join(lines))

    assert export.found() == {("seal-missing", f"height {len(notes) - 1}")}


def test_a_missing_seal_bundle_leaves_every_block_without_a_seal(export: Export) -> None:
    heights = range(len(export.seals()))

    export.only("seals/000.p/*").unlink()

    assert export.found() == {("seal-missing", f"height {height}") for height in heights}


@pytest.mark.parametrize("height", [0, 18])
def test_a_seal_bundle_holds_no_more_lines_than_blocks(height: int, export: Export) -> None:
    name = export.name("seals/000.p/*")
    line = seal_line(height, export.seals()[-1])

    export.put(name, export.only(name).read_bytes() + line)

    assert export.found() != set()


@pytest.mark.parametrize("cut", [1, 5])
def test_a_seal_of_a_block_that_is_gone_shows_that_the_log_was_cut(
    cut: int, export: Export, blocks: list[ForgedBlock]
) -> None:
    name = export.name("seals/000.p/*")
    kept = export.only(name).read_bytes()

    export.forge(blocks[:-cut])
    export.only("seals/000.p/*").unlink()
    export.put(name, kept)

    assert export.found() != set()


def test_a_checkpoint_of_an_older_block_is_not_about_the_last_one(export: Export) -> None:
    export.put("checkpoint", export.seals()[OLD].encode())

    assert export.found() == {("checkpoint-differs", "checkpoint")}


def test_a_properly_sealed_checkpoint_of_another_tree_is_not_about_the_last_block(
    export: Export,
) -> None:
    true = checkpoint_of(export.seals()[-1])

    export.put("checkpoint", export.seal(0, Checkpoint(true.origin, true.size, b"x" * 32)).encode())

    assert export.found() == {("checkpoint-differs", "checkpoint")}


def test_a_checkpoint_may_have_other_cosignatures_than_the_seal(export: Export) -> None:
    text, lines = note_lines(export.seals()[-1])

    export.put("checkpoint", (text + "".join(lines[:4])).encode())

    assert export.found() == set()


def test_a_checkpoint_below_the_quorum_is_not_final(export: Export) -> None:
    text, lines = note_lines(export.seals()[-1])

    export.put("checkpoint", (text + "".join(lines[:3])).encode())

    assert export.found() == {("quorum-missing", "checkpoint")}


@pytest.mark.parametrize("data", [b"", b"\xff", b"registry.test/eac\n39\n", b"\n\n\n"])
def test_a_checkpoint_file_that_is_no_note_is_unreadable(data: bytes, export: Export) -> None:
    export.put("checkpoint", data)

    assert export.found() == {("checkpoint-unreadable", "checkpoint")}
