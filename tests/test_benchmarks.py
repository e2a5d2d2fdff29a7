"""The speed comparison: its arithmetic, its verdict, and that contestants train alike."""

import copy
import json

import numpy as np
import pytest

from benchmarks import __main__ as bench
from benchmarks import block, cnn, decode, lstm, report, steps
from benchmarks.contestants import CONTESTANTS

SECONDS = {"ours": [2.0, 3.0, 10.0], "products": [2.0, 2.0, 4.0], "torch": [4.0, 4.0, 40.0]}
LOSSES = {"ours": 0.5, "products": None, "torch": 0.5001}


def row(**changes):
    made = report.row("mlp32", SECONDS, 10, dict(LOSSES))
    return copy.deepcopy(made) | changes


def test_ratios_are_medians_of_rounds_not_ratios_of_medians():
    assert report.ratios(SECONDS) == {
        "products": {"median": 1.5, "min": 1.0, "max": 2.5},
        "torch": {"median": 0.5, "min": 0.25, "max": 0.75},
    }


def test_within_the_limits_nothing_is_missed():
    assert report.misses([row()]) == report.disagreements([row()]) == []


@pytest.mark.parametrize("changes, said", [
    ({"products": {"median": 2.71, "min": 1, "max": 3}}, "mlp32: 2.71 of products, limit 2.70"),
    ({"torch": {"median": 0.56, "min": 0, "max": 1}}, "mlp32: 0.56 of torch, limit 0.55"),
    ({"torch": {"median": float("nan"), "min": 0, "max": 1}}, "mlp32: nan of torch"),
    ({"losses": LOSSES | {"torch": 0.502}}, "mlp32: torch trained to loss 0.502000, ours to 0.5"),
    ({"losses": LOSSES | {"ours": float("nan")}}, "mlp32: ours trained to loss nan"),
])  # fmt: skip
def test_what_is_missed_is_said(changes, said):
    rows = [row(**changes)]
    found = [*report.misses(rows), *report.disagreements(rows)]
    assert any(sentence.startswith(said) for sentence in found)


def test_beside_a_missed_limit_over_products_stands_what_a_step_by_hand_takes():
    slow = {"ours": [3.0], "products": [1.0], "by_hand": [2.8]}
    (said,) = report.misses([report.row("mlp32", slow, 10, {"ours": 0.5})])
    assert said == "mlp32: 3.00 of products, limit 2.70 (written by hand in NumPy: 2.80)"


def test_files(tmp_path):
    report.write(tmp_path / "bench", [row()])
    (found,) = json.loads((tmp_path / "bench" / "engine.json").read_text())
    assert found["workload"] == "mlp32" and found["products"]["median"] == 1.5
    text = (tmp_path / "bench" / "engine.md").read_text(encoding="utf-8")
    assert "| mlp32 | 300000 | **1.50** (1.00 to 2.50, limit 2.70) |" in text


@pytest.mark.frameworks
@pytest.mark.parametrize("name", [n for n in CONTESTANTS if n != "products"])
def test_contestants_train_to_one_loss(name):
    pytest.importorskip("mygrad")
    losses = []
    for make in (CONTESTANTS["ours"], CONTESTANTS[name]):
        contestant = make(32)
        for i in range(60):
            last = contestant.step(i % 8)
        losses.append(contestant.value(last))
    assert np.isclose(*losses, rtol=report.LOSS_TOLERANCE)


@pytest.mark.frameworks
@pytest.mark.parametrize("name", ["torch", "tensorflow", "mygrad"])
def test_lstms_train_to_one_loss(name):
    pytest.importorskip("mygrad")
    losses = []
    for make in (lstm.CONTESTANTS["lstm:ours"], lstm.CONTESTANTS[f"lstm:{name}"]):
        contestant = make(4)
        for i in range(20):
            last = contestant.step(i % 8)
        losses.append(contestant.value(last))
    assert np.isclose(*losses, rtol=report.LOSS_TOLERANCE)


@pytest.mark.frameworks
@pytest.mark.parametrize("name", [n for n in cnn.CONTESTANTS if n != "cnn:products"])
def test_cnns_train_to_one_loss(name):
    pytest.importorskip("mygrad")
    losses = []
    for make in (cnn.CONTESTANTS["cnn:ours"], cnn.CONTESTANTS[name]):
        contestant = make(16)
        for i in range(12):
            last = contestant.step(i % 8)
        losses.append(contestant.value(last))
    assert np.isclose(*losses, rtol=report.LOSS_TOLERANCE)


@pytest.mark.frameworks
@pytest.mark.parametrize("name", ["torch", "tensorflow", "mygrad"])
def test_blocks_train_to_one_loss(name):
    pytest.importorskip("mygrad")
    losses = []
    for make in (block.CONTESTANTS["block:ours"], block.CONTESTANTS[f"block:{name}"]):
        contestant = make(2)
        for i in range(20):
            last = contestant.step(i % 8)
        losses.append(contestant.value(last))
    assert np.isclose(*losses, rtol=report.LOSS_TOLERANCE)


def test_a_token_after_others_is_the_same_with_a_cache_and_without():
    cached, anew = (decode.CONTESTANTS[f"decode:{name}"](20) for name in ("ours", "anew"))
    for i in range(3):
        assert np.isclose(cached.step(i), anew.step(i), rtol=1e-4)
    assert decode.Flat(20).step(0) is None


def test_decoding_has_a_table_of_its_own():
    rows = [report.row("decode 32", {"ours": [1.0], "anew": [4.0]}, 1, {"ours": 1}), row()]
    mlp, own = report.markdown(rows).split("\n\n")
    assert "mlp32" in mlp and "anew" not in mlp and "| decode 32 | 1000000 | **0.25** (0.25 to 0.25) |" in own


@pytest.mark.slow
def test_the_command_measures_writes_and_judges(tmp_path, monkeypatch, capsys):
    arguments = ["--only", "mlp32", "--rounds", "2", "--peers", "products", "--folder", str(tmp_path)]
    monkeypatch.setitem(report.LIMITS, ("mlp32", "products"), 1000.0)
    monkeypatch.setitem(report.LIMITS, ("mlp32", "torch"), 1000.0)
    assert bench.main(arguments) == 0
    monkeypatch.setitem(report.LIMITS, ("mlp32", "products"), 0.001)
    assert bench.main(arguments) == 1
    assert "missed: mlp32" in capsys.readouterr().err
    assert bench.main([*arguments, "--report"]) == 0
    assert (tmp_path / "engine.json").exists()


def test_steps_have_a_table_of_their_own_and_need_not_have_every_peer():
    step = report.row("lion step", {"ours": [1.0]}, 10, {"ours": 0.5})
    adam = report.row("adam step", {"ours": [1.4], "torch_fused": [1.0]}, 10, {"ours": 1, "torch_fused": 1})
    mlp, own = report.markdown([row(), step, adam]).split("\n\n")
    assert "mlp32" in mlp and "step" in own
    assert "| lion step | 100000 | none |" in own
    assert report.misses([step, adam]) == ["adam step: 1.40 of torch_fused, limit 1.30"]


@pytest.mark.frameworks
@pytest.mark.parametrize("workload", steps.WORKLOADS)
def test_steps_lead_to_one_place(workload):
    position, values = steps.WORKLOADS[workload][0], []
    for name in ("ours", *steps.peers(workload)):
        contestant = steps.CONTESTANTS[f"step:{name}"](position)
        for i in range(30):
            contestant.step(i)
        values.append(contestant.value(None))
    assert np.allclose(values, values[0], rtol=1e-5)
