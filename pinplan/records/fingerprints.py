"""Fingerprints of images, compared pairs, and pairs marked as different."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.records.database import readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinplan.records.database import Database


_WHOLE = "typeof(dhash) = 'integer' AND typeof(detail) = 'integer'"
"""Whatever is damaged counts as not there: the image is fingerprinted again."""
_AT_ONCE = 500
"""Digests per query: SQLite limits the number of parameters."""


class FingerprintStore:
    """Keyed by file digest, so that entries survive moves and downloads. A cache, except for pairs marked as different."""

    def __init__(self, db: Database) -> None:
        """Use this database."""
        self._db = db

    def stored(self, recipe: int) -> list[tuple[str, int, int, int, int]]:
        """Digest, difference hash (signed), width, height and detail of every fingerprinted image."""
        query = f"SELECT sha256, dhash, width, height, detail FROM fingerprints WHERE recipe = ? AND {_WHOLE}"  # noqa: S608 - own words
        # Not `rows`: for 100,000 images its conversion would double the time.
        with self._db.lock, readable(self._db.path):
            return self._db.connection.execute(query, (recipe,)).fetchall()

    def faceless(self, recipe: int) -> dict[str, str]:
        """Digests of files without a fingerprint, and why."""
        rows = self._db.rows("SELECT sha256, problem FROM fingerprints WHERE recipe = ? AND dhash IS NULL", (recipe,))
        return {str(sha256): str(problem) for sha256, problem in rows}

    def stored_one(self, sha256: str, recipe: int) -> bytes | None:
        """One complete fingerprint, encoded."""
        rows = self._db.rows("SELECT fingerprint FROM fingerprints WHERE sha256 = ? AND recipe = ?", (sha256, recipe))
        found = rows[0][0] if rows else None
        return found if isinstance(found, bytes) else None

    def known(self, recipe: int, digests: Sequence[str]) -> dict[str, str | None]:
        """The digests that are already known, each with the reason if it has no fingerprint."""
        found: dict[str, str | None] = {}
        for start in range(0, len(digests), _AT_ONCE):
            some = digests[start : start + _AT_ONCE]
            query = f"SELECT sha256, problem, dhash FROM fingerprints WHERE recipe = ? AND sha256 IN ({', '.join('?' * len(some))})"  # noqa: S608 - marks only
            query += f" AND (dhash IS NULL OR {_WHOLE})"
            rows = self._db.rows(query, (recipe, *some))
            found.update((str(sha256), str(problem) if dhash is None else None) for sha256, problem, dhash in rows)
        return found

    def remember_fingerprints(self, rows: Iterable[tuple[object, ...]]) -> None:
        """Store rows of digest, recipe, difference hash (signed), width, height, detail, problem and fingerprint."""
        with self._db.transaction() as db:
            db.executemany("REPLACE INTO fingerprints VALUES (?, ?, ?, ?, ?, ?, ?, ?)", list(rows))

    def drop_recipes_but(self, recipe: int, kept: Iterable[int] = ()) -> None:
        """Delete fingerprints of all recipes but these; they would never be compared again."""
        with self._db.transaction() as db:
            recipes = [recipe, *kept]
            db.execute(f"DELETE FROM fingerprints WHERE recipe NOT IN ({', '.join('?' * len(recipes))})", recipes)  # noqa: S608 - marks only

    def compared(self, version: int) -> dict[tuple[str, str], bytes]:
        """Compared pairs of digests, with their encoded similarity."""
        rows = self._db.rows("SELECT one, other, alike FROM alike WHERE recipe = ?", (version,))
        return {(str(one), str(other)): alike for one, other, alike in rows if isinstance(alike, bytes)}

    def remember_compared(self, version: int, rows: Iterable[tuple[str, str, bytes]]) -> None:
        """Store compared pairs, and delete those of other versions."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM alike WHERE recipe <> ?", (version,))
            db.executemany(
                "REPLACE INTO alike VALUES (?, ?, ?, ?)", [(one, other, version, found) for one, other, found in rows]
            )

    def cached_scan(self, key: str) -> bytes | None:
        """The cached result of comparing all pairs, if its inputs are unchanged."""
        rows = self._db.rows("SELECT found FROM looks WHERE key = ?", (key,))
        found = rows[0][0] if rows else None
        return found if isinstance(found, bytes) else None

    def cache_scan(self, key: str, found: bytes) -> None:
        """Cache the result of comparing all pairs; the last four are kept."""
        with self._db.transaction() as db:
            db.execute("REPLACE INTO looks VALUES (?, ?)", (key, found))
            db.execute("DELETE FROM looks WHERE rowid NOT IN (SELECT rowid FROM looks ORDER BY rowid DESC LIMIT 4)")

    def count_different(self) -> int:
        """Number of pairs marked as different."""
        ((count,),) = self._db.rows("SELECT count(*) FROM different")
        return int(str(count))

    def different(self) -> list[tuple[bytes, bytes]]:
        """Pairs that were marked as different by hand (`pinplan.duplicates.marked_different`)."""
        rows = self._db.rows("SELECT one, other FROM different ORDER BY one, other")
        return [(one, other) for one, other in rows if isinstance(one, bytes) and isinstance(other, bytes)]

    def mark_different(self, one: bytes, other: bytes) -> None:
        """Mark two images as different, permanently."""
        with self._db.transaction() as db:
            # Ordered, so that a pair is stored once whichever way round it is named.
            db.execute("REPLACE INTO different VALUES (?, ?)", (min(one, other), max(one, other)))
