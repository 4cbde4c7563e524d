"""Standard streams that cannot end a command: closed ones, a reader that went away, a full disk.

An apply must not stop halfway because nobody reads what it says, and its exit code must be about what it did.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Steady(io.FileIO):
    """A file that discards everything after its first error."""

    refused: OSError | None = None
    is_terminal = False

    def write(self, data: bytes | memoryview, /) -> int:  # type: ignore[override] # what BufferedWriter hands over
        """Write, or discard."""
        if self.refused is None:
            try:
                return super().write(data)
            except OSError as error:
                self.refused = error
        return memoryview(data).nbytes


class Streams:
    """What became of standard output."""

    def __init__(self, out: _Steady | None) -> None:
        """Watch the file behind it, if there is one."""
        self._out = out

    @property
    def problem(self) -> str:
        """Why not all of the output was written; empty if it was, or if its reader went away."""
        error = self._out.refused if self._out is not None else None
        if self._out is None or error is None or error.errno == errno.EPIPE:
            return ""
        # A terminal that was closed answers like a broken disk.
        return "" if error.errno == errno.EIO and self._out.is_terminal else error.strerror or str(error)


def open_closed_ones() -> None:
    """Open whichever of the standard streams is closed, before any other file gets its number and is written over."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # the lowest free number
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - open as long as the process lives
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as above
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as above


@contextmanager
def steady() -> Iterator[Streams]:
    """Replace standard output and error in the block."""
    before = sys.stdout, sys.stderr
    out, err = _behind(sys.stdout), _behind(sys.stderr)
    sys.stdout, sys.stderr = _on(out, sys.stdout), _on(err, sys.stderr)
    try:
        yield Streams(out)
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        sys.stdout, sys.stderr = before
        for stream in before:
            _discard_unwritable(stream)


def _discard_unwritable(stream: TextIO) -> None:
    """Flush a stream; discard what cannot be written, or Python would fail on it at exit, with code 120."""
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def _behind(stream: TextIO) -> _Steady | None:
    """A steady file for the one behind a stream; None if that is no plain file, such as that of a test or a console of Windows."""
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    if not isinstance(raw, io.FileIO):
        return None
    file = _Steady(raw.fileno(), "w", closefd=False)
    file.is_terminal = raw.isatty()
    return file


def _on(file: _Steady | None, stream: TextIO) -> TextIO:
    """A stream like another one, on a file."""
    # Escapes for characters that the encoding lacks: a C locale must not fail for a board's name.
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    if file is None:
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(cast("io.FileIO", file)),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=getattr(stream, "line_buffering", False),
    )
