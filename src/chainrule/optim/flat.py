"""All parameters of one dtype, end to end in one vector, and their gradients in another.

An update of ten ufuncs over a hundred small arrays costs a thousand calls; over one long vector it costs ten for each
piece that fits the cache. So an optimiser moves its parameters into one vector and leaves views behind.
"""

import numpy as np

_ALIGNMENT = 64  # bytes: a cache line, and the widest vector register
_HUGE = 1 << 22  # bytes: from here on NumPy asks for huge pages
CHUNK_BYTES = 256 * 1024  # five arrays of this size fit a second-level cache of 2 MB


def zeros_in_one_block(lengths, dtype):
    """Return an array of zeros for each length, end to end, each beginning on a cache line.

    A block of more than a quarter of what NumPy asks huge pages for is made that large: a sweep over
    pages of 4 kB spends much of its time on looking up where they are.
    """
    dtype = np.dtype(dtype)
    # three more lines each: arrays a multiple of 4 kB apart would look alike to the store buffer
    sizes = [_lines(n * dtype.itemsize) + 3 * _ALIGNMENT for n in lengths]
    total = sum(sizes) + _ALIGNMENT
    raw = np.zeros(max(total, _HUGE) if total > _HUGE // 4 else total, np.uint8)
    start, arrays = -raw.ctypes.data % _ALIGNMENT, []
    for n, size in zip(lengths, sizes, strict=True):
        arrays.append(raw[start : start + n * dtype.itemsize].view(dtype))
        start += size
    return arrays


def _lines(n_bytes):
    """Return n_bytes rounded up to whole cache lines."""
    return -(-n_bytes // _ALIGNMENT) * _ALIGNMENT


class FlatVector:
    """Parameters of one dtype as views of ``data``, their gradients as views of ``grad``.

    Each parameter starts on a cache line; the padding between two parameters is zero and stays zero.

    params : list of Tensors that require gradients and share one dtype
    state_names : names of the arrays the update keeps for each element, zero at first
    n_scratch : number of arrays of the length of a piece that an update may write to
    """

    def __init__(self, params, state_names, n_scratch):
        self.params = params
        dtype = params[0].data.dtype
        self.bounds, end = [], 0
        for p in params:
            self.bounds.append((end, end + p.data.size))
            end += _lines(p.data.nbytes) // dtype.itemsize
        self.size = end
        # pieces of one length, as few as fit
        n_pieces = max(1, -(-end * dtype.itemsize // CHUNK_BYTES))
        self.chunk = max(1, _lines(-(-end // n_pieces) * dtype.itemsize) // dtype.itemsize)
        lengths = [end] * (2 + len(state_names)) + [self.chunk] * n_scratch
        self.data, self.grad, *others = zeros_in_one_block(lengths, dtype)
        self.state = dict(zip(state_names, others))
        self.scratch = others[len(state_names) :]
        self.steps = [0] * len(params)
        self.data_views = [self.view(self.data, i) for i in range(len(params))]
        self.grad_views = [self.view(self.grad, i) for i in range(len(params))]
        for p, data, grad in zip(params, self.data_views, self.grad_views, strict=True):
            data[...] = p.data
            p.data, p.grad, p._grad_buffer = data, self._moved(p.grad, grad), grad
        self._places = list(zip(params, self.data_views, self.grad_views, strict=True))

    @staticmethod
    def _moved(gradient, buffer):
        """Copy a gradient that is there already into its buffer."""
        if gradient is None:
            return None
        buffer[...] = gradient
        return buffer

    def view(self, vector, i):
        """Return the part of vector that belongs to parameter i, in the parameter's shape."""
        start, stop = self.bounds[i]
        return vector[start:stop].reshape(self.params[i].data.shape)

    def plan(self):
        """Return the stretches to update, or None where the whole vector can be updated at once.

        Raises RuntimeError or ValueError as ``claim`` and ``stretches`` do.
        """
        for p, data, grad in self._places:  # the common case: one quick look at each
            if p.grad is not grad or p.data is not data:
                break
        else:
            if self.steps.count(self.steps[0]) == len(self.steps):
                return None
        self.claim()
        return self.stretches()

    def claim(self):
        """Make sure that every parameter is still a view of this vector.

        Values that were assigned to ``p.data`` are taken over, as PyTorch does. Raises RuntimeError where another
        optimiser has taken the parameter, ValueError where its shape has changed.
        """
        for i, (p, view) in enumerate(zip(self.params, self.data_views, strict=True)):
            if p.data is view:
                continue
            if p._grad_buffer is not self.grad_views[i]:
                raise RuntimeError(
                    f"params[{i}] now belongs to another optimizer, made later over the same parameter; "
                    f"the optimizer made last is the one that may step"
                )
            if p.data.shape != view.shape:
                raise ValueError(
                    f"params[{i}] must keep the shape that the optimizer was made with; "
                    f"got {p.data.shape}, expected {view.shape}"
                )
            view[...] = p.data
            p.data = view

    def stretches(self):
        """Return the stretches to update: (start, stop, gradient, steps taken before); nothing is changed.

        Neighbours that took the same number of steps make one stretch. A parameter without a gradient is left out;
        a gradient that lies elsewhere than in ``grad`` makes a stretch of its own.
        """
        found = []
        for i, p in enumerate(self.params):
            if p.grad is None:
                continue
            start, stop, steps = *self.bounds[i], self.steps[i]
            if p.grad is not self.grad_views[i]:
                if p.grad.shape != p.data.shape:
                    raise ValueError(
                        f"the gradient of params[{i}] must have its shape; "
                        f"got {p.grad.shape}, expected {p.data.shape}"
                    )
                found.append((start, stop, np.ravel(p.grad), steps, False))
                continue
            if (
                found
                and found[-1][4]
                and found[-1][3] == steps
                and self._adjoin(found[-1][1], start)
            ):
                start = found.pop()[0]
            found.append((start, stop, self.grad[start:stop], steps, True))
        return [stretch[:4] for stretch in found]

    def _adjoin(self, stop, start):
        """Return whether only padding lies between stop and start."""
        return start - stop < _ALIGNMENT // self.data.itemsize

    def count(self):
        """Count one step for every parameter that has a gradient."""
        for i, p in enumerate(self.params):
            if p.grad is not None:
                self.steps[i] += 1
