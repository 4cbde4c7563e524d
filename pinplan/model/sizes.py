"""How large a picture is, against what Pinterest declares. Declared sizes are nominal: a ``600x`` may be 564 wide."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pinplan.model.pins import Rendition


def is_placeholder(width: int, height: int, declared: Rendition) -> bool:
    """Less than half as wide or as high as declared: not the picture, but something in its place (I19)."""
    return 2 * width < (declared.width or 0) or 2 * height < (declared.height or 0)


def is_smaller(width: int, height: int, declared: Rendition) -> bool:
    """Less wide or less high than declared, however little; larger is always fine."""
    return width < (declared.width or 0) or height < (declared.height or 0)


def declared_size(rendition: Rendition) -> str:
    """The declared size in words, ``1200×900``; Pinterest's name for it where it declares none."""
    if rendition.width and rendition.height:
        return f"{rendition.width}×{rendition.height}"
    return rendition.size
