"""The training loop: what it measures, what it leaves, when it stops."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import data, nn, optim, progress, train


def problem(n=120, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)).astype(np.float32)
    return x, (x.sum(axis=1) > 0).astype(np.int64)


def network(seed=0):
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        nn.Linear(3, 8, rng=rng), nn.ReLU(), nn.Dropout(0.2, rng=rng), nn.Linear(8, 2, rng=rng)
    )


def fit(model=None, **options):
    model = model or network()
    settings = {
        "loss": nn.CrossEntropyLoss(), "epochs": 4, "batch_size": 32,
        "rng": np.random.default_rng(1),
    }  # fmt: skip
    if "optimizer" not in options:
        settings["optimizer"] = optim.Adam(model.parameters(), lr=0.02)
    return train.fit(model, problem(), **settings | options)


def test_learns_and_measures_after_every_epoch():
    history = fit(
        epochs=15, validation_set=problem(seed=1), metrics={"accuracy": train.correct}
    )
    assert history.loss[-1] < 0.6 * history.loss[0]
    assert history.accuracy[-1] > 0.9
    assert_array_equal(history.epoch, np.arange(1, 16))
    assert len(history) == 15
    assert json.loads(json.dumps(history.to_dict())) == history.to_dict()
    assert list(history.to_dict()) == ["epoch", "loss", "validation_loss", "accuracy"]
    assert "accuracy" in dir(history) and "15 epochs" in repr(history)


def test_the_same_seed_gives_the_same_history():
    assert fit().to_dict() == fit().to_dict()
    assert fit().to_dict() != fit(rng=np.random.default_rng(2)).to_dict()


def test_one_epoch_is_the_loop_written_out():
    model, twin = network(), network()
    x, y = problem()
    fit(model, epochs=1, optimizer=optim.SGD(model.parameters(), lr=0.1))
    optimizer, loss = optim.SGD(twin.parameters(), lr=0.1), nn.CrossEntropyLoss()
    for xs, ys in data.batches(x, y, 32, np.random.default_rng(1)):
        value = loss(twin(xs), ys)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        assert_array_equal(p.data, q.data)


@pytest.mark.parametrize("mode", [True, False])
def test_the_mode_of_the_model_is_given_back(mode):
    model = network().train(mode)
    modes = []
    fit(model, callbacks=[lambda epoch, row: modes.append(model.training)])
    assert model.training is mode and all(m.training is mode for m in model.modules())
    assert modes == [True] * 4
    train.evaluate(model, problem(), nn.CrossEntropyLoss())
    assert model.training is mode


def test_a_callback_ends_training():
    seen = []

    def stop(epoch, row):
        seen.append((epoch, sorted(row)))
        return epoch == 2

    assert len(fit(callbacks=[stop])) == 2
    assert seen == [(1, ["epoch", "loss"]), (2, ["epoch", "loss"])]


def test_no_epochs_is_an_empty_history():
    history = fit(epochs=0, validation_set=problem())
    assert len(history) == 0 and history.validation_loss.shape == (0,)
    assert repr(history) == "History(0 epochs)"


def test_unknown_column_is_named():
    with pytest.raises(AttributeError, match="History has epoch, loss; got 'accuracy'"):
        _ = fit(epochs=1).accuracy


def test_a_loss_that_is_not_finite_stops_before_the_step():
    model = network()
    before = model.state_dict()
    with pytest.raises(FloatingPointError, match="loss must stay finite; got nan in epoch 1"):
        fit(model, loss=lambda out, y: nn.CrossEntropyLoss()(out, y) * float("nan"))
    for name, array in model.state_dict().items():
        assert_array_equal(array, before[name])
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("batch_size", [1, 7, 120, 1000])
def test_evaluation_does_not_depend_on_the_batch_size(batch_size):
    model, loss = network(), nn.CrossEntropyLoss()
    x, y = problem()
    measures = {"metrics": {"accuracy": train.correct}, "batch_size": batch_size}
    found = train.evaluate(model, (x, y), loss, **measures)
    out = model.eval()(x)
    assert_allclose(found["loss"], loss(out, y).item(), rtol=1e-5)
    assert_allclose(found["accuracy"], (out.data.argmax(axis=1) == y).mean())
    assert train.accuracy(model, (x, y), batch_size=batch_size) == found["accuracy"]


def test_nothing_is_recorded_in_evaluation():
    recorded = []

    def loss(outputs, targets):
        recorded.append(outputs.requires_grad)
        return outputs.sum()

    train.evaluate(network(), problem(), loss)
    assert recorded == [False]


def test_nothing_is_printed_under_a_test(capfd):
    fit(progress=True)
    assert capfd.readouterr() == ("", "")


def test_the_bar_is_erased(monkeypatch, capfd):
    ticks = iter(range(100))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(ticks))
    bar = progress.Bar(4, True)
    for _ in range(4):
        bar.advance(1, 0.5)
    shown = capfd.readouterr().err
    assert "[####################] 100%  epoch 1  loss 0.5000  0 s left" in shown
    bar.erase()
    assert capfd.readouterr().err.strip("\r ") == ""


def test_plot_draws_both_losses():
    axes = fit(validation_set=problem()).plot()
    assert [line.get_label() for line in axes.get_lines()] == ["training", "validation"]
    assert axes.get_xlabel() == "epoch"
