"""Checks of *Questions on training*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("qtrain-twice")
def qtrain_twice(answer):
    return number_is(
        answer,
        3 - 0.1 * 12,
        hints=[
            (3 - 0.1 * 6, "backward was called twice, and nobody cleared the gradient in between"),
            (3.0, "the two backward passes move nothing, but the step does"),
            (3 - 0.1 * (6 + 4.8), "the first backward pass does not move the weight"),
            (3 + 0.1 * 12, "the step goes against the gradient"),
        ],
    )


@check("qtrain-merged")
def qtrain_merged(answer):
    return number_is(
        answer,
        64 * 10 + 10,
        hints=[
            (64 * 10, "the biases merge, too, into one bias for each output"),
            (64 * 32 + 32 + 32 * 32 + 32 + 32 * 10 + 10, "that is what the three layers store"),
            (64 * 32 + 32, "one layer from the 64 inputs straight to the 10 outputs"),
        ],
    )


@check("qtrain-too-far")
def qtrain_too_far(answer):
    return number_is(
        answer,
        116 / 516,
        tolerance=1e-3,
        hints=[
            (0.2, "2/L is safe at every point; from this one a little more is allowed"),
            (
                58 / 516,
                "there the loss is lowest along the line; it is as high as before at twice that",
            ),
            (0.1, "that rate jumps to the valley's floor; the loss is lower there"),
            (1.0, "put (2 - 4r, 1 - 10r) into J and ask where it is 9 again"),
        ],
    )


@check("qtrain-which-model")
def qtrain_which_model(answer):
    if not isinstance(answer, str) or len(answer.strip()) != 2:
        return 'give two letters such as "BC": which overfits most, which should be used'
    most, use = answer.strip().upper()
    if most != "A":
        return "overfitting is seen in the gap between the two accuracies: take the differences"
    if use != "A":
        return "compare the accuracies on new data: that is where the model will be used"
    return None


@check("qtrain-adam-l2")
def qtrain_adam_l2(answer):
    w = np.array([2.0, -0.01])
    if np.shape(answer) == (2,):
        if array_is(answer, w * (1 - 0.1 * 0.001)) is None:
            return "that is SGD, or AdamW; Adam divides the gradient by its own size"
        if array_is(answer, w) is None:
            return "the data ask for nothing, but the penalty has a gradient"
        if array_is(answer, w - 0.1) is None:
            return "the second weight is negative, and so is its gradient"
    return array_is(answer, w - 0.1 * np.sign(w), tolerance=1e-3, name="the pair of weights")


@check("qtrain-honest-choice")
def qtrain_honest_choice(answer):
    def best_ten(x, y):
        return set(np.argsort(-np.abs((x - x.mean(0)).T @ (y - y.mean())))[:10].tolist())

    rng = np.random.default_rng(11)
    for part in (np.arange(5), np.array([3, 17, 29, 8])):
        x, y = rng.normal(size=(30, 100)), rng.permutation(np.arange(30) % 2)
        got = np.asarray(call(answer, x.copy(), y.copy(), part.copy())).ravel()
        if len(set(got.tolist())) != 10:
            return f"return the numbers of ten features; got {len(set(got.tolist()))} of them"
        if set(got.tolist()) == best_ten(np.delete(x, part, axis=0), np.delete(y, part)):
            continue
        if set(got.tolist()) == best_ten(x, y):
            return "that choice has seen the labels of the test fold: leave its rows out"
        if set(got.tolist()) == best_ten(x[part], y[part]):
            return "that choice has seen nothing but the test fold: use the other rows"
        return "take the ten largest absolute scores over the rows outside the fold"
    return None


@check("qtrain-short-batch")
def qtrain_short_batch(answer):
    return number_is(
        answer,
        16 / 5,
        hints=[
            (4.0, "the three batches are not equally large: every example counts once"),
            (16.0, "the loss is a mean over the examples: divide by their number"),
            (12 / 5, "a batch's gradient is a mean: weigh it with the size of the batch"),
        ],
    )


@check("qtrain-adam-constant")
def qtrain_adam_constant(answer):
    return number_is(
        answer,
        0.9,
        hints=[
            (0.5, "that is SGD: Adam divides by the root of the mean square, here 5"),
            (0.99, "that is the first step; nine more follow"),
            (1.1, "the step goes against the gradient"),
            (0.98, "25 has the root 5"),
        ],
    )


@check("qtrain-dropout-values")
def qtrain_dropout_values(answer):
    right = [0.0, 4 / 0.75, 4.0]
    if np.shape(answer) == (3,):
        for wrong, hint in [
            (
                [0, 4, 3],
                "that was the first version of dropout; here training scales, not evaluation",
            ),
            ([0, 4, 4], "what is kept is divided by 1 - p, or the mean would sink"),
            ([0, 16, 4], "divide by 1 - p, the share that is kept, not by p"),
            ([0, 4 / 0.75, 3], "the scaling is done in training: in evaluation nothing happens"),
        ]:
            if array_is(answer, wrong) is None:
                return hint
    return array_is(answer, right, tolerance=2e-3, name="the list")


@check("qtrain-bn-early")
def qtrain_bn_early(answer):
    return number_is(
        answer,
        4 * (1 - 0.9**3),
        hints=[
            (4.0, "the average has had three steps only, each a tenth of what is missing"),
            (1.2, "the second step goes a tenth of what is still missing, not of 4"),
            (
                4 * (1 - 0.1**3),
                "the batch counts a tenth here; that is Keras's 0.9 read as PyTorch's",
            ),
            (4 * 0.9**3, "that is what is still missing"),
        ],
    )
