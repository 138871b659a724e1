"""Arrays as literals: whatever a column may hold comes back as it was."""

from typing import Literal

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.storage.dialects import array_literal

SURROGATES: tuple[Literal["Cs"]] = ("Cs",)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=SURROGATES), max_size=30)
ROUND_TRIPS = {
    "text": st.lists(st.none() | TEXTS),
    "bytea": st.lists(st.none() | st.binary(max_size=30)),
    "bigint": st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)),
    "boolean": st.lists(st.none() | st.booleans()),
    "uuid": st.lists(st.none() | st.uuids().map(str)),
}


@pytest.mark.parametrize("kind", sorted(ROUND_TRIPS))
def test_the_server_reads_an_array_as_it_was_meant(kind: str, postgresql_server: str) -> None:
    with psycopg.connect(postgresql_server) as connection:

        @given(values=ROUND_TRIPS[kind])
        def check(values: list[object]) -> None:
            shown = "text" if kind == "uuid" else kind
            query = f"SELECT %s::{kind}[]::{shown}[]"

            row = connection.execute(query.encode(), [array_literal(values)]).fetchone()

            assert row is not None
            assert row[0] == values

        check()


@pytest.mark.parametrize("awkward", ["NULL", "", "{}", '"', "\\", ",", " ", "a,b", "{a}", "\n"])
def test_what_means_something_in_an_array_is_a_text_there(
    awkward: str, postgresql_server: str
) -> None:
    with psycopg.connect(postgresql_server) as connection:
        row = connection.execute("SELECT %s::text[]", [array_literal([awkward])]).fetchone()

    assert row == ([awkward],)
