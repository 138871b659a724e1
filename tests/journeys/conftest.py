"""The demo that the journeys look at."""

import pytest

from tests.journeys.demo_run import DemoRun, undisturbed


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoRun:
    return undisturbed(tmp_path_factory.getbasetemp())
