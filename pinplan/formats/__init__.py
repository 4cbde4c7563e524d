"""Image formats: recognise them, check the structure of a file, and decode its pixels.

One list of formats for everything that reads files: `signatures`. One way to decode: `decoding`.
"""

__all__ = [
    "appended",
    "decoding",
    "metadata",
    "nearly_whole",
    "picture_texts",
    "reading",
    "signatures",
    "structure",
    "videos",
]
