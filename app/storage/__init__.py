"""Where rows live: SQLite or PostgreSQL through SQLAlchemy; dialect differences stay inside."""
