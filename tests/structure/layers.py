"""Who may import whom in src/chainrule, read from the syntax tree in every spelling."""

import ast
import re

# Lower may not import higher; the modules of one line do not import each other, unless they stand in one group.
LEVELS = [
    ["checks", "indexing", "progress", "history"],  # leaves: how arguments are checked, how a bar is drawn
    ["state", "ops"],
    ["tensor"],
    ["nn", "optim", "data", "text", "vision", "serialize"],
    ["models", "train"],
    ["exercises"],
    ["proof", "plotting", "explore"],
]
# Files that make one unit between them.
UNITS = {
    "autograd": "tensor",
    "tensor_core": "tensor",
    "tensor_functions": "tensor",
    "tensor_methods": "tensor",
}
RANK = {unit: rank for rank, units in enumerate(LEVELS) for unit in units}
PACKAGE = "chainrule"
NAMED = re.compile(rf"{PACKAGE}(\.\w+)+")
# Imported inside functions only, so that `import chainrule` stays quick and Colab's stack is enough.
HEAVY = {"matplotlib", "torch", "tensorflow", "keras", "sklearn", "pooch", "anywidget", "IPython", "scipy", "tqdm"}
OUTSIDE = {"chapters", "tests", "tools", "benchmarks", "book"}


def unit_of(module):
    """Return the unit that a dotted module name belongs to, or None for the package's own face."""
    parts = module.split(".")
    return UNITS.get(parts[1], parts[1]) if len(parts) > 1 else None


def absolute(node, module, is_package):
    """Return the absolute name of the module that `from ... import` names."""
    if not node.level:
        return node.module or ""
    base = module.split(".")
    base = base[: len(base) - node.level + is_package]
    return ".".join([*base, *([node.module] if node.module else [])])


def aliases(tree):
    """Return the names under which the package itself stands in a module: `import chainrule as cr`."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                if name.name == PACKAGE or (name.name.startswith(PACKAGE + ".") and not name.asname):
                    found.add(name.asname or PACKAGE)
    return found


def imported(tree, module, is_package=False):
    """Yield (line, absolute module name) for every import of a module, in every spelling."""
    package_names = aliases(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = absolute(node, module, is_package)
            yield node.lineno, base
            yield from ((node.lineno, f"{base}.{name.name}") for name in node.names if base == PACKAGE)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in package_names:
                yield node.lineno, f"{PACKAGE}.{node.attr}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if NAMED.fullmatch(node.value):
                yield node.lineno, node.value


def dynamic_imports(tree):
    """Yield lines of imports whose name is computed, unless it begins with the module's own."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called not in {"import_module", "__import__"} or not node.args:
            continue
        first = node.args[0]
        own = isinstance(first, ast.JoinedStr) and ast.unparse(first).startswith(("f'{__name__}.", 'f"{__name__}.'))
        if not isinstance(first, ast.Constant) and not own:
            yield node.lineno


def at_import_time(tree):
    """Yield (line, top-level package) of imports that run when the module is imported."""
    waiting = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name.split(".")[0]) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.lineno, (node.module or "").split(".")[0]
        waiting.extend(ast.iter_child_nodes(node))


def faults(source, module, is_package=False):
    """Return sentences on what the module may not import."""
    tree, unit, found = ast.parse(source), unit_of(module), []
    for line, name in imported(tree, module, is_package):
        top = name.split(".")[0]
        if top in OUTSIDE:
            found.append(f"{module}:{line} imports {name}, which is no part of the package")
        target = unit_of(name) if top == PACKAGE else None
        if target not in RANK or unit is None or target == unit:
            continue
        if RANK[target] >= RANK[unit]:
            found.append(f"{module}:{line} imports {name}, which stands no lower than {unit}")
    if unit is not None:
        found += [f"{module}:{line} computes the name of what it imports" for line in dynamic_imports(tree)]
        if unit not in RANK:
            found.append(f"{module} has no level: give {unit} one in tests/structure/layers.py")
    found += [
        f"{module}:{line} imports {name} at import time" for line, name in at_import_time(tree) if name in HEAVY
    ]
    return sorted(set(found))
