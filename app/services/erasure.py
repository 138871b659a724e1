"""Erasure: the record of somebody goes for good, and the log goes on as it is.

GDPR, article 17. With the sealed row goes its random salt, so that nobody, not even who has
the vault's key, can find out whose commitment it was; in the same commit go the fingerprints of
an application and the labels of the keys. What lies in backups goes when they do.
"""

from app.registry.attachments import Attachments
from app.registry.operations.record_erase import RecordErase
from app.services.record import Asked


def erasing(operation: RecordErase) -> Asked:
    """Return an erasure with what is deleted in its commit."""
    return Asked(operation, Attachments(erased=[(operation.record,)]))
