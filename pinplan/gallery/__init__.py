"""The library as offline HTML pages: catalog and pages."""

from pinplan.gallery.pages import INDEX, gallery_pages

__all__ = [
    "INDEX",
    "catalog",
    "gallery_pages",
]
