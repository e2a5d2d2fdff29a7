"""The walk backward: what is summed, what is freed, what is refused, what is shared."""

import gc
import threading
import tracemalloc
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import Tensor, no_grad
from chainrule.ops import OPS, Op
from chainrule.tensor import apply, concatenate, graph, stack


def leaf(*shape, seed=0, dtype=np.float64):
    data = np.random.default_rng(seed).normal(size=shape).astype(dtype)
    return Tensor(data, requires_grad=True)


def test_a_chain_of_5000_ops_needs_no_recursion():
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(5000):
        y = y * 1.0001
    y.backward()
    assert_allclose(y.item(), 1.0001**5000)
    assert_allclose(x.grad, 1.0001**5000)


def test_a_chain_of_100000_ops_can_be_dropped_without_a_backward():
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    ref = weakref.ref(y)
    del y
    gc.collect()
    assert ref() is None


@given(uses=st.integers(1, 6), backwards=st.integers(1, 3))
def test_gradients_of_all_uses_and_all_backwards_add_up(uses, backwards):
    x = leaf(3)
    for _ in range(backwards):
        total = x * 1.0
        for _ in range(uses - 1):
            total = total + x
        total.sum().backward()
    assert_array_equal(x.grad, np.full(3, float(uses * backwards)))
    x.zero_grad()
    assert x.grad is None


def test_a_diamond_is_walked_once_for_each_node():
    calls = []

    def backward(grad, saved):
        calls.append(1)
        return (grad,)

    identity = Op("identity", lambda x: (x.copy(), None), backward)
    x = leaf(2)
    y = x
    for _ in range(30):  # 2**30 paths
        y = apply(identity, y)
        y = y * 0.5 + y * 0.5
    y.sum().backward()
    assert len(calls) == 30
    assert_allclose(x.grad, np.ones(2))


def test_a_second_backward_says_that_the_graph_is_freed():
    x = leaf(2)
    middle = x * 2
    loss = middle.sum()
    loss.backward()
    with pytest.raises(RuntimeError, match=r"freed.*retain_graph=True"):
        loss.backward()
    with pytest.raises(RuntimeError, match="freed"):  # through a part that was freed
        (middle * 3).sum().backward()
    assert_array_equal(x.grad, [2, 2])


def test_retain_graph_allows_another_backward():
    x = leaf(2)
    loss = (x * x).sum()
    loss.backward(retain_graph=True)
    loss.backward()
    assert_allclose(x.grad, 4 * x.data)


def test_backward_needs_something_to_differentiate():
    with pytest.raises(RuntimeError, match="requires_grad=True"):
        Tensor(1.0).backward()
    with no_grad():
        y = leaf(1).sum()
    with pytest.raises(RuntimeError, match="no_grad"):
        y.backward()


@pytest.mark.parametrize("gradient", [None, [1.0, 2.0], np.ones((3, 1))])
def test_backward_refuses_a_missing_or_misshaped_gradient(gradient):
    y = leaf(3) * 2
    with pytest.raises(ValueError, match="gradient must"):
        y.backward(gradient)


def test_no_grad_records_nothing_and_is_restored_by_an_exception():
    x = leaf(2)

    @no_grad()
    def double(t):
        return t * 2

    assert not double(x).requires_grad and double(x)._record is None
    with pytest.raises(KeyError), no_grad(), no_grad():
        raise KeyError
    assert (x * 2).requires_grad
    with pytest.raises(TypeError, match="function"):
        no_grad()(3)


def test_no_grad_in_one_thread_leaves_another_alone():
    found = []
    with no_grad():
        thread = threading.Thread(target=lambda: found.append((leaf(1) * 2).requires_grad))
        thread.start()
        thread.join()
    assert found == [True]


def test_detach_shares_the_data_and_stops_the_gradient():
    x = leaf(2)
    y = x.detach()
    assert y.data is x.data and not y.requires_grad
    (x * x.detach()).sum().backward()
    assert_array_equal(x.grad, x.data)


def test_only_leaves_keep_gradients_unless_asked():
    x = leaf(2)
    plain, kept = x * 2, (x * 3).retain_grad()
    (plain + kept * kept).sum().backward()
    assert plain.grad is None
    assert_array_equal(kept.grad, 6 * x.data)
    with pytest.raises(RuntimeError, match="requires_grad"):
        Tensor(1.0).retain_grad()


def test_saved_arrays_are_freed_as_the_backward_proceeds():
    alive = []

    def forward(x):
        saved = np.empty(1000)
        refs.append(weakref.ref(saved))
        return x + 0, saved

    def backward(grad, saved):
        del saved
        alive.append(sum(r() is not None for r in refs))
        return (grad,)

    refs, hungry = [], Op("hungry", forward, backward)
    y = leaf(2)
    for _ in range(10):
        y = apply(hungry, y)
    y.sum().backward()
    assert alive == list(range(10, 0, -1))
    del y
    assert not any(r() for r in refs)


def test_a_deep_backward_does_not_pile_up_gradients():
    n, size = 50, 100_000
    x = Tensor(np.ones(size), requires_grad=True)
    y = x
    for _ in range(n):
        y = y.tanh()
    loss = y.sum()
    del y
    gc.collect()
    tracemalloc.start()
    loss.backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * size * 8  # not 50 times


def test_a_graph_is_freed_without_the_cycle_collector():
    gc.disable()
    try:
        x = leaf(4, 4)
        y = (x @ x).tanh()
        refs = [weakref.ref(y.data), weakref.ref(y)]
        y.sum().backward()
        del y
        assert [r() for r in refs] == [None, None]
    finally:
        gc.enable()


def test_gradients_share_memory_with_nothing():
    a, b, x = leaf(3, 2), leaf(3, 2), leaf(3, 2)
    incoming = np.ones((3, 2))
    (a + b + x.reshape(2, 3).reshape(3, 2)).backward(incoming)
    arrays = [incoming, *[t.grad for t in (a, b, x)], *[t.data for t in (a, b, x)]]
    for i, one in enumerate(arrays):
        for other in arrays[:i]:
            assert not np.shares_memory(one, other)
    x.backward(incoming)
    incoming[:] = 7
    assert_array_equal(x.grad, np.full((3, 2), 2.0))


def test_an_array_that_an_op_returns_twice_is_not_shared():
    def backward(grad, saved):
        both = 2 * grad
        return both, both

    twins = Op("twins", lambda a, b: (2 * (a + b), None), backward)
    a, b = leaf(3), leaf(3)
    (apply(twins, a, b) + a).sum().backward()
    assert_array_equal(a.grad, np.full(3, 3.0))
    assert_array_equal(b.grad, np.full(3, 2.0))
    assert not np.shares_memory(a.grad, b.grad)


def test_a_kept_gradient_survives_the_next_backward():
    x = leaf(3)
    (2 * x).sum().backward()
    kept = x.grad
    (3 * x).sum().backward()
    assert_array_equal(kept, np.full(3, 2.0))
    assert_array_equal(x.grad, np.full(3, 5.0))


@given(rank=st.integers(2, 4), batch=st.integers(1, 3), uses=st.integers(1, 3))
def test_a_buffer_receives_what_grad_would_have_been(rank, batch, uses):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(*[2] * (rank - 2), batch, 3))
    data = [rng.normal(size=s) for s in ((3, 3), (3,))]

    def gradients(buffers):
        weights = [Tensor(d, requires_grad=True) for d in data]
        for w, buffer in zip(weights, buffers):
            w._grad_buffer = buffer
        y = Tensor(x)
        for i in range(uses):
            y = apply(OPS["linear" if i % 2 else "linear_relu"], y, *weights)
        (y * y + weights[1]).sum().backward()
        return weights

    flat = np.full(12, np.nan)
    expected = gradients([None, None])
    got = gradients([flat[:9].reshape(3, 3), flat[9:]])
    for a, b in zip(got, expected):
        assert a.grad is a._grad_buffer
        assert_allclose(a.grad, b.grad, rtol=1e-12)
    assert_allclose(flat, np.concatenate([b.grad.ravel() for b in expected]), rtol=1e-12)


def test_one_buffer_is_enough_for_a_product_with_itself():
    w = leaf(3, 3)
    w._grad_buffer = np.full((3, 3), np.nan)
    (w @ w).sum().backward()
    ones = np.ones((3, 3))
    assert_allclose(w.grad, ones @ w.data.T + w.data.T @ ones)
    (w @ w).sum().backward()  # adds, in the buffer
    assert w.grad is w._grad_buffer
    assert_allclose(w.grad, 2 * (ones @ w.data.T + w.data.T @ ones))


def test_an_overwritten_gradient_is_nobody_elses():
    x = leaf(5)
    first = x * 1.0
    kept = first.relu().retain_grad()
    branch = kept.relu() + kept.relu() * 2.0
    branch.sum().backward()
    assert_array_equal(kept.grad, 3.0 * (x.data > 0))
    assert_array_equal(x.grad, 3.0 * (x.data > 0))


def test_a_parameter_owns_its_data_and_inputs_are_shared():
    given_array = np.ones(3)
    parameter, constant = Tensor(given_array, requires_grad=True), Tensor(given_array)
    given_array[:] = 5
    assert_array_equal(parameter.data, np.ones(3))
    assert constant.data is given_array


def test_changing_an_index_after_the_forward_changes_nothing():
    x, index = leaf(4), np.array([1, 1])
    y = x[index]
    index[:] = 0
    y.sum().backward()
    assert_array_equal(x.grad, [0, 2, 0, 0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_have_the_dtype_of_their_tensor(dtype):
    x = leaf(4, 3, dtype=dtype)
    y = ((x * 2 + 1.5) / np.sqrt(3.0) - np.float64(2)) ** 2 @ [[1.0], [2.0], [3.0]]
    assert y.dtype == dtype
    y.mean().backward()
    assert x.grad.dtype == dtype
    mixed = leaf(3, dtype=np.float64)
    (x * mixed).sum().backward()
    assert x.grad.dtype == dtype and mixed.grad.dtype == np.float64


def test_the_graph_lists_leaves_ops_and_edges():
    a, b = Tensor(2.0, requires_grad=True, name="a"), Tensor(3.0, requires_grad=True, name="b")
    y = a * b + a
    g = graph(y)
    assert [t.name for t in g.tensors[:2]] == ["a", "b"] and g.tensors[-1] is y
    assert g.ops == (None, None, "mul", "add")
    assert {(e.source, e.target) for e in g.edges} == {(0, 2), (1, 2), (0, 3), (2, 3)}
    assert graph(a).tensors == (a,)
    y.backward()
    with pytest.raises(RuntimeError, match="freed"):
        graph(y)


def test_a_backward_of_the_wrong_shape_is_refused():
    wrong = Op("wrong", lambda x: (x * 2, None), lambda grad, saved: (np.ones((5, 5)),))
    with pytest.raises(ValueError, match=r"\(5, 5\) cannot belong to a shape \(3,\)"):
        apply(wrong, leaf(3)).sum().backward()


def test_a_backward_with_too_few_gradients_is_refused():
    wrong = Op("wrong", lambda a, b: (a + b, None), lambda grad, saved: (grad,))
    with pytest.raises(ValueError, match="wrong must return 2 gradients.*got 1"):
        apply(wrong, leaf(3), leaf(3)).sum().backward()


def test_many_inputs_of_one_op():
    parts = [leaf(2, seed=i) for i in range(50)]
    (stack(parts).sum() + concatenate(parts).sum()).backward()
    assert all((p.grad == 2).all() for p in parts)


def test_linear_relu_overwrites_a_gradient_that_nobody_else_holds_and_no_other():
    rng = np.random.default_rng(0)
    x = Tensor(rng.normal(size=(4, 3)), requires_grad=True)
    w = Tensor(rng.normal(size=(3, 5)), requires_grad=True)
    incoming = rng.normal(size=(4, 5))
    kept = incoming.copy()
    y = apply(OPS["linear_relu"], x, w)
    y.backward(incoming, retain_graph=True)  # the reader's own array
    np.testing.assert_array_equal(incoming, kept)
    once = w.grad
    (2 * y).backward(incoming)  # made by the product, held by nobody
    np.testing.assert_array_equal(incoming, kept)
    np.testing.assert_allclose(w.grad, 3 * once)
    y = apply(OPS["linear_relu"], x, w).retain_grad()
    (2 * y).backward(incoming)
    np.testing.assert_array_equal(y.grad, 2 * kept)
