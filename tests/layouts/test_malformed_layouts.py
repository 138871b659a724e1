"""Layouts that are refused, each at the member that is wrong."""

import json
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from app.layouts.describing import describe
from app.layouts.errors import LayoutError
from app.layouts.parsing import JSON_MAX, parse_layout
from tests.layouts.meters import ABSENT, layout_of, members

SCHEMA = json.loads((files("app.layouts") / "schema.json").read_text(encoding="utf-8"))
TIME: dict[str, object] = {"zone": "UTC", "interval": 1800, "stamp": "at"}
WIDE: dict[str, object] = {
    "form": "wide",
    "value": ABSENT,
    "time": {"zone": "UTC", "interval": 1800, "date": "day"},
    "periods": ["1", "2"],
}
COUNTER: dict[str, object] = {"kind": "counter", "time": TIME | {"marks": "end"}}

BY_SCHEMA: list[tuple[dict[str, object], str]] = [
    ({"more": 1}, "/more"),
    ({"name": ABSENT}, "/name"),
    ({"name": "A B"}, "/name"),
    ({"name": "-a"}, "/name"),
    ({"name": "a" * 61}, "/name"),
    ({"name": 7}, "/name"),
    ({"title": ""}, "/title"),
    ({"title": "x" * 501}, "/title"),
    ({"notes": ["a", 1]}, "/notes/1"),
    ({"form": "tall"}, "/form"),
    ({"form": ABSENT}, "/form"),
    ({"sorted": "yes"}, "/sorted"),
    ({"encoding": "utf-16"}, "/encoding"),
    ({"separator": "::"}, "/separator"),
    ({"skip_lines": -1}, "/skip_lines"),
    ({"skip_lines": True}, "/skip_lines"),
    ({"skip_lines": "1"}, "/skip_lines"),
    ({"comment": ""}, "/comment"),
    ({"columns": []}, "/columns"),
    ({"series": "meter"}, "/series"),
    ({"series": ["meter", "meter"]}, "/series"),
    ({"only": [{"column": "x"}]}, "/only/0/values"),
    ({"only": [{"column": "x", "values": []}]}, "/only/0/values"),
    ({"only": [{"column": "x", "values": ["y"], "otherwise": "drop"}]}, "/only/0/otherwise"),
    ({"only": [{"column": "x", "values": ["y"], "a/b~": 1}]}, "/only/0/a~1b~0"),
    ({"only": ["x"]}, "/only/0"),
    ({"time": "at"}, "/time"),
    ({"time": TIME | {"zone": 1}}, "/time/zone"),
    ({"time": TIME | {"interval": 59}}, "/time/interval"),
    ({"time": TIME | {"form": "rfc"}}, "/time/form"),
    ({"time": TIME | {"form": {"order": "ydm"}}}, "/time/form/order"),
    ({"time": TIME | {"form": {"clock": "hms"}}}, "/time/form/clock"),
    ({"time": TIME | {"form": {"date_separator": "_"}}}, "/time/form/date_separator"),
    ({"time": TIME | {"form": {"regex": "."}}}, "/time/form/regex"),
    ({"time": TIME | {"marks": "middle"}}, "/time/marks"),
    ({"time": TIME | {"repeated": "guess"}}, "/time/repeated"),
    ({"time": TIME | {"naive": "x"}}, "/time/naive"),
    ({"time": TIME | {"midnight": "x"}}, "/time/midnight"),
    ({"time": TIME | {"code": "x"}}, "/time/code"),
    ({"value": ABSENT, "values": []}, "/values"),
    ({"value": ABSENT, "values": [{"column": "a", "direction": "up"}]}, "/values/0/direction"),
    ({"value": ABSENT, "values": [{"direction": "import"}]}, "/values/0/column"),
    (WIDE | {"periods": []}, "/periods"),
    (WIDE | {"periods": {"prefix": "TP"}}, "/periods"),
    (WIDE | {"periods": {"first": 1, "last": 2001}}, "/periods/last"),
    ({"kind": "heat"}, "/kind"),
    ({"unit": "J"}, "/unit"),
    ({"unit": ABSENT, "unit_column": {"column": "u", "units": {}}}, "/unit_column/units"),
    ({"unit": ABSENT, "unit_column": {"column": "u", "units": {"x": "J"}}}, "/unit_column/units/x"),
    ({"decimal": "'"}, "/decimal"),
    ({"decimals": 19}, "/decimals"),
    ({"blanks": []}, "/blanks"),
    ({"rounding": "half-up"}, "/rounding"),
    ({"negative": "drop"}, "/negative"),
    (COUNTER | {"register_digits": 16}, "/register_digits"),
    ({"direction": "sideways"}, "/direction"),
    ({"quality": "good"}, "/quality"),
    (
        {"quality_column": {"column": "q", "qualities": {"A": "good"}}},
        "/quality_column/qualities/A",
    ),
    ({"quality_column": {"qualities": {"A": "measured"}}}, "/quality_column/column"),
]

BY_READING: list[tuple[dict[str, object], str]] = [
    ({"time": ABSENT}, "/time"),
    ({"unit": ABSENT}, "/unit"),
    ({"value": ABSENT}, "/values"),
    ({"time": TIME | {"zone": "Mars/Olympus"}}, "/time/zone"),
    ({"time": TIME | {"zone": "../etc"}}, "/time/zone"),
    ({"time": TIME | {"zone": "America/Argentina"}}, "/time/zone"),
    ({"time": TIME | {"zone": "localtime"}}, "/time/zone"),
    ({"time": TIME | {"zone": "right/Europe/Paris"}}, "/time/zone"),
    ({"time": TIME | {"zone": "+9"}}, "/time/zone"),
    ({"time": TIME | {"zone": "+09:60"}}, "/time/zone"),
    ({"time": TIME | {"zone": "+19:00"}}, "/time/zone"),
    ({"time": TIME | {"zone": "+٠٩:00"}}, "/time/zone"),
    ({"time": TIME | {"interval": 700}}, "/time/interval"),
    ({"time": TIME | {"interval": 7200}}, "/time/interval"),
    ({"time": {"zone": "UTC", "stamp": "at"}}, "/time/interval"),
    ({"time": {"zone": "UTC", "start": "a", "end": "b"}}, "/time/interval"),
    ({"time": {"zone": "UTC", "interval": 1800}}, "/time/stamp"),
    ({"time": {"zone": "UTC", "interval": 1800, "start": "a"}}, "/time/end"),
    ({"time": TIME | {"clock": "c"}}, "/time/clock"),
    ({"time": {"zone": "UTC", "interval": 86400, "stamp": "at"}}, "/time/date"),
    ({"time": TIME | {"form": {"date_separator": " "}}}, "/time/form/between"),
    ({"time": TIME | {"form": "iso", "repeated": "in-order"}}, "/time/repeated"),
    ({"time": TIME | {"form": "iso", "naive": "standard"}}, "/time/naive"),
    ({"time": TIME | {"midnight": "ends"}}, "/time/midnight"),
    (
        {"time": {"zone": "UTC", "interval": 1800, "date": "d", "clock": "c", "form": "iso"}},
        "/time/form",
    ),
    (
        {"time": {"zone": "UTC", "interval": 1800, "date": "d", "period": "p", "marks": "end"}},
        "/time/marks",
    ),
    (WIDE | {"time": {"zone": "UTC", "interval": 86400, "date": "day"}}, "/time/interval"),
    (WIDE | {"periods": {"first": 5, "last": 4}}, "/periods"),
    (WIDE | {"periods": ["day", "2"]}, "/periods"),
    (WIDE | {"value": "kWh"}, "/value"),
    (WIDE | COUNTER | {"time": WIDE["time"]}, "/kind"),
    (COUNTER | {"time": TIME}, "/kind"),
    (COUNTER | {"negative": "zero"}, "/negative"),
    (
        COUNTER | {"unit": ABSENT, "unit_column": {"column": "u", "units": {"x": "kWh"}}},
        "/unit_column",
    ),
    ({"register_digits": 5}, "/register_digits"),
    ({"kind": "power"}, "/unit"),
    ({"unit": "kW"}, "/unit"),
    ({"unit_column": {"column": "u", "units": {"x": "kWh"}}}, "/unit"),
    ({"ignored": ["kWh"]}, "/ignored"),
    ({"columns": ["meter", "at"]}, "/columns"),
    ({"value": "at"}, "/values"),
    ({"direction": ABSENT}, "/direction"),
    (
        {"direction_column": {"column": "d", "directions": {"x": "import"}}},
        "/direction",
    ),
    ({"value": ABSENT, "values": [{"column": "a"}, {"column": "b"}]}, "/values"),
    ({"value": ABSENT, "values": [{"column": "a", "direction": "import"}]}, "/values"),
    (
        {
            "value": ABSENT,
            "direction": ABSENT,
            "values": [
                {"column": "a", "direction": "import"},
                {"column": "b", "direction": "import"},
            ],
        },
        "/values",
    ),
    (
        {
            "value": ABSENT,
            "direction": ABSENT,
            "values": [{"column": "a", "direction": "import"}, {"column": "b"}],
        },
        "/values",
    ),
    ({"negative": "import", "direction": "consumption"}, "/negative"),
]


def pointer_of(text: str) -> str:
    with pytest.raises(LayoutError) as caught:
        parse_layout(text=text)
    assert str(caught.value) == f"{caught.value.pointer or '/'}: {caught.value.reason}"
    return caught.value.pointer


@pytest.mark.parametrize(
    ("changes", "pointer"), [*BY_SCHEMA, *BY_READING], ids=lambda item: str(item)[:60]
)
def test_a_layout_is_refused_at_the_member_that_is_wrong(
    changes: dict[str, object], pointer: str
) -> None:
    assert pointer_of(json.dumps(members(**changes))) == pointer


@pytest.mark.parametrize(("changes", "pointer"), BY_SCHEMA, ids=lambda item: str(item)[:60])
def test_the_schema_refuses_what_it_can_tell(changes: dict[str, object], pointer: str) -> None:
    assert pointer.startswith("/")
    assert not Draft202012Validator(SCHEMA).is_valid(members(**changes))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "{",
        "[" * 100_000,
        '{"name": "a", "name": "b"}',
        '{"name": NaN}',
        "x" * (JSON_MAX + 1),
    ],
    ids=["none", "list", "number", "open", "deep", "twice", "not a number", "long"],
)
def test_a_text_that_is_no_object_of_json_is_refused(text: str) -> None:
    assert pointer_of(text) == ""


FULL: list[dict[str, object]] = [
    {},
    WIDE,
    COUNTER | {"register_digits": 6},
    {"time": TIME | {"form": "epoch-seconds"}, "kind": "power", "unit": "MW", "decimals": 3},
    {"time": {"zone": "+05:45", "interval": 86400, "date": "d"}, "rounding": "carry"},
    {"time": {"zone": "UTC", "start": "a", "end": "b", "form": "iso"}, "negative": "zero"},
    {
        "$schema": "schema.json",
        "time": {"zone": "UTC", "interval": 60, "date": "d", "clock": "c"}
        | {"marks": "end", "midnight": "ends", "naive": "standard", "repeated": "in-order"},
        "unit": ABSENT,
        "unit_column": {"column": "u", "units": {"x": "kWh"}},
        "direction": ABSENT,
        "direction_column": {"column": "d2", "directions": {"x": "import"}},
        "quality_column": {"column": "q", "qualities": {"x": "estimated"}},
        "only": [{"column": "o", "values": ["1"], "otherwise": "skip"}],
        "notes": ["Made up."],
    },
    {"time": {"zone": "UTC", "interval": 900, "date": "d", "period": "p"}, "series": ABSENT},
]


@pytest.mark.parametrize("changes", FULL, ids=range(len(FULL)))
def test_a_layout_that_is_read_is_as_the_schema_says_and_describes_itself(
    changes: dict[str, object],
) -> None:
    layout = layout_of(**changes)

    sentences = describe(layout=layout)

    Draft202012Validator(SCHEMA).validate(members(**changes))
    assert all(sentence.endswith(".") for sentence in sentences)
    assert len(set(sentences)) == len(sentences)


def test_a_description_says_what_a_reader_must_know() -> None:
    layout = layout_of(time=TIME | {"marks": "end"}, rounding="carry", negative="import")

    text = " ".join(describe(layout=layout))

    assert "An interval is 1800 seconds long; its time marks its end." in text
    assert "Values stand in kWh: energy in kWh." in text
    assert "A negative value counts as import." in text
    assert "carried over to the next reading" in text
