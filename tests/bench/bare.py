"""The least that a chained and sealed group could cost: no rules, no projection, no idempotency."""

from hashlib import sha256
from time import perf_counter

import psycopg

from app.ledger.merkle import Frontier, leaf_hash
from app.ledger.notes import Checkpoint, cosign, sign
from app.ledger.signatures import Ed25519Signer

TABLES = """
CREATE TABLE bare_head (id int PRIMARY KEY, height bigint, hash bytea);
CREATE TABLE bare_leaves (index bigint PRIMARY KEY, leaf bytea);
CREATE TABLE bare_blocks (height bigint PRIMARY KEY, note text);
INSERT INTO bare_head VALUES (1, -1, '');
"""
LEAF = b"x" * 400


def bare_rate(url: str, *, group: int, seconds: float) -> float:
    """Return operations a second of the bare loop on PostgreSQL."""
    signers = [Ed25519Signer(name=f"a{at}.test", seed=bytes([at]) * 32) for at in range(5)]
    frontier = Frontier()
    done, height = 0, 0
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare_head, bare_leaves, bare_blocks")
        cursor.execute(TABLES.encode())
        connection.commit()
        started = perf_counter()
        while perf_counter() - started < seconds:
            cursor.execute("SELECT height, hash FROM bare_head WHERE id = 1 FOR UPDATE").fetchone()
            first = frontier.size
            for _ in range(group):
                frontier.append(leaf_hash(LEAF))
            checkpoint = Checkpoint("bare.test", frontier.size, frontier.root())
            note = str(sign(checkpoint, signers[0])) + "".join(
                str(cosign(checkpoint, signer, time_s=1)) for signer in signers[1:]
            )
            with cursor.copy("COPY bare_leaves FROM STDIN") as copy:
                for at in range(group):
                    copy.write_row((first + at, LEAF))
            cursor.execute("INSERT INTO bare_blocks VALUES (%s, %s)", (height, note))
            cursor.execute(
                "UPDATE bare_head SET height = %s, hash = %s WHERE id = 1",
                (height, sha256(note.encode()).digest()),
            )
            connection.commit()
            done, height = done + group, height + 1
        return done / (perf_counter() - started)
