"""Every public function refuses what it cannot use, names it, and changes nothing."""

import numpy as np
import pytest

from chainrule import data

RNG = np.random.default_rng(0)
ONES, NAN = np.ones((4, 2)), np.array([[1.0], [np.nan]])
BAD = [
    (data.batches, (ONES, np.ones(3), 2), {}, ValueError, "x and y"),
    (data.batches, (np.ones((0, 2)), np.ones(0), 2), {}, ValueError, "x must hold"),
    (data.batches, (np.float64(1), np.ones(1), 1), {}, ValueError, "x must have"),
    (data.batches, (ONES, np.int64(1), 1), {}, ValueError, "y must have"),
    (data.batches, (ONES, ONES, 0), {}, ValueError, "batch_size"),
    (data.batches, (ONES, ONES, -1), {}, ValueError, "batch_size"),
    (data.batches, (ONES, ONES, 2.0), {}, TypeError, "batch_size"),
    (data.batches, (ONES, ONES, True), {}, TypeError, "batch_size"),
    (data.batches, (ONES, ONES, 2, 0), {}, TypeError, "rng"),
    (data.batches, (ONES, ONES, 2, RNG, 1), {}, TypeError, "drop_last"),
    (data.batches, (ONES, ONES, 5, RNG, True), {}, ValueError, "batch_size"),
    (data.standardize, (np.ones((4, 2), int),), {}, TypeError, "train"),
    (data.standardize, (np.ones((0, 2)),), {}, ValueError, "train must hold"),
    (data.standardize, (np.float64(1.0),), {}, ValueError, "train"),
    (data.standardize, (ONES, np.ones((4, 3))), {}, ValueError, r"others\[0\]"),
    (data.standardize, (ONES, ONES, np.ones(2)), {}, ValueError, r"others\[1\]"),
    (data.standardize, (NAN,), {}, ValueError, "train must be finite"),
    (data.standardize, (np.ones((2, 1)), NAN), {}, ValueError, r"others\[0\] must be finite"),
    (data.one_hot, ([0.0, 1.0],), {}, TypeError, "labels"),
    (data.one_hot, ([[0, 1]],), {}, ValueError, "labels"),
    (data.one_hot, ([0, -1],), {}, ValueError, "labels|n_classes"),
    (data.one_hot, ([0, 3], 3), {}, ValueError, "labels"),
    (data.one_hot, ([0, -1], 3), {}, ValueError, "labels"),
    (data.one_hot, (np.array([], int),), {}, ValueError, "labels"),
    (data.one_hot, ([0], 0), {}, ValueError, "n_classes"),
    (data.one_hot, ([0], 2.0), {}, TypeError, "n_classes"),
    (data.one_hot, ([0], 2, np.int64), {}, TypeError, "dtype"),
    (data.one_hot, ([0], 2, None), {}, TypeError, "dtype"),
    (data.digits, ((1797, 1),), {}, ValueError, "split"),
    (data.digits, ((0, 9),), {}, ValueError, "n_train"),
    (data.digits, ((9, 0),), {}, ValueError, "n_test"),
    (data.digits, ((9, 9.0),), {}, TypeError, "n_test"),
    (data.digits, ((9,),), {}, ValueError, "split"),
    (data.digits, (0.0,), {}, ValueError, "split"),
    (data.digits, (1.0,), {}, ValueError, "split"),
    (data.digits, (1e-9,), {}, ValueError, "split"),
    (data.digits, (float("nan"),), {}, ValueError, "split"),
    (data.digits, ("half",), {}, TypeError, "split"),
    (data.digits, (), {"rng": 0}, TypeError, "rng"),
    (data.digits, (), {"rng": np.random.RandomState(0)}, TypeError, "rng"),
    (data.digits, (), {"dtype": np.float16}, TypeError, "dtype"),
    (data.digits, (), {"dtype": "pixels"}, TypeError, "dtype"),
    (data.digits, (), {"flatten": 1}, TypeError, "flatten"),
    (data.digits, (), {"scale": "yes"}, TypeError, "scale"),
    (data.mnist, ("yes",), {}, TypeError, "full"),
    (data.mnist, (), {"dtype": np.uint8}, TypeError, "dtype"),
    (data.mnist, (), {"flatten": None}, TypeError, "flatten"),
    (data.fashion_mnist, (), {"scale": 255}, TypeError, "scale"),
    *((data.load_persuasion, (chapters,), {}, ValueError, "chapters")
      for chapters in (0, 25, -1, [], [1, 30])),
    *((data.load_persuasion, (chapters,), {}, TypeError, "chapters")
      for chapters in (1.0, "1", True, [1.5], [None])),
    (data.load_persuasion, (), {"unwrap": "lines"}, TypeError, "unwrap"),
    (data.xor, (3,), {}, ValueError, "n_samples"),
    (data.xor, (8,), {"noise": 0.1}, TypeError, "rng"),
    (data.xor, (8,), {"noise": -0.1, "rng": RNG}, ValueError, "noise"),
    (data.moons, (1,), {"rng": RNG}, ValueError, "n_samples"),
    (data.moons, (9.0,), {"rng": RNG}, TypeError, "n_samples"),
    (data.moons, (9,), {"rng": 5}, TypeError, "rng"),
    (data.moons, (9,), {"rng": RNG, "noise": float("inf")}, ValueError, "noise"),
    (data.moons, (9,), {"rng": RNG, "noise": "much"}, TypeError, "noise"),
    (data.spirals, (2,), {"rng": RNG, "n_classes": 3}, ValueError, "n_samples"),
    (data.spirals, (9,), {"rng": RNG, "n_classes": 1}, ValueError, "n_classes"),
    (data.spirals, (9,), {"rng": RNG, "turns": -1}, ValueError, "turns"),
    (data.spirals, (9,), {"rng": None}, TypeError, "rng"),
    (data.blobs, (9,), {"rng": RNG, "n_classes": 2.5}, TypeError, "n_classes"),
    (data.blobs, (9,), {"rng": RNG, "noise": float("nan")}, ValueError, "noise"),
    (data.blobs, (9,), {"rng": "seed"}, TypeError, "rng"),
]


@pytest.mark.parametrize("function, arguments, options, error, words", BAD)
def test_bad_input_is_refused_by_name(function, arguments, options, error, words):
    state = RNG.bit_generator.state
    copies = [np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments]
    with pytest.raises(error, match=words) as caught:
        function(*arguments, **options)
    assert "got" in str(caught.value)
    assert RNG.bit_generator.state == state
    for before, after in zip(copies, arguments):
        np.testing.assert_array_equal(before, after)
