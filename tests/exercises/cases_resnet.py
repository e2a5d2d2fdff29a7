import numpy as np
from exercises.case import Case


def backward(x, W1, W2, delta):
    blame = (delta @ W2.T) * (x @ W1 > 0)
    return delta + blame @ W1.T, x.T @ blame, np.maximum(x @ W1, 0).T @ delta


def without_skip(x, W1, W2, delta):
    dx, dW1, dW2 = backward(x, W1, W2, delta)
    return dx - delta, dW1, dW2


def without_gate(x, W1, W2, delta):
    blame = delta @ W2.T
    return delta + blame @ W1.T, x.T @ blame, np.maximum(x @ W1, 0).T @ delta


def without_relu(x, W1, W2, delta):
    dx, dW1, _ = backward(x, W1, W2, delta)
    return dx, dW1, (x @ W1).T @ delta


def scores(reduce=np.max, relu=True, shift=0, short=0.0):
    def answer(x, W, b):
        k = W.shape[1]
        found = [(W * x[t : t + k]).sum((1, 2)) + b for t in range(len(x) - k + 1 - shift)]
        if not found:
            return np.full(len(b), short)
        best = reduce(found, axis=0)
        return np.maximum(best, 0) if relu else best

    return answer


CASES = {
    "resnet-count-paths": Case(right=120, wrong=[1024, 720, 1000, 8, 30, "120"]),
    "resnet-forget": Case(right=44, wrong=[43, 45, 10, 459, 2]),
    "resnet-stage": Case(
        right=1_116_416, wrong=[525_568, 1_181_696, 1_107_968, 1_116_160, 1_114_112]
    ),
    "resnet-backward": Case(
        right=backward,
        wrong=[
            without_skip,
            without_gate,
            without_relu,
            lambda x, W1, W2, delta: delta,
            lambda x, W1, W2, delta: backward(x, W1, W2, delta)[::-1],
        ],
    ),
    "resnet-phrases": Case(
        right=scores(),
        wrong=[
            scores(reduce=np.mean),
            scores(relu=False),
            scores(shift=1),
            scores(reduce=np.sum),
            scores(short=1.0),
            lambda x, W, b: scores()(x, W[:, ::-1], b),
        ],
    ),
}
