"""Attribute documents: described in full beside the log, named by their hash on it."""

from hashlib import sha256
from typing import Any

from app.ledger.encoding import encode_document
from app.registry.attachments import Attachments


def documented(document: dict[str, Any]) -> tuple[str, Attachments]:
    """Return a document's hex SHA-256 and what is kept of it. Raises EncodingError."""
    body = encode_document(document)
    digest = sha256(body).hexdigest()
    return digest, Attachments(documents=[(digest, body)])
