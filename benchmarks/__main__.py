"""``python -m benchmarks [NAME …]``: all measurements, or those that are named."""

from __future__ import annotations

import sys
from collections.abc import Callable

from benchmarks import (
    bookkeeping,
    compared_pairs,
    corpus,
    crowds,
    downloads,
    end_of_apply,
    fingerprints,
    growth,
    growth_of_pictures,
    growth_of_uploads,
    judged_pairs,
    looking_back,
    nothing_to_do,
    page,
    recognising,
    start,
)

ALL: dict[str, Callable[..., None]] = {
    "nothing_to_do": nothing_to_do.run,
    "twice_as_many": nothing_to_do.processes,
    "start": start.run,
    "bookkeeping": bookkeeping.run,
    "end_of_apply": end_of_apply.run,
    "downloads": downloads.run,
    "looking_back": looking_back.run,
    "fingerprints": fingerprints.run,
    "compared_pairs": compared_pairs.run,
    "crowds": crowds.run,
    "page": page.run,
    "recognising": recognising.run,
    "growth": growth.run,
    "growth_of_pictures": growth_of_pictures.run,
    "growth_of_uploads": growth_of_uploads.run,
    "corpus": corpus.run,
    "judged_pairs": judged_pairs.run,
}

unknown = sorted(set(sys.argv[1:]) - set(ALL))
if unknown:
    sys.exit(f"no benchmark is called {', '.join(unknown)}; expected: {', '.join(ALL)}")
for name in sys.argv[1:] or ALL:
    ALL[name]()
