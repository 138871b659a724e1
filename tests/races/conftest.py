"""One crew for all races of a session."""

from collections.abc import Iterator

import pytest

from tests.races.crew import Crew


@pytest.fixture(scope="session")
def crew() -> Iterator[Crew]:
    """Processes that have everything imported and nothing opened."""
    with Crew() as made:
        yield made
