"""The sound log that every test of the audit damages a copy of."""

from pathlib import Path

import pytest

from app.factory import open_registry
from app.ledger.leaves import header_hash
from app.services.export import export as write_export
from app.services.keys import load_signer
from app.services.seal import Sealer
from tests.audit.forging import Export, ForgedBlock, Sound
from tests.audit.story import tell
from tests.databases import SqliteDatabases
from tests.scenario import AUTHORITIES


@pytest.fixture(scope="session")
def sound(sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory) -> Sound:
    """The story's export, made once."""
    folder = tmp_path_factory.mktemp("sound")
    settings = sqlite_databases.founded(folder / "home")
    with open_registry(settings) as registry:
        story = tell(registry)
        with registry.storage.log() as log:
            write_export(log, folder / "export")
            leaves = tuple(log.leaves())
        numbers = range(1, len(AUTHORITIES) + 1)
        return Sound(
            folder=folder / "export",
            sealer=Sealer(
                load_signer(settings.keys / "log.key"),
                [load_signer(settings.keys / f"authorities/{number}.key") for number in numbers],
            ),
            identity=registry.identity,
            genesis=header_hash(leaves[0]),
            leaves=leaves,
            story=story,
        )


@pytest.fixture
def export(sound: Sound, tmp_path: Path) -> Export:
    """A copy of the sound export, to be damaged."""
    return Export.copy(sound, tmp_path / "export")


@pytest.fixture
def blocks(sound: Sound) -> list[ForgedBlock]:
    """The sound log's blocks, to be forged."""
    return sound.blocks()
