"""Image formats: which one a file begins like, whether its structure is whole, and how its pixels are decoded.

One list of formats for everything that looks into files: `signatures`. One way to decode: `decoding`.
"""

__all__ = [
    "decoding",
    "nearly_whole",
    "signatures",
    "structure",
]
