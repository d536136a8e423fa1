"""hebbnet.torch: the published forward cases through the modules, gradients, masks, and that they train.  `make test-torch`."""
import copy
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import hebbnet.torch as ht
from hebbnet import ParameterError, modern

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from test_layers import CASES, drawn, parameters  # noqa: E402


def fill(module, p):
    """Put the weights of a `modern.Parameters` into an `Association`."""
    with torch.no_grad():
        for name in module.maps:
            module.maps[name].copy_(torch.as_tensor(getattr(p, name)))
        for name in module.biases:
            module.biases[name].copy_(torch.as_tensor(getattr(p, f"{name}_bias")))
        for name in module.gains:
            gain, offset = getattr(p, f"norm_{name}")
            if gain is not None:
                module.gains[name].copy_(torch.as_tensor(gain))
                module.offsets[name].copy_(torch.as_tensor(offset))


torch.set_num_threads(1)


@pytest.mark.parametrize("name", [name for name in CASES if name != "static_retrieval"])
def test_public_forward_cases(name):
    case = CASES[name]
    (w, inputs), o = drawn(case), case["options"]
    p, tensors, size = parameters(w, o), [torch.as_tensor(x) for x in inputs], o["input_size"]
    settings = dict(heads=o.get("num_heads", 1), hidden=o.get("hidden_size"), lam=o.get("scaling"), updates=o.get("update_steps_max", 0),
                    stop="head", tolerance=o.get("update_steps_eps", 1e-4), connected=o.get("pattern_projection_as_connected", False),
                    bias=p.state_bias is not None, normalize=p.norm_state is not None,
                    normalize_space=p.norm_space is not None, readout=o.get("pattern_size"),
                    stored_size=o.get("stored_pattern_size"), projection_size=o.get("pattern_projection_size"), output_size=o.get("output_size", 0))
    if case["cls"] == "Hopfield":
        layer = ht.Association(size, **settings).double()
        fill(layer, p)
        masks = dict(padding_mask=torch.zeros(2, 4, dtype=bool), association_mask=torch.zeros(3, 4, dtype=bool)) if case["masks"] else {}
        if masks:
            masks["padding_mask"][0, -1] = masks["association_mask"][0, 0] = True
        output = layer(*(tensors if len(tensors) == 3 else 3 * tensors), **masks)
    elif case["cls"] == "HopfieldPooling":
        layer = ht.Pooling(size, quantity=o.get("quantity", 1), **settings).double()
        fill(layer.association, p)
        layer.queries.data = torch.as_tensor(w["pooling_weights"][0])
        output = layer(tensors[0])
    else:
        separate = o.get("lookup_weights_as_separated", False)
        layer = ht.Lookup(size, quantity=o["quantity"], separate_targets=separate, **settings).double()
        fill(layer.association, p)
        layer.patterns.data = torch.as_tensor(w["lookup_weights"][0])
        if separate:
            layer.targets.data = torch.as_tensor(w["target_weights"][0])
        output = layer(tensors[0])
    np.testing.assert_allclose(output.detach().numpy(), np.reshape(case["output"], case["output_shape"]), rtol=0, atol=1e-9)


@pytest.mark.parametrize("settings", [dict(), dict(updates=2, tolerance=0.0), dict(heads=2, normalize_space=True), dict(heads=2, trainable_lam=True),
                                      dict(connected=True, bias=False), dict(output_size=None, normalize=False)])
def test_gradients(settings):
    torch.manual_seed(0)
    layer = ht.Association(4, hidden=3, **settings).double()
    for x in layer.parameters():
        torch.nn.init.normal_(x, std=0.7)
    if settings.get("trainable_lam"):
        layer.lam.data = torch.tensor([0.5, 1.2], dtype=torch.float64)
    Y, R = torch.randn(2, 5, 4, dtype=torch.float64, requires_grad=True), torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    mask = torch.zeros(2, 5, dtype=bool)
    mask[0, 3:] = True
    values = list(layer.parameters())
    assert torch.autograd.gradcheck(lambda y, r, *_: layer(y, r, padding_mask=mask), (Y, R, *values))


def test_a_fully_masked_state_has_finite_gradients():
    layer = ht.Association(4, heads=2, updates=3)
    Y, R = torch.randn(2, 5, 4, requires_grad=True), torch.randn(2, 3, 4, requires_grad=True)
    output = layer(Y, R, padding_mask=torch.tensor([[True] * 5, [False] * 5]))
    output.sum().backward()
    assert torch.isfinite(output).all() and torch.isfinite(Y.grad).all() and torch.isfinite(R.grad).all() and (Y.grad[0] == 0).all()
    np.testing.assert_array_equal(output[0].detach(), layer.biases["output"].detach().expand(3, 4))


def test_without_maps_it_is_scaled_dot_product_attention_and_the_update_of_the_network():
    torch.manual_seed(1)
    q, k, v = (torch.randn(2, 6, 8, dtype=torch.float64) for _ in range(3))
    want = torch.nn.functional.scaled_dot_product_attention(q, k, v)
    np.testing.assert_allclose(modern.association(k, q, v, lam=8**-0.5).output, want, rtol=0, atol=1e-12)
    np.testing.assert_allclose(modern.association(k, q, lam=1.3, updates=2, tolerance=0.0).output.numpy(),
                               modern.association(k.numpy(), q.numpy(), lam=1.3, updates=2, tolerance=0.0).output, rtol=0, atol=1e-12)


def test_pooling_finds_the_marked_instance():
    """Bags of noise; a bag counts if one instance carries a mark: pooling learns where to look."""
    torch.manual_seed(2)
    X, y = torch.randn(400, 12, 6), torch.arange(400) % 2
    X[y == 1, 3] += torch.tensor([6.0, 0, 0, 0, 0, 0])
    pool = torch.nn.Sequential(ht.Pooling(6, hidden=8, lam=1.0, dropout=0.1), torch.nn.Linear(6, 1))
    before = copy.deepcopy(pool.state_dict())
    optimizer = torch.optim.AdamW(pool.parameters(), lr=0.02)
    for _ in range(150):
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(pool(X[:300])[:, 0], y[:300].float()).backward()
        optimizer.step()
    pool.eval()
    assert ((pool(X[300:])[:, 0] > 0) == (y[300:] == 1)).float().mean() > 0.9
    assert not torch.equal(pool.state_dict()["0.queries"], before["0.queries"])
    again = torch.nn.Sequential(ht.Pooling(6, hidden=8, lam=1.0, dropout=0.1), torch.nn.Linear(6, 1))
    again.load_state_dict(pool.state_dict())
    again.eval()
    assert torch.equal(again(X[:5]), pool(X[:5]))
    pool.train()
    assert not torch.equal(pool(X[:5]), pool(X[:5]))   # dropout


def test_initial_weights():
    torch.manual_seed(3)
    layer = ht.Lookup(40, quantity=50, heads=4, separate_targets=True)
    a = layer.association
    for x in (*a.maps.values(), layer.patterns, layer.targets):
        x = x.detach()
        assert abs(float(x.std()) / ht.DEVIATION - 1) < 0.1 and abs(float(x.mean())) < 3e-3
    assert all((b == 0).all() for b in a.biases.values()) and all((g == 1).all() for g in a.gains.values())
    assert a.lam == pytest.approx(10**-0.5) and layer(torch.randn(7, 40)).shape == (7, 40)
    assert a.associate(layer.patterns, torch.randn(2, 3, 40)).weights.shape == (2, 4, 3, 50)


@pytest.mark.parametrize("make, words", [(lambda: ht.Association(5, heads=2), "heads = 2"), (lambda: ht.Association(0), "size"),
                                         (lambda: ht.Association(4, dropout=1.0), "dropout"), (lambda: ht.Pooling(4, quantity=0), "quantity"),
                                         (lambda: ht.Association(4, lam=-1.0)(torch.ones(1, 2, 4), torch.ones(1, 2, 4)), "lam"),
                                         (lambda: ht.Association(4)(torch.ones(1, 2, 4), torch.ones(1, 2, 5)), "parameters.state|norm_state"),
                                         (lambda: ht.Association(4, stop="all")(torch.ones(1, 2, 4), torch.ones(1, 2, 4)), "stop")])
def test_bad_settings_are_refused(make, words):
    with pytest.raises(ParameterError, match=words):
        make()


def test_the_message_without_torch_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "hebbnet.torch")
    with pytest.raises(ImportError, match=re.escape('pip install "hebbnet[torch]"')):
        import hebbnet.torch  # noqa: F401


