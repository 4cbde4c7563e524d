"""The gallery as HTML."""

from pinplan.gallery.pages import INDEX, gallery_pages

__all__ = ["INDEX", "gallery_pages"]
