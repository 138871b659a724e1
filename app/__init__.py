"""EAC Ledger: a registry of energy-attribute certificates whose every operation is provable.

Rooms, ordered by what they know; each may know only those above it in this list:

ledger      how it is recorded: canonical bytes, Merkle tree, signed notes, tiles
registry    what is true of certificates: values, rules, one verb a file
consensus   who vouches: authority sets and engines
audit       can it be proven: chain, seals and replay, without trusting the operator
storage     where rows live: SQLAlchemy, SQLite and PostgreSQL
services    what happens in one transaction: decide, chain, seal, commit
reporting   what can be asked, read only
http, api   what every door shares, and the REST door
worker      what runs by itself, under a lease
factory     settings become storage, services and a registry
application the WSGI application: a registry behind its doors
demo, cli   the bundled real data and its journey; the command `eac`

Beside them, known to all: settings and logs.

This module imports nothing, so that `app.ledger` loads without Flask.
"""
