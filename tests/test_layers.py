"""Layers of modern networks: the published forward cases, attention, masks, heads, the network's own update, and what is refused."""
import json
import re
from pathlib import Path

import numpy as np
import pytest

from hebbnet import ParameterError, modern
from hebbnet.modern import layers

CASES = json.loads((Path(__file__).parent / "data" / "modern_network.json").read_text())["layers"]
NORMS = {"state": "state_pattern", "stored": "stored_pattern", "projection": "pattern_projection"}


def drawn(case):
    """Weights by name and inputs, from the recipe of a case."""
    rng = np.random.default_rng(int(re.search(r"default_rng\((\d+)\)", case["recipe"])[1]))
    weights = {}
    for name, shape in case["parameters"]:
        x = rng.standard_normal(shape) * 0.5
        weights[name.removeprefix("hopfield.").removeprefix("association_core.")] = 1 + x if re.search(r"norm_\w+\.weight", name) else x
    return weights, [rng.standard_normal(shape) for shape in case["input_shapes"]]


def parameters(w, options):
    """`Parameters` from the names of the PyTorch layers."""
    maps = np.split(w["in_proj_weight"], 3) if "in_proj_weight" in w else [w.get(f"{x}_proj_weight") for x in "qkv"]
    p = {**dict(zip(NORMS, maps)), "output": w.get("out_proj.weight"), "output_bias": w.get("out_proj.bias")}
    if "in_proj_bias" in w:
        first = len(maps[0])
        p.update(zip(("state_bias", "stored_bias", "projection_bias"), np.split(w["in_proj_bias"], [first, 2 * first])))
    p.update({f"norm_{name}": (w[f"norm_{word}.weight"], w[f"norm_{word}.bias"]) for name, word in NORMS.items() if f"norm_{word}.weight" in w})
    return modern.Parameters(**p, norm_space=(None, None) if options.get("normalize_hopfield_space") else None)


@pytest.mark.parametrize("name", CASES)
def test_public_forward_cases(name):
    case = CASES[name]
    (w, inputs), options = drawn(case), case["options"]
    settings = dict(parameters=parameters(w, options), heads=options.get("num_heads", 1), lam=options.get("scaling"),
                    updates=options.get("update_steps_max", 0), tolerance=options.get("update_steps_eps", 1e-4),
                    connected=options.get("pattern_projection_as_connected", False), stop="head")
    if case["masks"]:   # "True at [0,-1] only", "True at [0,0] only (2-D, L x S)"
        settings.update(padding_mask=np.zeros((2, 4), bool), association_mask=np.zeros((3, 4), bool))
        settings["padding_mask"][0, -1] = settings["association_mask"][0, 0] = True
    if case["cls"] == "Hopfield":
        found = modern.association(*(inputs if len(inputs) == 3 else 3 * inputs), **settings)
    elif case["cls"] == "HopfieldPooling":
        found = modern.pooling(inputs[0], w["pooling_weights"][0], **settings)
    else:
        found = modern.lookup(inputs[0], w["lookup_weights"][0], w["target_weights"][0] if "target_weights" in w else None, **settings)
    np.testing.assert_allclose(found.output, np.reshape(case["output"], case["output_shape"]), rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.weights, np.reshape(case["association"], case["association_shape"]), rtol=0, atol=1e-9)


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_zero_updates_are_softmax_attention(heads):
    rng = np.random.default_rng(1)
    Q, Y, V = rng.standard_normal((3, 5, 8)), rng.standard_normal((3, 7, 8)), rng.standard_normal((3, 7, 12))
    found = modern.association(Y, Q, V, heads=heads, lam=1 / np.sqrt(8 / heads))
    for h in range(heads):
        q, k, v = (x[..., h * x.shape[-1] // heads:(h + 1) * x.shape[-1] // heads] for x in (Q, Y, V))
        z = np.einsum("bsd,bkd->bsk", q, k) / np.sqrt(q.shape[-1])
        p = np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)
        np.testing.assert_allclose(found.output[..., h * 12 // heads:(h + 1) * 12 // heads], p @ v, rtol=0, atol=1e-12)
        np.testing.assert_allclose(found.weights[:, h], p, rtol=0, atol=1e-12)


@pytest.mark.parametrize("updates", [0, 1, 4])
def test_without_maps_a_layer_is_the_update_of_the_network(updates):
    rng = np.random.default_rng(2)
    X, x = rng.standard_normal((9, 6)), rng.standard_normal((5, 6))
    want = x
    for _ in range(updates + 1):
        want = modern.update(X, want, 1.7)
    np.testing.assert_allclose(modern.association(X, x, lam=1.7, updates=updates, tolerance=0.0).output, want, rtol=0, atol=1e-12)
    np.testing.assert_allclose(modern.lookup(x, X, lam=1.7, updates=None, tolerance=1e-13).output, modern.retrieve(X, x, 1.7).state, atol=1e-11)
    np.testing.assert_allclose(modern.pooling(X, x, lam=1.7).output, modern.update(X, x, 1.7).ravel(), rtol=0, atol=1e-12)


def test_lam_is_per_head():
    rng = np.random.default_rng(3)
    Y, Q = rng.standard_normal((6, 8)), rng.standard_normal((4, 8))
    found = modern.association(Y, Q, heads=2, lam=[0.3, 2.0])
    for h, lam in enumerate((0.3, 2.0)):
        part = slice(4 * h, 4 * h + 4)
        np.testing.assert_allclose(found.output[:, part], modern.update(Y[:, part], Q[:, part], lam), atol=1e-14)


def test_a_result_does_not_depend_on_the_batch():
    rng = np.random.default_rng(4)
    Y, Q = rng.standard_normal((5, 7, 4)), rng.standard_normal((5, 3, 4))
    together = modern.association(Y, Q, heads=2, lam=1.5, updates=None, tolerance=1e-3)
    for b in range(5):
        for s in range(3):
            alone = modern.association(Y[b], Q[b, s:s + 1], heads=2, lam=1.5, updates=None, tolerance=1e-3)
            np.testing.assert_allclose(alone.output[0], together.output[b, s], rtol=0, atol=1e-13)
    assert together.converged.all() and together.weights.shape == (5, 2, 3, 7)
    coupled = modern.association(Y, Q, heads=2, lam=1.5, updates=None, tolerance=1e-3, stop="head")
    assert np.abs(coupled.output - together.output).max() > 1e-6   # what the rule of the PyTorch layers does
    assert not modern.association(Y, Q, lam=1.5).converged.any()


def test_masks_leave_patterns_out():
    rng = np.random.default_rng(5)
    Y, Q = rng.standard_normal((2, 6, 4)), rng.standard_normal((2, 3, 4))
    padding = np.array([[0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0]], bool)
    found = modern.association(Y, Q, heads=2, lam=1.0, updates=2, padding_mask=padding)
    np.testing.assert_allclose(found.output[0], modern.association(Y[0, :4], Q[0], heads=2, lam=1.0, updates=2).output, atol=1e-14)
    pairs = rng.random((3, 6)) < 0.4
    want = modern.association(Y, Q, heads=2, association_mask=np.where(pairs, -np.inf, 0.0)).output
    for mask in (pairs, np.broadcast_to(pairs, (2, 2, 3, 6)), np.broadcast_to(pairs, (4, 3, 6)).copy()):
        np.testing.assert_allclose(modern.association(Y, Q, heads=2, association_mask=mask).output, want, atol=1e-15)


def test_a_fully_masked_state_reads_out_zeros():
    rng = np.random.default_rng(6)
    Y, Q = rng.standard_normal((2, 6, 4)), rng.standard_normal((2, 3, 4))
    padding = np.array([[1] * 6, [0] * 6], bool)
    p = modern.Parameters(output=rng.standard_normal((5, 4)), output_bias=rng.standard_normal(5))
    for updates in (0, 3, None):
        found = modern.association(Y, Q, parameters=p, padding_mask=padding, updates=updates)
        np.testing.assert_array_equal(found.weights[0], 0)
        np.testing.assert_array_equal(found.output[0], np.broadcast_to(p.output_bias, (3, 5)))
        assert np.isfinite(found.output[1]).all() and np.allclose(found.weights[1].sum(axis=-1), 1)


def test_one_pattern_lam_zero_float32_and_empty_batches():
    rng = np.random.default_rng(7)
    Y, Q = rng.standard_normal((2, 6, 4)), rng.standard_normal((2, 3, 4))
    np.testing.assert_allclose(modern.association(Y[:, :1], Q, lam=3.0).output, np.repeat(Y[:, :1], 3, axis=1))
    np.testing.assert_allclose(modern.association(Y, Q, lam=0.0).output, np.repeat(Y.mean(axis=1, keepdims=True), 3, axis=1), atol=1e-15)
    single = modern.association(Y.astype(np.float32), Q.astype(np.float32))
    assert single.output.dtype == np.float32
    np.testing.assert_allclose(single.output, modern.association(Y, Q).output, atol=1e-6)
    assert modern.association(Y[:0], Q[:0], heads=2).output.shape == (0, 3, 4)
    assert modern.pooling(Y[:0], Q[0]).output.shape == (0, 12)


def test_layer_normalization():
    x = np.random.default_rng(8).standard_normal((3, 7)) * 4 + 2
    plain = layers.normalized(np, "norm_state", x, (None, None))
    np.testing.assert_allclose([plain.mean(axis=1), plain.var(axis=1)], [np.zeros(3), x.var(axis=1) / (x.var(axis=1) + 1e-5)], atol=1e-14)
    np.testing.assert_allclose(layers.normalized(np, "norm_state", x, (np.arange(7.0), np.ones(7))), plain * np.arange(7) + 1)


Y, Q = np.ones((2, 6, 4)), np.ones((2, 3, 4))


@pytest.mark.parametrize("change, words", [
    (dict(heads=3), "heads = 3"), (dict(lam=-1.0), "lam = -1.0"), (dict(lam=[1.0, 2.0]), r"lam has shape \(2,\)"), (dict(updates=-1), "updates"),
    (dict(stop="batch"), "stop"), (dict(projection=np.ones((2, 5, 4))), "projection has 5 patterns"),
    (dict(stored=np.ones((2, 6, 5))), "components per head"),
    (dict(padding_mask=np.zeros((2, 5), bool)), "padding_mask"), (dict(padding_mask=np.zeros((2, 6))), "booleans"),
    (dict(association_mask=np.zeros((6, 3), bool)), "association_mask"), (dict(association_mask=[[True]]), "expected an array"),
    (dict(parameters=modern.Parameters(state=np.ones((4, 5)))), r"parameters.state has shape \(4, 5\)"),
    (dict(parameters=modern.Parameters(output_bias=np.ones(5))), "output_bias"),
    (dict(parameters=modern.Parameters(norm_state=(np.ones(3), None))), "norm_state"),
    (dict(stored=np.full((2, 6, 4), np.nan)), "stored holds NaN"),
    (dict(state=np.full((2, 3, 4), np.inf)), "state holds NaN or infinity"),
    (dict(parameters=modern.Parameters(output=np.full((2, 4), np.nan))), "parameters.output holds NaN"),
    (dict(state=np.ones(4)), r"state has shape \(4,\)"),
    (dict(state=np.ones((2, 3, 4)) * 1j), "real"), (dict(tolerance=-1.0), "tolerance"),
])
def test_bad_input_is_refused(change, words):
    arguments = {"stored": Y, "state": Q, **change}
    with pytest.raises(ParameterError, match=words):
        modern.association(**arguments)


def test_the_tutorial_prints_what_it_says(capsys):
    text = (Path(__file__).parent.parent / "docs" / "attention.md").read_text()
    blocks, space = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", text, re.DOTALL), {}
    assert len(blocks) == text.count("```python") >= 8
    for code, want in blocks:
        exec(compile(code, "attention.md", "exec"), space)
        assert capsys.readouterr().out == want
