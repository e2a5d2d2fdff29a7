"""What trains the network of *draw a digit*: the same file again from the same seed, weights that survive packing."""

import numpy as np
import pytest

from chainrule import data
from chainrule.data import Split
from chainrule.explore import draw_a_digit_model as trainer
from chainrule.explore.bundle import source_of
from chainrule.explore.digit_network import new_network, packed, trained, unpacked


@pytest.fixture(scope="module")
def few():
    """A thousand digits to train on, as the script takes them, and all to test."""
    mnist = data.mnist(flatten=False, scale=False)
    return (mnist.x_train[:1000, None] / 255).astype(np.float32), mnist.y_train[:1000], mnist


def test_the_same_seed_writes_the_same_file_and_it_learns(few):
    x, y, mnist = few
    part = Split(mnist.x_train, mnist.y_train, mnist.x_test[:500], mnist.y_test[:500])
    first, second = (trainer.text_of(packed(trainer.train_network(x, y, epochs=2)), part) for _ in range(2))
    assert first == second
    assert float(first.split('"accuracy": ')[1].split(",")[0]) > 0.75


def test_the_shipped_file_is_one_that_it_writes():
    text = source_of("digit_weights")
    assert text.startswith(trainer.HEAD + trainer.BEFORE + '{"accuracy": ') and text.endswith("]};\n")
    assert text == trainer.text_of(trained()["layers"], data.mnist(flatten=False, scale=False))


def test_packing_moves_a_weight_by_half_a_step_at_most():
    state = {name: np.array(array) for name, array in new_network(np.random.default_rng(3)).state_dict().items()}
    parts = packed(state)
    back = unpacked(parts)
    assert {name: array.shape for name, array in back.items()} == {n: a.shape for n, a in state.items()}
    for name, array in state.items():
        if name.endswith("bias"):
            np.testing.assert_allclose(back[name], array, atol=5e-5)
            continue
        outputs = array.T if name == "7.weight" else array.reshape(len(array), -1)
        again = back[name].T if name == "7.weight" else back[name].reshape(len(array), -1)
        steps = np.abs(outputs).max(1, keepdims=True) / 127
        assert np.all(np.abs(again - outputs) <= 0.5001 * steps)
    assert packed(back) == parts


def test_a_moved_digit_is_the_digit_moved(few):
    x = few[0][:50]
    moved = trainer.moved(x, np.random.default_rng(0))
    shifts = set()
    for before, after in zip(x[:, 0], moved[:, 0]):
        wide = np.pad(before, 2)
        found = [(i, j) for i in range(5) for j in range(5) if np.array_equal(wide[i : i + 28, j : j + 28], after)]
        assert len(found) == 1
        shifts.update(found)
    assert len(shifts) > 12


def test_the_digits_chosen_are_right_ones_of_each_class_and_sure_mistakes():
    rng = np.random.default_rng(2)
    y = np.tile(np.arange(10), 30)
    said = rng.dirichlet(np.ones(10), 300) / 2
    said[np.arange(300), np.where(rng.random(300) < 0.7, y, (y + 1) % 10)] += 0.5
    chosen = trainer.chosen_digits(said, y)
    assert y[chosen[:10]].tolist() == list(range(10)) == said[chosen[:10]].argmax(1).tolist()
    wrong = said.argmax(1) != y
    assert all(wrong[chosen[10:]]) and sorted(said[wrong].max(1))[-3:] == sorted(said[chosen[10:]].max(1))
