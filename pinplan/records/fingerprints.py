"""Fingerprints of images, compared pairs, and pairs marked as different."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.records.database import readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinplan.records.database import Database


_AT_ONCE = 500
"""Digests per query: SQLite limits the number of parameters."""


class FingerprintStore:
    """Keyed by file digest, so that entries survive moves and downloads. A cache, except for pairs marked as different."""

    def __init__(self, db: Database) -> None:
        """Use this database."""
        self._db = db

    def stored(self, recipe: int) -> list[tuple[str, int, int, int, int]]:
        """Digest, difference hash (signed), width, height and detail of every image that a fingerprint was taken of."""
        query = "SELECT sha256, dhash, width, height, detail FROM fingerprints WHERE recipe = ? AND dhash IS NOT NULL"
        with self._db.lock, readable(self._db.path):
            return self._db.connection.execute(query, (recipe,)).fetchall()

    def faceless(self, recipe: int) -> dict[str, str]:
        """Digests of files of which no fingerprint can be taken, and why."""
        rows = self._db.rows("SELECT sha256, problem FROM fingerprints WHERE recipe = ? AND dhash IS NULL", (recipe,))
        return {str(sha256): str(problem) for sha256, problem in rows}

    def stored_one(self, sha256: str, recipe: int) -> bytes | None:
        """A whole fingerprint, as it was remembered."""
        rows = self._db.rows("SELECT fingerprint FROM fingerprints WHERE sha256 = ? AND recipe = ?", (sha256, recipe))
        found = rows[0][0] if rows else None
        return found if isinstance(found, bytes) else None

    def looked_at(self, recipe: int, digests: Sequence[str]) -> set[str]:
        """Those of some digests that a fingerprint was taken of, or cannot be taken of."""
        found: set[str] = set()
        for start in range(0, len(digests), _AT_ONCE):
            some = digests[start : start + _AT_ONCE]
            query = f"SELECT sha256 FROM fingerprints WHERE recipe = ? AND sha256 IN ({', '.join('?' * len(some))})"  # noqa: S608 - marks only
            found.update(str(row[0]) for row in self._db.rows(query, (recipe, *some)))
        return found

    def remember_fingerprints(self, rows: Iterable[tuple[object, ...]]) -> None:
        """Digest, recipe, difference hash (signed), width, height, detail, problem, fingerprint; a cache, no record."""
        with self._db.transaction() as db:
            db.executemany("REPLACE INTO fingerprints VALUES (?, ?, ?, ?, ?, ?, ?, ?)", list(rows))

    def drop_recipes_but(self, recipe: int, kept: Iterable[int] = ()) -> None:
        """Forget fingerprints that were made by another recipe, but for some: they are never compared with anything again."""
        with self._db.transaction() as db:
            recipes = [recipe, *kept]
            db.execute(f"DELETE FROM fingerprints WHERE recipe NOT IN ({', '.join('?' * len(recipes))})", recipes)  # noqa: S608 - marks only

    def compared(self, version: int) -> dict[tuple[str, str], bytes]:
        """Pairs of digests that were compared before, and what came of it."""
        rows = self._db.rows("SELECT one, other, alike FROM alike WHERE recipe = ?", (version,))
        return {(str(one), str(other)): alike for one, other, alike in rows if isinstance(alike, bytes)}

    def remember_compared(self, version: int, rows: Iterable[tuple[str, str, bytes]]) -> None:
        """Add to the pairs that were compared, and forget what another version made of any pair."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM alike WHERE recipe <> ?", (version,))
            db.executemany(
                "REPLACE INTO alike VALUES (?, ?, ?, ?)", [(one, other, version, found) for one, other, found in rows]
            )

    def remembered_look(self, key: str) -> bytes | None:
        """What the last look at all pairs found, if it was one at the very same things."""
        rows = self._db.rows("SELECT found FROM looks WHERE key = ?", (key,))
        found = rows[0][0] if rows else None
        return found if isinstance(found, bytes) else None

    def remember_look(self, key: str, found: bytes) -> None:
        """Keep what a look found; the last few of them."""
        with self._db.transaction() as db:
            db.execute("REPLACE INTO looks VALUES (?, ?)", (key, found))
            db.execute("DELETE FROM looks WHERE rowid NOT IN (SELECT rowid FROM looks ORDER BY rowid DESC LIMIT 4)")

    def count_different(self) -> int:
        """Number of pairs marked as different."""
        ((count,),) = self._db.rows("SELECT count(*) FROM different")
        return int(str(count))

    def different(self) -> list[tuple[bytes, bytes]]:
        """Pairs of looks of which a person said that they are no duplicates (`pinplan.duplicates.marked_different`)."""
        rows = self._db.rows("SELECT one, other FROM different ORDER BY one, other")
        return [(one, other) for one, other in rows if isinstance(one, bytes) and isinstance(other, bytes)]

    def mark_different(self, one: bytes, other: bytes) -> None:
        """Mark two images as different, permanently."""
        with self._db.transaction() as db:
            db.execute("REPLACE INTO different VALUES (?, ?)", (min(one, other), max(one, other)))
