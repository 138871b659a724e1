"""The page about layouts: its examples are layouts and read the lines above them."""

import json
from importlib.resources import files
from re import DOTALL
from re import compile as pattern

import pytest
from jsonschema import Draft202012Validator

from app.layouts.findings import FINDING_CODES
from app.layouts.parsing import parse_layout
from app.layouts.shipped import SHIPPED
from tests.layouts.meters import file_of, iso

PAGE = (files("app") / "web/docs/layouts.md").read_text(encoding="utf-8")
SCHEMA = json.loads((files("app.layouts") / "schema.json").read_text(encoding="utf-8"))
EXAMPLES = pattern(r"\n((?:    [^\n]+\n)+)\n```json\n(.*?)```", DOTALL).findall(PAGE)


def test_there_are_three_examples() -> None:
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize(
    ("number", "energies", "start"),
    [
        (0, [125_000, 250_000], "10-26T23:45Z"),
        (1, [12_500], "01-01T00:00Z"),
        (2, [10_500_000], "03-10T05:00Z"),
    ],
)
def test_an_example_reads_the_lines_above_it(number: int, energies: list[int], start: str) -> None:
    indented, text = EXAMPLES[number]
    header, *rows = [line.removeprefix("    ") for line in indented.splitlines()]
    layout = parse_layout(text=text)
    if number == 0:
        rows += [row.replace("0,250", "0,300") for row in rows[1:]]
        energies = [*energies, 300_000]

    file, days = file_of(layout, header, *rows)

    readings = [reading for day in days for reading in day.readings]
    Draft202012Validator(SCHEMA).validate(json.loads(text))
    assert [reading.energy_wh for reading in readings] == energies
    assert iso(readings[0].start_ms) == start
    assert file.tally.is_balanced


def test_the_page_names_every_member_finding_and_shipped_layout() -> None:
    named = [*SCHEMA["properties"], *SCHEMA["properties"]["time"]["properties"]]
    names = {*named, *FINDING_CODES, *SHIPPED} - {"$schema", "time"}

    missing = {name for name in names if f"`{name}`" not in PAGE}

    assert missing == set()
