from exercises.case import Case


def keras_rows(weight, C, H, W):
    return weight.reshape(-1, C, H, W).transpose(2, 3, 1, 0).reshape(H * W * C, -1)


def on_a_circle(table):
    def reach(module):
        seen, waiting = set(), list(table[module])
        while waiting:
            target = waiting.pop()
            if target not in seen:
                seen.add(target)
                waiting += table.get(target, ())
        return seen

    return {module for module in table if module in reach(module)}


CASES = {
    "tools-count-traces": Case(right=4, wrong=[6, 3, 2, 5, "4", 1]),
    "tools-translate-momentum": Case(
        right=[0.1, 44], wrong=[[0.9, 44], [0.1, 43], [0.1, 459], [0.1, 2], [0.1, 43.7], [0.01, 44], 0.1]
    ),
    "tools-flatten": Case(
        right=keras_rows,
        wrong=[
            lambda weight, C, H, W: weight.T,
            lambda weight, C, H, W: weight,
            lambda weight, C, H, W: weight.reshape(-1, H, W, C).transpose(3, 1, 2, 0).reshape(H * W * C, -1),
            lambda weight, C, H, W: weight.reshape(-1, C, H, W).transpose(3, 2, 1, 0).reshape(H * W * C, -1),
            lambda weight, C, H, W: weight.reshape(-1, C, H, W).transpose(0, 2, 3, 1).reshape(-1, H * W * C),
        ],
    ),
    "tools-circle": Case(
        right=on_a_circle,
        wrong=[
            lambda table: set(),
            lambda table: set(table),
            lambda table: {m for m, targets in table.items() if m in targets},
            lambda table: {m for m, targets in table.items() if any(m in table.get(t, ()) for t in targets)},
            lambda table: {m for m, targets in table.items() if any(m in table[t] for t in targets)},
            lambda table: len(table),
        ],
    ),
}
