"""What trains *a small Transformer at work*: the same file from the same seed, weights that survive rounding."""

import json

import numpy as np
import pytest

from chainrule.explore import small_transformer_model as trainer
from chainrule.explore.bundle import source_of
from chainrule.explore.small_transformer_network import (
    network,
    new_network,
    packed,
    tokenizer,
    trained,
    unpacked,
)

NEAR = 0.005  # nats a character: what rounding may cost


@pytest.fixture(scope="module")
def novel():
    return trainer.persuasion()


def state_of(model):
    return {name: np.array(array) for name, array in model.state_dict().items()}


def record_of(text):
    return json.loads(text.split(trainer.BEFORE)[1].removesuffix(";\n"))


def test_the_parts_of_the_novel_do_not_overlap(novel):
    letters, train, held_out = novel
    assert letters.characters == tokenizer().characters and letters.vocab_size == 75
    assert len(held_out) == 20_000 and len(train) > 340_000
    assert letters.decode(held_out[:2000]) not in letters.decode(train)


def test_the_same_seed_writes_the_same_file_and_it_learns(novel):
    letters, train, held_out = novel
    texts = [
        trainer.text_of(trainer.train(train, 75, n_steps=40), letters, held_out[:2000]) for _ in range(2)
    ]
    assert texts[0] == texts[1]
    losses = record_of(texts[0])["held_out"]
    assert losses["trained"] < 2.8 < np.log(75)  # by chance alone 4.3
    assert abs(losses["trained"] - losses["rounded"]) < NEAR


def test_the_shipped_weights_predict_what_they_have_not_read(novel):
    loss, said = trainer.held_out_loss(network(), novel[2]), trained()["held_out"]
    assert loss == pytest.approx(said["rounded"], abs=2e-4)
    assert abs(said["rounded"] - said["trained"]) < NEAR
    assert loss < 1.7


def test_the_loss_is_the_mean_over_windows(novel):
    held_out, model = novel[2][:200], network()
    found = []
    for i in (0, 64, 128):
        logits = model(held_out[None, i : i + 64]).data[0]
        logits -= logits.max(-1, keepdims=True)
        log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        found += [-row[k] for row, k in zip(log_p, held_out[i + 1 : i + 65])]
    assert len(found) == 192
    assert trainer.held_out_loss(model, held_out) == pytest.approx(np.mean(found), rel=1e-12)


def test_the_shipped_file_has_the_form_that_is_written():
    text = source_of("small_transformer_weights")
    assert text.startswith(trainer.HEAD + trainer.BEFORE + '{"characters": ') and text.endswith("}};\n")
    assert text == f"{trainer.HEAD}{trainer.BEFORE}{json.dumps(record_of(text))};\n"
    assert list(trained()["layers"]) == list(network().state_dict())


def test_packing_moves_a_weight_by_half_a_step_at_most():
    state = state_of(new_network(75, np.random.default_rng(3)))
    parts = packed(state)
    back = unpacked(parts)
    assert {name: array.shape for name, array in back.items()} == {n: a.shape for n, a in state.items()}
    for name, array in state.items():
        rows, again = (x.T if name.endswith(("1.weight", "2.weight", "proj_weight", "out_proj.weight")) and x.ndim == 2
                       else np.atleast_2d(x) for x in (array, back[name]))  # fmt: skip
        steps = np.maximum(np.abs(rows).max(1, keepdims=True) / 127, 1e-11)
        assert np.all(np.abs(again - rows) <= 0.51 * steps), name  # a step is kept to four digits
    assert packed(back) == parts
