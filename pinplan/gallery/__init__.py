"""The library as pages that open offline: what is in it, and the HTML of it."""

from pinplan.gallery.pages import INDEX, gallery_pages

__all__ = [
    "INDEX",
    "catalog",
    "gallery_pages",
]
