"""Convolution and pooling: laws, layouts, layers, and 500 random settings against PyTorch."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nn.frameworks import assert_alike, ours, tensorflows, torchs
from numpy.testing import assert_allclose, assert_array_equal

import chainrule.nn.functional as F
from chainrule import Tensor, nn
from chainrule.autograd import graph
from chainrule.ops import columns, memory, pooling

SEEDS = st.integers(0, 2**32 - 1)


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def integers(rng, low, high, n=2):
    return tuple(int(i) for i in rng.integers(low, high, n))


def a_setting(rng):
    """Draw the shapes and options of a convolution; some do not fit."""
    groups = int(rng.integers(1, 4))
    n_in, n_out = (groups * int(rng.integers(1, 4)) for _ in range(2))
    options = {
        "stride": integers(rng, 1, 4), "padding": integers(rng, 0, 3),
        "dilation": integers(rng, 1, 4), "groups": groups,
    }  # fmt: skip
    return (int(rng.integers(1, 4)), n_in, *integers(rng, 1, 12)), n_out, integers(rng, 1, 5), options


def compare(mine, theirs, arrays, **options):
    """Return whether the arrays fit; if so, values, shapes and gradients must agree."""
    try:
        expected = torchs(lambda *a: theirs(*a, **options), *arrays)
    except RuntimeError:
        with pytest.raises(ValueError, match="must"):
            mine(*arrays, **options)
        return False
    found = ours(lambda *a: mine(*a, **options), *arrays)
    assert found[0].shape == expected[0].shape
    assert_alike(found, expected, 1e-10)
    return True


@pytest.mark.frameworks
@pytest.mark.parametrize("name", ["conv2d", "conv_transpose2d", "max_pool2d", "avg_pool2d"])
def test_500_random_settings_agree_with_pytorch(name):
    torch = pytest.importorskip("torch")
    rng, n_fitting = np.random.default_rng(4), 0
    while n_fitting < 500:
        shape, n_out, kernel, options = a_setting(rng)
        arrays, groups = [rng.normal(size=shape)], options["groups"]
        if name == "conv2d":
            arrays += [rng.normal(size=(n_out, shape[1] // groups, *kernel)), rng.normal(size=n_out)]
        elif name == "conv_transpose2d":
            arrays += [rng.normal(size=(shape[1], n_out // groups, *kernel)), rng.normal(size=n_out)]
            options["output_padding"] = integers(rng, 0, 3)
        else:
            arrays = [np.round(arrays[0])]  # with ties
            padding = tuple(min(p, k // 2) for p, k in zip(options["padding"], kernel))
            options = {"kernel_size": kernel, "stride": options["stride"], "padding": padding}
        theirs = getattr(torch.nn.functional, name)
        n_fitting += compare(getattr(F, name), theirs, arrays, **options)


@pytest.mark.frameworks
@pytest.mark.parametrize("length, k, stride", [(28, 3, 2), (7, 2, 1), (9, 5, 3), (10, 4, 2)])
def test_same_padding_of_tensorflow_as_pairs(length, k, stride):
    tf = pytest.importorskip("tensorflow")
    x, w = draw(2, 3, length, length), draw(4, 3, k, k, seed=1)
    total = max((-(-length // stride) - 1) * stride + k - length, 0)
    pair = (total // 2, total - total // 2)

    def theirs(x, w):
        x, w = tf.transpose(x, (0, 2, 3, 1)), tf.transpose(w, (2, 3, 1, 0))
        return tf.transpose(tf.nn.conv2d(x, w, stride, "SAME"), (0, 3, 1, 2))

    found = ours(lambda x, w: F.conv2d(x, w, stride=stride, padding=(pair, pair)), x, w)
    assert_alike(found, tensorflows(theirs, x, w))
    if stride == 1:
        assert_alike(found, ours(lambda x, w: F.conv2d(x, w, padding="same"), x, w))


@pytest.mark.frameworks
def test_a_network_with_copied_weights_agrees_with_pytorch_and_keras():
    torch, keras = pytest.importorskip("torch"), pytest.importorskip("keras")
    rng, x = np.random.default_rng(0), draw(5, 2, 12, 12)
    options = {"rng": rng, "dtype": np.float64}
    model = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, **options), nn.BatchNorm2d(4, dtype=np.float64), nn.ReLU(),
        nn.MaxPool2d(2), nn.Conv2d(4, 6, 3, **options), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(24, 3, **options),
    )  # fmt: skip
    t, k, state = torch.nn, keras.layers, model.state_dict()
    mine = ours(model, x)
    twin = t.Sequential(
        t.Conv2d(2, 4, 3, padding=1), t.BatchNorm2d(4), t.ReLU(), t.MaxPool2d(2), t.Conv2d(4, 6, 3),
        t.Tanh(), t.AvgPool2d(2), t.Flatten(), t.Linear(24, 3),
    ).double()  # fmt: skip
    copied = {n: torch.tensor(v.T if v.ndim == 2 else v) for n, v in state.items()}
    fresh = {"1.running_mean": torch.zeros(4), "1.running_var": torch.ones(4)}
    twin.load_state_dict(copied | fresh | {"1.num_batches_tracked": torch.tensor(0)})
    assert_alike(mine, torchs(twin, x))
    for name in ("running_mean", "running_var"):
        assert_allclose(getattr(model[1], name), getattr(twin[1], name).numpy(), rtol=1e-10)
    assert_alike(ours(model.eval(), x), torchs(twin.eval(), x))

    wide = {"dtype": "float64"}
    other = keras.Sequential([
        k.Conv2D(4, 3, padding="same", **wide),
        k.BatchNormalization(momentum=0.9, epsilon=1e-5, **wide), k.ReLU(**wide),
        k.MaxPooling2D(2, **wide), k.Conv2D(6, 3, activation="tanh", **wide),
        k.AveragePooling2D(2, **wide), k.Flatten(**wide), k.Dense(3, **wide),
    ])  # fmt: skip
    other.build((None, 12, 12, 2))
    order = ("0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var",
             "4.weight", "4.bias", "8.weight", "8.bias")  # fmt: skip
    values = [state[n] for n in order]
    values = [v.transpose(2, 3, 1, 0) if v.ndim == 4 else v for v in values]
    values[-2] = values[-2].reshape(6, 2, 2, 3).transpose(1, 2, 0, 3).reshape(24, 3)  # rows by pixel
    other.set_weights(values)

    def keras_on_channels_first(x):
        import tensorflow as tf

        return other(tf.transpose(x, (0, 2, 3, 1)), training=True)

    assert_alike(mine, tensorflows(keras_on_channels_first, x))


@given(seed=SEEDS)
def test_transposed_convolution_is_the_adjoint(seed):
    rng = np.random.default_rng(seed)
    shape, n_out, kernel, options = a_setting(rng)
    x, w = rng.normal(size=shape), rng.normal(size=(n_out, shape[1] // options["groups"], *kernel))
    try:
        y = F.conv2d(x, w, **options)
    except ValueError:
        return
    g = rng.normal(size=y.shape)
    extra = tuple(  # what the stride leaves over
        (n + 2 * p - d * (k - 1) - 1) % s
        for n, p, d, k, s in zip(
            shape[2:], options["padding"], options["dilation"], kernel, options["stride"]
        )
    )
    back = F.conv_transpose2d(g, w, **options, output_padding=extra)
    assert_allclose((y.data * g).sum(), (x * back.data).sum(), rtol=1e-9, atol=1e-9)


@given(seed=SEEDS, n_axes=st.integers(1, 2))
def test_convolution_is_its_definition(seed, n_axes):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, 3, *rng.integers(4, 8, n_axes)))
    w, b = rng.normal(size=(4, 3, *rng.integers(1, 4, n_axes))), rng.normal(size=4)
    out = (F.conv1d, F.conv2d)[n_axes - 1](x, w, b).data
    for at in np.ndindex(out.shape[2:]):
        window = x[(..., *(slice(i, i + k) for i, k in zip(at, w.shape[2:])))]
        axes = [range(1, n_axes + 2)] * 2
        assert_allclose(out[(..., *at)], np.tensordot(window, w, axes) + b, atol=1e-12)


@pytest.mark.parametrize("name", ["conv2d", "conv_transpose2d", "max_pool2d", "avg_pool2d"])
def test_layout_does_not_matter(name):
    x, w = draw(3, 2, 6, 5), draw(2, 2, 3, 2, seed=1)
    wide = np.zeros((6, 2, 12, 7))
    wide[::2, :, ::2, 1:6] = x
    layouts = (
        x, wide[::2, :, ::2, 1:6], np.asfortranarray(x),
        x.transpose(2, 3, 1, 0).copy().transpose(3, 2, 0, 1),
        x[:, :, ::-1].copy()[:, :, ::-1],
    )  # fmt: skip
    g = draw(*run(name, x, w).shape)
    expected = None
    for layout in layouts:
        t = Tensor(layout)
        t.requires_grad = True  # without the copy that the constructor makes
        out = run(name, t, w)
        out.backward(np.asfortranarray(g) if layout is layouts[1] else g)
        expected = (out.data, t.grad) if expected is None else expected
        assert_allclose(out.data, expected[0], atol=1e-13)
        assert_allclose(t.grad, expected[1], atol=1e-13)


def run(name, x, w):
    function = getattr(F, name)
    return function(x, w, padding=1) if "conv" in name else function(x, 2, padding=1)


@pytest.mark.parametrize("piece_bytes", [columns.PIECE_BYTES, 3000])
@given(seed=SEEDS)
def test_convolution_with_relu_and_pool_is_the_three_in_a_row(piece_bytes, seed):
    rng = np.random.default_rng(seed)
    _, n_out, kernel, options = a_setting(rng)
    del options["stride"]
    n_in = options["groups"] * int(rng.integers(1, 3))
    x = rng.normal(size=(int(rng.integers(1, 7)), n_in, *rng.integers(11, 14, 2)))
    w, b = rng.normal(size=(n_out, n_in // options["groups"], *kernel)), rng.normal(size=n_out)

    def apart(x, w, b):
        return F.max_pool2d(F.relu(F.conv2d(x, w, b, **options)), 2)

    with mock.patch.object(columns, "PIECE_BYTES", piece_bytes):
        fused = ours(lambda *a: F.conv2d_relu_max_pool(*a, **options), x, w, b)
        assert_alike(fused, ours(apart, x, w, b), 1e-9)


def test_sequential_takes_three_layers_as_one_op_only_where_they_are_that_op():
    rng, x = np.random.default_rng(0), draw(2, 2, 9, 9).astype("f")
    for stride, pool, name in (
        (1, nn.MaxPool2d(2), "convolution_relu_max_pool"), (2, nn.MaxPool2d(2), "max_pool"),
        (1, nn.MaxPool2d(2, 1), "max_pool"), (1, nn.MaxPool2d(2, padding=1), "max_pool"),
        (1, nn.MaxPool2d(3), "max_pool"), (1, nn.AvgPool2d(2), "average_pool"),
    ):  # fmt: skip
        layers = [nn.Conv2d(2, 3, 3, stride, padding="valid", rng=rng), nn.ReLU(), pool]
        out = nn.Sequential(*layers)(x)
        assert graph(out).ops[-1] == name
        one, two, three = layers
        assert_allclose(out.data, three(two(one(x))).data, atol=1e-5)


@pytest.mark.parametrize("shape", [(7, 3, 8, 6), (5, 2, 7, 9), (1, 1, 2, 2), (3, 2, 2, 5)])
@pytest.mark.parametrize("piece_bytes", [1 << 18, 300])
def test_pooling_by_halves_is_pooling_by_windows(shape, piece_bytes):
    x = np.random.default_rng(0).integers(-1, 2, shape).astype(float)  # with ties
    g = draw(*shape[:2], shape[2] // 2, shape[3] // 2)
    with mock.patch.object(pooling, "_PIECE_BYTES", piece_bytes):
        t, wide = Tensor(x, requires_grad=True), Tensor(x, requires_grad=True)
        F.max_pool2d(t, 2).backward(g)
    # the same windows, but the padding keeps them from the quick way
    F.max_pool2d(wide, 2, padding=((0, 1), (0, 1)))[:, :, : g.shape[2], : g.shape[3]].backward(g)
    assert_array_equal(t.grad, wide.grad)


def test_memory_is_lent_again_only_when_nobody_holds_it():
    shape, dtype = (1 << 18,), np.dtype(np.float32)
    first = memory.empty(shape, dtype)
    view, second = first[3:].reshape(-1, 1), memory.empty(shape, dtype)
    assert not np.shares_memory(first, second)
    address = first.ctypes.data
    del first
    assert memory.empty(shape, dtype).ctypes.data != address  # the view holds it
    del view
    assert memory.empty(shape, dtype).ctypes.data == address
    assert memory.empty((2,), dtype).base is None
    with mock.patch.object(memory, "LIMIT", 0):
        kept = [memory.empty(shape, dtype) for _ in range(3)]
        assert not any(np.shares_memory(a, second) for a in kept)


@pytest.mark.parametrize("n", [1, 3])
def test_a_kernel_as_large_as_the_image_is_a_linear_layer(n):
    x, w = draw(n, 2, 4, 5), draw(6, 2, 4, 5, seed=1)
    assert_alike(
        ours(lambda x, w: F.conv2d(x, w).reshape(n, 6), x, w),
        ours(lambda x, w: x.reshape(n, -1) @ w.reshape(6, -1).T, x, w),
    )


def test_depthwise_filters_each_channel_alone():
    x, w = draw(2, 3, 6, 6), draw(3, 1, 3, 3, seed=1)
    out = F.conv2d(x, w, groups=3).data
    for c in range(3):
        assert_allclose(out[:, c : c + 1], F.conv2d(x[:, c : c + 1], w[c : c + 1]).data, atol=1e-12)


def test_convolution_moves_with_the_image():
    x, w = np.zeros((1, 1, 9, 9)), draw(1, 1, 3, 3)
    x[0, 0, 2:5, 2:5] = draw(3, 3)
    moved = np.roll(x, (2, 3), (2, 3))
    out = F.conv2d(x, w, padding=1).data
    assert_allclose(np.roll(out, (2, 3), (2, 3)), F.conv2d(moved, w, padding=1).data, atol=1e-12)


def test_pooling_at_the_edge():
    x = -np.ones((1, 1, 2, 2))
    assert_array_equal(F.max_pool2d(x, 2, 1, 1).data, -np.ones((1, 1, 3, 3)))  # the padding is −∞
    assert_array_equal(F.avg_pool2d(x, 2, 2, 1).data, np.full((1, 1, 2, 2), -0.25))  # it counts


@pytest.mark.parametrize("make", [
    lambda rng, **o: nn.Conv2d(6, 8, (3, 5), 2, 1, groups=2, rng=rng, **o),
    lambda rng, **o: nn.ConvTranspose2d(6, 8, (3, 5), 2, 1, 1, groups=2, rng=rng, **o),
], ids=["Conv2d", "ConvTranspose2d"])  # fmt: skip
def test_he_weights_have_the_variance_of_their_fan_in(make):
    weights = [make(np.random.default_rng(s)).weight.data for s in range(40)]
    assert abs(np.var(weights) * 3 * 3 * 5 / 2 - 1) < 0.05
    layer = make(np.random.default_rng(0), dtype=np.float64)
    assert layer(draw(2, 6, 9, 9)).shape[:2] == (2, 8) and layer.weight.data.flags.c_contiguous


def test_layers_say_what_they_are():
    rng = np.random.default_rng(0)
    assert repr(nn.Conv2d(4, 8, 3, 2, 1, groups=2, bias=False, rng=rng)) == (
        "Conv2d(4, 8, kernel_size=(3, 3), stride=(2, 2), padding=1, groups=2, bias=False)"
        "  # 144 parameters"
    )
    up = nn.ConvTranspose2d(4, 8, 3, 2, 1, 1, rng=rng)
    assert "output_padding=(1, 1)" in repr(up) and up(draw(1, 4, 5, 5)).shape == (1, 8, 10, 10)
    assert repr(nn.MaxPool2d(3, 2, 1)) == "MaxPool2d((3, 3), stride=(2, 2), padding=1)"
    assert nn.Conv1d(2, 3, 4, padding=((3, 0),), rng=rng)(draw(1, 2, 9)).shape == (1, 3, 9)
    x = draw(2, 3, 4, 5)
    assert_allclose(nn.GlobalAvgPool2d()(x).data, x.mean((2, 3)))
    assert_allclose(nn.GlobalMaxPool2d()(x).data, x.max((2, 3)))


def test_float32_stays_float32():
    rng = np.random.default_rng(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, rng=rng), nn.BatchNorm2d(4), nn.ReLU(), nn.AvgPool2d(2),
        nn.ConvTranspose2d(4, 2, 2, 2, rng=rng), nn.MaxPool2d(2), nn.GlobalAvgPool2d(),
    )  # fmt: skip
    x = Tensor(draw(2, 1, 8, 8).astype("f"), requires_grad=True)
    out = model(x)
    out.sum().backward()
    grads = [x.grad, *(p.grad for p in model.parameters())]
    assert out.dtype == np.float32 and all(g.dtype == np.float32 for g in grads)
