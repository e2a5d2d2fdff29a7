"""Module and Parameter: a tree of layers that knows its parameters by name."""

from chainrule.checks import check_bool
from chainrule.state import matched
from chainrule.tensor import Tensor


class Parameter(Tensor):
    """A tensor that a Module owns and an optimiser changes; it requires a gradient unless told otherwise.

    data : array, or a list or number, of any shape; integers become float64
    """

    __slots__ = ()

    def __init__(self, data, requires_grad=True):
        check_bool(requires_grad, "requires_grad")
        super().__init__(data, requires_grad=True)  # so the array is its own and holds floats
        self.requires_grad = requires_grad

    def __deepcopy__(self, memo):
        """Copy values and gradient; the copy belongs to no optimiser."""
        twin = type(self)(self.data, self.requires_grad)
        twin.grad = None if self.grad is None else self.grad.copy()
        memo[id(self)] = twin
        return twin


class Module:
    """A part of a network: give ``forward``, and assign parameters and other modules to attributes.

    Parameters, buffers and modules are found in the attributes, in the order of assignment, and in lists and tuples
    among the attributes, where they are named by position: ``layers.0.weight``. A subclass need not call
    ``super().__init__()``.
    """

    training = True

    def forward(self, *inputs):
        """Return the output for the inputs; every subclass gives its own."""
        raise NotImplementedError(f"{type(self).__name__} must define forward")

    def __call__(self, *inputs, **options):
        return self.forward(*inputs, **options)

    def register_buffer(self, name, array):
        """Keep an array that is saved with the parameters and that no optimiser touches."""
        if not isinstance(name, str) or not name.isidentifier():
            raise TypeError(f"name must be a string that can name an attribute; got {name!r}")
        array = Tensor(array).data.copy()
        self.__dict__.setdefault("_buffer_names", {})[name] = None
        setattr(self, name, array)

    def _parts(self, kind):
        """Yield (name, part) for the attributes of a kind, and for those in lists and tuples."""
        for name, value in vars(self).items():
            if isinstance(value, kind):
                yield name, value
            elif isinstance(value, list | tuple):
                for i, item in enumerate(value):
                    if isinstance(item, kind):
                        yield f"{name}.{i}", item

    def named_modules(self, prefix=""):
        """Yield (name, module) of this module, named by prefix, and of all below, depth first."""
        yield prefix, self
        for name, module in self.named_children():
            yield from module.named_modules(f"{prefix}.{name}" if prefix else name)

    def named_children(self):
        """Yield (name, module) of the modules right below."""
        yield from self._parts(Module)

    def modules(self):
        """Yield this module and all below."""
        for _, module in self.named_modules():
            yield module

    def named_parameters(self):
        """Yield (name, Parameter) once for each parameter, under the first name of one that is shared."""
        seen = set()
        for name, parameter in self._named("Parameter"):
            if id(parameter) not in seen:
                seen.add(id(parameter))
                yield name, parameter

    def parameters(self):
        """Yield each parameter once."""
        for _, parameter in self.named_parameters():
            yield parameter

    def named_buffers(self):
        """Yield (name, array) of the arrays kept by ``register_buffer``."""
        yield from self._named("buffer")

    def _named(self, kind):
        for prefix, module in self.named_modules():
            if kind == "Parameter":
                parts = module._parts(Parameter)
            else:
                parts = ((n, getattr(module, n)) for n in vars(module).get("_buffer_names", ()))
            for name, part in parts:
                yield f"{prefix}.{name}" if prefix else name, part

    def n_parameters(self):
        """Return the number of trainable numbers, each shared one once."""
        return sum(p.data.size for p in self.parameters() if p.requires_grad)

    def state_dict(self):
        """Return a dict of name to array, copies, of all parameters and buffers."""
        arrays = {name: p.data.copy() for name, p in self._named("Parameter")}
        return arrays | {name: array.copy() for name, array in self.named_buffers()}

    def load_state_dict(self, state_dict, strict=True):
        """Copy values into parameters and buffers; nothing is changed unless everything fits.

        state_dict : dict of name to array, or Tensor
        strict : bool; if false, names that are missing or unknown are passed over
        Raises ValueError that names what is missing, unknown, or of another shape, and TypeError for a value that is
        no array of numbers.
        """
        own = {name: p.data for name, p in self._named("Parameter")} | dict(self.named_buffers())
        check_bool(strict, "strict")
        arrays = matched({n: a.shape for n, a in own.items()}, state_dict, strict)
        for name, array in arrays.items():
            own[name][...] = array

    def train(self, mode=True):
        """Set this module and all below to training (mode=False: to evaluation); return self."""
        check_bool(mode, "mode")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self):
        """Set this module and all below to evaluation; return self."""
        return self.train(False)

    def zero_grad(self):
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def describe(self):
        """Return what stands between the parentheses of repr; subclasses name their sizes here."""
        return ""

    def __repr__(self):
        lines = [f"{type(self).__name__}({self.describe()})"]
        for name, child in self.named_children():
            first, *rest = repr(child).split("\n")
            lines += [f"  ({name}): {first}", *("  " + line for line in rest)]
        own = sum(p.data.size for _, p in self._parts(Parameter))
        if len(lines) > 1 or own:
            lines[0] += f"  # {_count(self.n_parameters())}"
        return "\n".join(lines)


def _count(n):
    return f"{n:,} parameter".replace(",", " ") + ("" if n == 1 else "s")
