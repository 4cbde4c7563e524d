"""The gallery as HTML."""

from pinplan.render.gallery.build import INDEX, gallery_pages

__all__ = ["INDEX", "gallery_pages"]
