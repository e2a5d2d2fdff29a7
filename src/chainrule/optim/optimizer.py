"""What every optimiser shares: the flat vectors, the loop over cache-sized pieces, state in and out."""

import numpy as np

from chainrule.checks import check_int
from chainrule.optim.flat import FlatVector
from chainrule.state import matched
from chainrule.tensor import Tensor

_FLUSH_EVERY = 256  # steps between two looks for subnormal numbers
SMALLEST = (
    2e-38  # least number added to a divisor: 0 / 0 gives 0, in the padding and where eps is 0
)


class Optimizer:
    """Update parameters in place from their gradients; the base of SGD, Adam and what a reader writes.

    A subclass names its hyperparameters in ``rules`` (name to a function that checks and returns a value), the arrays
    it keeps for each element in ``state_names``, and gives ``_coefficients`` and ``_update``. A hyperparameter is an
    attribute, checked whenever it is set: a schedule assigns ``optimizer.lr``. A hyperparameter in ``arrays_of`` asks
    for one more state array where it is true, and stays as it was when the optimiser was made.

    The parameters' ``.data`` become views of one vector for each dtype, and a backward pass writes their gradients
    into another; copy ``p.grad`` to keep it beyond the next backward. Loading a state dict into the model copies into
    the views. The optimiser made last over a parameter owns it: an earlier one refuses to step.

    params : iterable of Tensors that require gradients
    Raises TypeError or ValueError where params is empty, holds a tensor twice, one that requires no gradient, or one
    that was computed from others.
    """

    rules = {}
    state_names = ()
    arrays_of = {}  # hyperparameter that is True or False to the name of the state array that it needs
    choices = {}  # hyperparameter that is a string to its values; a state dict holds the position
    decaying = ()  # names of state arrays that shrink geometrically where the gradient stays zero
    n_scratch = 1

    def __init__(self, params, **hyperparameters):
        params = _checked(params)
        self._check_params(params)
        hyperparameters = {n: rule(hyperparameters[n], n) for n, rule in self.rules.items()}
        self._check_together(hyperparameters)
        for name, value in hyperparameters.items():
            setattr(self, name, value)
        self.state_names += tuple(n for flag, n in self.arrays_of.items() if hyperparameters[flag])
        by_dtype = {}
        for p in params:
            by_dtype.setdefault(p.data.dtype, []).append(p)
        self.params = params
        self._vectors = [
            FlatVector(group, self.state_names, self.n_scratch) for group in by_dtype.values()
        ]
        self._pieces = [self._cut(k, 0, v.size, v.grad) for k, v in enumerate(self._vectors)]
        self._taken = 0

    def __setattr__(self, name, value):
        rule = self.rules.get(name)
        if rule is None or "_vectors" not in self.__dict__:
            object.__setattr__(self, name, value if rule is None else rule(value, name))
            return
        value, before, scales = rule(value, name), getattr(self, name), self._scales()
        if name in self.arrays_of and value != before:
            raise ValueError(
                f"{name} must stay as the optimizer was made, {name}={before}; got {name}={value}"
            )
        object.__setattr__(self, name, value)
        for key, scale in self._scales().items():  # the state keeps what it means
            if scale != scales[key]:
                for vector in self._vectors:
                    vector.state[key] *= scales[key] / scale

    def _scales(self):
        """Return, by name, the numbers that state arrays must be multiplied with to be what PyTorch holds.

        An average a ← β a + (1 − β) x takes one multiplication less where the array holds a / (1 − β).
        """
        return {}

    def _check_params(self, params):
        """Raise ValueError where a parameter is of a kind that this optimiser does not take."""

    def _check_together(self, hyperparameters):
        """Raise ValueError where values that are right one by one do not go together."""

    def _coefficients(self, t):
        """Return the numbers that step t (1, 2, ...) needs, once for all pieces."""
        return ()

    def _update(self, p, g, state, scratch, *coefficients):
        """Change one piece p (n,) in place, given its gradient g (n,), state arrays and scratch arrays, each (n,)."""
        raise NotImplementedError

    def _penalised(self, p, g, out):
        """Return the gradient with the penalty's, g + weight_decay · p, in out."""
        np.multiply(p, self.weight_decay, out=out)
        return np.add(out, g, out=out)

    def _cut(self, k, start, stop, grad):
        """Return the pieces of a stretch of vector k: parameter, gradient, state and scratch arrays of each."""
        vector, pieces = self._vectors[k], []
        for a in range(start, stop, vector.chunk):
            b = min(a + vector.chunk, stop)
            state = tuple(array[a:b] for array in vector.state.values())
            scratch = tuple(array[: b - a] for array in vector.scratch)
            pieces.append((vector.data[a:b], grad[a - start : b - start], state, scratch))
        return pieces

    def step(self):
        """Update every parameter that has a gradient; one without is left alone, and not counted."""
        plans = [vector.plan() for vector in self._vectors]  # refuses before anything is changed
        for k, (vector, plan) in enumerate(zip(self._vectors, plans, strict=True)):
            if plan is None:
                self._run(k, self._pieces[k], vector.steps[0] + 1)
            else:
                for start, stop, grad, steps in plan:
                    self._run(k, self._cut(k, start, stop, grad), steps + 1)
            vector.count()
        self._taken += 1
        if self._taken % _FLUSH_EVERY == 0:
            self._flush()

    def _run(self, k, pieces, t):
        """Take step t on pieces of vector k."""
        dtype = self._vectors[k].data.dtype
        # arrays without axes: a ufunc takes them twice as fast as numbers
        coefficients = [np.array(c, dtype) for c in self._coefficients(t)]
        update = self._update
        # to and fro: what the last step left in the cache comes first
        for p, g, state, scratch in pieces if t % 2 else reversed(pieces):
            update(p, g, state, scratch, *coefficients)

    def _flush(self):
        """Set what decays towards zero to zero before it is subnormal: such numbers are twenty times slower."""
        for vector in self._vectors:
            limit = np.finfo(vector.data.dtype).tiny * 1e13  # 0.9 to the 256th is 2e-12
            for name in self.decaying:
                array = vector.state[name]
                array[np.abs(array) < limit] = 0

    def zero_grad(self):
        """Forget the gradients: every ``.grad`` is None until the next backward."""
        for p in self.params:
            p.grad = None

    def _each(self):
        """Yield (vector, index in it) for every parameter, in the order of params."""
        places = {id(p): (v, i) for v in self._vectors for i, p in enumerate(v.params)}
        for p in self.params:
            yield places[id(p)]

    def state_dict(self):
        """Return hyperparameters, step counts and state arrays as a flat dict of arrays, fit for ``cr.save``."""
        out = {name: np.array(self._coded(name)) for name in self.rules}
        scales = self._scales()
        for n, (vector, i) in enumerate(self._each()):
            out[f"{n}.step"] = np.array(vector.steps[i])
            for name, array in vector.state.items():
                out[f"{n}.{name}"] = vector.view(array, i) * scales.get(name, 1)
        return out

    def _coded(self, name):
        """Return the value of a hyperparameter, or its position among the choices."""
        value = getattr(self, name)
        return self.choices[name].index(value) if name in self.choices else value

    def _decoded(self, name, array):
        """Return a hyperparameter as it was before ``state_dict`` made an array of it."""
        value = array.tolist()
        if name in self.choices:
            last = len(self.choices[name]) - 1
            value = self.choices[name][check_int(value, name, minimum=0, maximum=last)]
        return tuple(value) if isinstance(value, list) else value

    def load_state_dict(self, state_dict):
        """Take over what ``state_dict`` gave; a mismatch of names or shapes raises ValueError and changes nothing."""
        arrays = matched({k: v.shape for k, v in self.state_dict().items()}, state_dict)
        new = {
            name: rule(self._decoded(name, arrays[name]), name) for name, rule in self.rules.items()
        }
        self._check_together(new)
        steps = [
            check_int(arrays[f"{n}.step"].item(), f"{n}.step", minimum=0)
            for n in range(len(self.params))
        ]
        for name, value in new.items():
            setattr(self, name, value)
        scales = self._scales()
        for n, (vector, i) in enumerate(self._each()):
            vector.steps[i] = steps[n]
            for name, array in vector.state.items():
                vector.view(array, i)[...] = arrays[f"{n}.{name}"] / scales.get(name, 1)

    def __deepcopy__(self, memo):
        raise TypeError(
            f"{type(self).__name__} cannot be copied, its parameters are views of its own memory; "
            f"make a new one over the copied model and load this one's state_dict()"
        )

    def __reduce__(self):
        raise TypeError(f"{type(self).__name__} cannot be pickled; save its state_dict() instead")

    def __repr__(self):
        named = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.rules)
        return f"{type(self).__name__}({sum(p.data.size for p in self.params)} parameters, {named})"


def _checked(params):
    """Return params as a list of distinct leaf Tensors that require gradients."""
    if isinstance(params, Tensor | str | dict) or not hasattr(params, "__iter__"):
        raise TypeError(f"params must be an iterable of Tensors; got {type(params).__name__}")
    params, seen = list(params), set()
    if not params:
        raise ValueError("params must hold at least one Tensor; got an empty iterable")
    for i, p in enumerate(params):
        if not isinstance(p, Tensor):
            raise TypeError(
                f"params must be an iterable of Tensors; got {type(p).__name__} at params[{i}]"
            )
        if not p.requires_grad:
            raise ValueError(f"params[{i}] must require a gradient; got requires_grad=False")
        if not p.is_leaf:
            raise ValueError(f"params[{i}] must be a leaf; got the result of an operation")
        if id(p) in seen:
            raise ValueError(f"params must be distinct; got params[{i}] a second time")
        seen.add(id(p))
    return params
