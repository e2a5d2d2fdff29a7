"""The meter of a download: a bar for the reader, and limits on speed and size for the server."""

import sys
import time

_WIDTH = 30
_LEAST_SPEED = 50_000  # bytes a second, on average after the first seconds


class TransferError(ValueError):
    """The server sends too slowly, or more than the file holds."""


class Meter:
    """What pooch's downloader takes as a progress bar; it ends a transfer that goes wrong.

    Parameters
    ----------
    name : str
        Shown before the bar.
    n_bytes : int
        Length of the file.
    patience : float
        Seconds that may pass beyond what a speed of 50 kB a second needs.
    shown : bool
        Draw the bar, if stderr is a terminal or the output of a notebook.
    """

    def __init__(self, name, n_bytes, patience, shown):
        self.total = n_bytes
        self._name, self._expected, self._patience = name, n_bytes, patience
        self._shown = shown and _has_reader(sys.stderr)
        self._count, self._percent, self._start = 0, -1, time.monotonic()

    def update(self, n_bytes):
        """Count bytes that have arrived.

        Raises
        ------
        TransferError
            If they come too slowly, or are more than the file holds.
        """
        self._count += n_bytes
        seconds = time.monotonic() - self._start
        if seconds > self._patience + self._count / _LEAST_SPEED:
            raise TransferError(f"sent {self._count} of {self._expected} bytes in {seconds:.0f} s")
        # Counts come in whole chunks, so the last one may reach beyond the end.
        if self._count > self._expected + (1 << 16):
            raise TransferError(f"sends more than the {self._expected} bytes of the file")
        self._draw()

    def reset(self):
        """Start counting anew, as the downloader does before the final update."""
        self._count, self._start = 0, time.monotonic()

    def close(self):
        """End the line of the bar."""
        if self._shown and self._percent >= 0:
            sys.stderr.write("\n")
        self._shown = False

    def _draw(self):
        percent = min(100, 100 * self._count // self._expected)
        if not self._shown or percent == self._percent:
            return
        self._percent = percent
        filled = _WIDTH * percent // 100
        sys.stderr.write(f"\r{self._name} [{'#' * filled}{'.' * (_WIDTH - filled)}] {percent:3d} % "
                         f"of {self._expected / 1e6:.1f} MB")
        sys.stderr.flush()


def _has_reader(stream):
    notebook = type(stream).__module__.startswith("ipykernel")
    return stream is not None and (notebook or stream.isatty())
