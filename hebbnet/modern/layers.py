"""Layers of modern Hopfield networks as functions of arrays: the update of network.py with projections, heads and masks, which is attention.

    q = W_q n(r) + b_q,   k = W_k n(y) + b_k,   v = W_v n(y') + b_v,       n: layer normalization or nothing
    p = softmax(lam q k^T + masks),   then `updates` times: q <- p k, p anew;       output W_o [p v of all heads] + b_o

r: state patterns, y: stored patterns, y': what is read out of them; heads are contiguous blocks of the last axis of q, k and v.  Without
projections and with y' = y the output after u updates is the update of network.py, u + 1 times; with u = 0 it is softmax attention.
Arrays are NumPy's, CuPy's or PyTorch's, whose gradients pass; the operations used are common to the three.
Source: Ramsauer et al. (2021) arXiv:2008.02217, section 3; orders and defaults as in its PyTorch layers, but for what docs/theory/modern.md lists.
"""
import math
import sys
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from ..params import Parameter, ParameterError, choose, count
from . import streaming
from .streaming import LAM

EPSILON = 1e-5            # of the variance in layer normalization
STOPS = ("state", "head")
MOST = 10_000             # updates, where they are to go on until convergence


@dataclass(frozen=True)
class Parameters:
    """Weights of a layer; None leaves a map out.

    state (heads D, size of r), stored (heads D, size of y), projection (heads E, size of y'; connected: of the projected y), output (size, heads E),
    each with a bias.  norm_*: (gain, offset) of the layer normalization of that input, each None or of its size; norm_space: that of q and k, (D,).
    """

    state: np.ndarray | None = None
    stored: np.ndarray | None = None
    projection: np.ndarray | None = None
    output: np.ndarray | None = None
    state_bias: np.ndarray | None = None
    stored_bias: np.ndarray | None = None
    projection_bias: np.ndarray | None = None
    output_bias: np.ndarray | None = None
    norm_state: tuple | None = None
    norm_stored: tuple | None = None
    norm_projection: tuple | None = None
    norm_space: tuple | None = None


class Association(NamedTuple):
    """output (..., S, size); weights (..., heads, S, K), the last softmax; converged (..., heads, S), whether its last update moved it by at most the
    tolerance (all False without updates)."""

    output: np.ndarray
    weights: np.ndarray
    converged: np.ndarray


def association(stored, state, projection=None, *, parameters=None, heads=1, lam=None, updates=0, tolerance=1e-4, padding_mask=None,
                association_mask=None, connected=False, stop="state", dropout=None):
    """Associate state patterns (..., S, size) with stored patterns (..., K, size) and read out a projection (..., K, size): an `Association`.

    projection: by default the stored patterns.  parameters: `Parameters`, by default no maps.
    lam: inverse temperature, a number or one for each head; by default 1/sqrt(D) with projections of state or stored patterns, else 1.
    updates: of the state before the read-out; None goes on until convergence, at most 10,000.  A state stops where an update changes its
    weights by at most `tolerance`, norm(p_new - p_old), so that it does not depend on its batch; stop="head" takes instead the norm over all
    states of a head, the largest of the batch, as the PyTorch layers do.
    padding_mask (..., K): True leaves a stored pattern out.  association_mask: (S, K), or with more dimensions (..., heads, S, K) or
    (B heads, S, K); True leaves a pair out, numbers are added to the logits.  A state all of whose patterns are left out has zero weights and
    reads out zeros.
    connected: the projection is taken of the projected stored patterns, W_v (W_k y' + b_k) + b_v.  dropout: a function of the weights, for training.
    ParameterError for shapes that do not fit, lam < 0, and NaN or infinity.
    """
    w = Parameters() if parameters is None else parameters
    xp, (stored, state, projection) = _arrays(stored, state, stored if projection is None else projection)
    for name, value in (("padding_mask", padding_mask), ("association_mask", association_mask)):
        if value is not None and not hasattr(value, "dtype"):
            raise ParameterError(f"{name} is a {type(value).__name__}: expected an array", name)
    _check_kind(xp, w, padding_mask, association_mask)
    choose("stop", stop, STOPS)
    heads = count("heads", heads)
    tolerance = Parameter(name="tolerance", symbol="", meaning="largest change of the weights of a state at rest", kind=float, low=0).check(tolerance)
    most = MOST if updates is None else count("updates", updates, low=0)
    if projection.shape[-2] != stored.shape[-2]:
        raise ParameterError(f"projection has {projection.shape[-2]} patterns and stored {stored.shape[-2]}: expected as many", "projection")
    y = normalized(xp, "norm_projection", projection, w.norm_projection)
    q = mapped("state", normalized(xp, "norm_state", state, w.norm_state), w.state, w.state_bias)
    k = mapped("stored", normalized(xp, "norm_stored", stored, w.norm_stored), w.stored, w.stored_bias)
    v = mapped("projection", mapped("stored", y, w.stored, w.stored_bias) if connected else y, w.projection, w.projection_bias)
    q, k, v = (split(name, x, heads) for name, x in (("state", q), ("stored", k), ("projection", v)))
    if q.shape[-1] != k.shape[-1]:
        raise ParameterError(f"state has {q.shape[-1]} components per head and stored {k.shape[-1]}: expected as many", "state")
    q, k = normalized(xp, "norm_space", q, w.norm_space), normalized(xp, "norm_space", k, w.norm_space)
    lam = temperature(xp, lam, heads, q, 1.0 if w.state is None and w.stored is None else 1 / math.sqrt(q.shape[-1]))
    out = excluded(xp, padding_mask, association_mask, q, k, heads)
    with np.errstate(invalid="ignore", over="ignore"):   # refused below
        p = softmax(xp, lam * (q @ xp.swapaxes(k, -1, -2)), *out)
    active, still = xp.isfinite(p[..., 0]), xp.zeros_like(p[..., 0]) > 1
    for _ in range(most):
        new = softmax(xp, lam * ((p @ k) @ xp.swapaxes(k, -1, -2)), *out)
        change = xp.sum((new - p) ** 2, -1)
        if stop == "head":   # over states, and then the largest of the batch
            total = xp.sum(change, -1)
            worst = xp.amax(total.reshape(-1, heads), 0)
            change = change * 0 + worst[..., None]
        p = xp.where(active[..., None], new, p)
        still = still | (active & (change <= tolerance**2))
        active = active & ~still
        if not bool(xp.any(active)):
            break
    read = (p if dropout is None else dropout(p)) @ v
    joined = xp.swapaxes(read, -2, -3)
    output = mapped("output", joined.reshape(*joined.shape[:-2], heads * v.shape[-1]), w.output, w.output_bias)
    if xp is not sys.modules.get("torch") and not bool(xp.isfinite(output).all()):
        _refuse(xp, w)
    return Association(output, p, still)


def pooling(stored, queries, projection=None, **settings):
    """Pool stored patterns (..., K, size) by queries (Q, size), learned or given: an `Association` whose output is flat, (..., Q size).

    Settings and errors: as `association`, of which the queries are the state patterns, the same for every member of a batch.
    """
    found = association(stored, queries, projection, **settings)
    *batch, queries, size = found.output.shape
    return found._replace(output=found.output.reshape(*batch, queries * size))


def lookup(state, patterns, targets=None, **settings):
    """Look states (..., S, size) up in stored patterns (K, size), parameters of the layer, and read out targets (K, size): an `Association`.

    targets: by default the patterns.  Settings and errors: as `association`.
    """
    return association(patterns, state, targets, **settings)


# ---- steps of an association ------------------------------------------------------------------------------------------------------

def softmax(xp, z, mask, bias):
    """softmax over the last axis of z + bias without the entries of `mask`; zeros where all are left out."""
    if bias is not None:
        z = z + bias
    if mask is not None:
        z = xp.where(mask, -math.inf, z)
    top = xp.amax(z, -1)[..., None]
    e = xp.exp(z - xp.where(top == -math.inf, 0.0, top))
    total = xp.sum(e, -1)[..., None]
    return e / xp.where(total == 0, 1.0, total)


def normalized(xp, name, x, norm):
    """Layer normalization over the last axis: (x - mean)/sqrt(variance + 1e-5), times gain, plus offset; x itself where norm is None."""
    if norm is None:
        return x
    apart = x - xp.mean(x, -1)[..., None]
    x = apart / xp.sqrt(xp.mean(apart**2, -1) + EPSILON)[..., None]
    gain, offset = norm
    for value in (gain, offset):
        if value is not None and tuple(value.shape) != (x.shape[-1],):
            raise ParameterError(f"{name} has an entry of shape {tuple(value.shape)}: expected ({x.shape[-1]},)", name)
    x = x if gain is None else x * gain
    return x if offset is None else x + offset


def mapped(name, x, weight, bias):
    """weight x + bias of the last axis."""
    if weight is not None:
        if weight.ndim != 2 or weight.shape[1] != x.shape[-1]:
            raise ParameterError(f"parameters.{name} has shape {tuple(weight.shape)}: expected (..., {x.shape[-1]}), the size of what it maps", name)
        x = x @ weight.T
    if bias is not None:
        if tuple(bias.shape) != (x.shape[-1],):
            raise ParameterError(f"parameters.{name}_bias has shape {tuple(bias.shape)}: expected ({x.shape[-1]},)", f"{name}_bias")
        x = x + bias
    return x


def split(name, x, heads):
    """(..., S, heads D) as (..., heads, S, D)."""
    if x.shape[-1] % heads:
        raise ParameterError(f"heads = {heads}: the {x.shape[-1]} components of {name} cannot be split among them", "heads")
    x = x.reshape(*x.shape[:-1], heads, x.shape[-1] // heads)
    return x.swapaxes(-2, -3)


def temperature(xp, lam, heads, like, default):
    """lam as (heads, 1, 1)."""
    if lam is None:
        return default
    shape = tuple(lam.shape) if hasattr(lam, "shape") else np.shape(lam)
    if shape == ():
        return lam if hasattr(lam, "requires_grad") else LAM.check(lam)
    if shape != (heads,):
        raise ParameterError(f"lam has shape {shape}: expected one number, or one for each of the {heads} heads", "lam")
    if hasattr(lam, "requires_grad"):   # a parameter that is learnt
        return lam.reshape(heads, 1, 1)
    values = [LAM.check(value) for value in lam]
    more = {"device": like.device} if xp is sys.modules.get("torch") else {}
    return xp.asarray(values, dtype=like.dtype, **more).reshape(heads, 1, 1)


def excluded(xp, padding, pairs, q, k, heads):
    """(mask, bias): what is left out of (..., heads, S, K) as booleans, and what is added to the logits; each None or broadcastable."""
    S, K = q.shape[-2], k.shape[-2]
    mask = bias = None
    if padding is not None:
        if padding.shape[-1] != K or "bool" not in str(padding.dtype):
            raise ParameterError(f"padding_mask has shape {tuple(padding.shape)} and type {padding.dtype}: expected (..., {K}), booleans",
                                 "padding_mask")
        mask = padding[..., None, None, :]
    if pairs is not None:
        if pairs.ndim < 2 or tuple(pairs.shape[-2:]) != (S, K) or (pairs.ndim == 3 and pairs.shape[0] % heads):
            raise ParameterError(f"association_mask has shape {tuple(pairs.shape)}: expected ({S}, {K}), (..., heads, {S}, {K}) or "
                                 f"(B heads, {S}, {K})", "association_mask")
        if pairs.ndim == 3:
            pairs = pairs.reshape(-1, heads, S, K) if pairs.shape[0] > heads else pairs
        if "bool" in str(pairs.dtype):
            mask = pairs if mask is None else mask | pairs
        else:
            bias = pairs
    return mask, bias


def _arrays(*arrays):
    """(namespace, arrays) of one float type."""
    torch = sys.modules.get("torch")
    if torch is not None and any(isinstance(x, torch.Tensor) for x in arrays):
        return torch, arrays
    xp = streaming.namespace(*arrays)
    found = []
    for name, x in zip(("stored", "state", "projection"), arrays):
        x = xp.asarray(x)
        if x.ndim < 2 or np.dtype(x.dtype).kind not in "iufb" or 0 in x.shape[-2:]:
            raise ParameterError(f"{name} has shape {tuple(x.shape)} and type {x.dtype}: expected (..., patterns, size), real numbers", name)
        if not bool(xp.isfinite(x).all()):
            raise ParameterError(f"{name} holds NaN or infinity: expected finite numbers, also where a mask leaves them out", name)
        found.append(x)
    kind = np.float32 if np.result_type(*(x.dtype for x in found)) == np.float32 else np.float64
    return xp, [x.astype(kind) for x in found]


def _check_kind(xp, parameters, padding_mask, association_mask):
    """ParameterError for masks and parameters on the host where states are on a GPU, and the other way round."""
    given = {field.name: getattr(parameters, field.name) for field in fields(parameters)}
    for name, value in {**given, "padding_mask": padding_mask, "association_mask": association_mask}.items():
        for part in value if isinstance(value, tuple) else (value,):
            if part is not None and xp is not sys.modules.get("torch") and streaming.namespace(part) is not xp:
                raise ParameterError(f"{name} is no array of {xp.__name__}, as the patterns are: expected arrays of one kind", name)


def _refuse(xp, parameters):
    for name in (field.name for field in fields(parameters)):
        value = getattr(parameters, name)
        if any(part is not None and not bool(xp.isfinite(part).all()) for part in (value if isinstance(value, tuple) else (value,))):
            raise ParameterError(f"parameters.{name} holds NaN or infinity: expected finite numbers", name)
    raise ParameterError("state and stored have inner products beyond the largest number: scale them down", "state")
