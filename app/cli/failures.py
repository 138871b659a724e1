"""Failures that a command anticipates: their text is for the person at the terminal."""

from app.audit.identity import IdentityError
from app.audit.sources import NotALogError
from app.consensus.authorities import AuthorityError
from app.demo.journey import JourneyError
from app.layouts.errors import LayoutError, MeterFileError
from app.ledger.notes import NoteError
from app.registry.errors import RefusalError
from app.services.export import ExportError
from app.services.founding import RulesError
from app.services.high_water import BehindError
from app.services.keys import KeyFileError
from app.settings import SettingsError
from app.storage.engines import DatabaseError
from app.storage.migrations import SchemaError
from app.storage.unit_of_work import StorageError

EXPECTED = (
    AuthorityError,
    BehindError,
    DatabaseError,
    ExportError,
    IdentityError,
    JourneyError,
    KeyFileError,
    LayoutError,
    MeterFileError,
    NotALogError,
    NoteError,
    RefusalError,
    RulesError,
    SchemaError,
    SettingsError,
    StorageError,
)
