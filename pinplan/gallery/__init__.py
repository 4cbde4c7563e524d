"""Offline HTML pages: the library, by catalog and pages, and a report of duplicates."""

from pinplan.gallery.pages import INDEX, gallery_pages

__all__ = [
    "INDEX",
    "catalog",
    "duplicates",
    "gallery_pages",
]
