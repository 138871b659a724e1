"""Replays as rows: who waits for which, and what it found."""

from sqlalchemy import bindparam, literal_column, select, update

from app.storage.engines import Database
from app.storage.tables import head, replays


class ReplayRows:
    """The replays in a database, by its own clock."""

    def __init__(self, database: Database) -> None:
        """Take the database."""
        self._database = database
        way = database.way
        self._lock = way.compile(
            select(head.c.id).where(head.c.id == literal_column("1")).with_for_update()
        )
        self._running = way.compile(
            select(replays.c.id)
            .where(replays.c.finished_at.is_(None), replays.c.asked_at > bindparam("since"))
            .order_by(replays.c.asked_at.desc())
        )
        self._finish = way.compile(
            update(replays)
            .values(finished_at=bindparam("now"), report=bindparam("found"))
            .where(replays.c.id == bindparam("replay"))
        )

    def begin(self, replay: str, *, within_ms: int) -> str:
        """Keep a new replay unless one runs that is younger; return whichever stands.

        The head row's lock makes it one, however many ask at once.
        """
        way = self._database.way
        with self._database.writing() as driver:
            driver.execute(self._lock).fetchone()
            now_ms = way.ask_clock(driver)()
            running = driver.execute(self._running, {"since": now_ms - within_ms}).fetchone()
            if running is not None:
                return str(running[0])
            way.insert(driver, replays, [(replay, now_ms, None, None)])
            driver.commit()
        return replay

    def find(self, replay: str) -> tuple[int, int | None, str | None] | None:
        """Return when it was asked for, when it finished, and its report."""
        query = select(replays.c.asked_at, replays.c.finished_at, replays.c.report).where(
            replays.c.id == replay
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else (row[0], row[1], row[2])

    def finish(self, replay: str, report: str) -> None:
        """Keep its report."""
        with self._database.writing() as driver:
            now_ms = self._database.way.ask_clock(driver)()
            driver.execute(self._finish, {"now": now_ms, "found": report, "replay": replay})
            driver.commit()
