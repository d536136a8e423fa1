"""Layers of modern Hopfield networks as torch.nn.Module: trainable weights around the functions of hebbnet.modern, with gradients.

    import hebbnet.torch                                       # pip install "hebbnet[torch]"
    pool = hebbnet.torch.Pooling(64, quantity=2)               # (batch, stored, 64) -> (batch, 128)

Semantics, masks and update steps: `hebbnet.modern.association`, docs/theory/modern.md.  PyTorch is an extra that nothing else here needs.
"""
import math

from . import modern
from .params import Parameter, ParameterError, count

try:
    import torch
    from torch import nn
except ImportError as e:
    raise ImportError('hebbnet.torch needs PyTorch: pip install "hebbnet[torch]"') from e

DEVIATION = 0.02   # of initial weights
DROPOUT = Parameter(name="dropout", symbol="", meaning="fraction of the softmax weights that training leaves out", kind=float, low=0, high=1,
                    below=True)


class Association(nn.Module):
    """Associate state patterns with stored patterns and read out a projection of the stored ones, with trained maps.

    size: of the state patterns; stored_size, projection_size: of the others, by default the same.  hidden: components per head in the space of
    associations, by default size / heads; readout: components per head that are read out, by default hidden; output_size: by default size, None for
    no output map (the heads side by side).  heads, lam, updates, tolerance, connected, stop: as `hebbnet.modern.association`; trainable_lam: lam is
    learnt, one for each head.  normalize: layer normalization of the three inputs, with gain and offset; normalize_space: of q and k.
    dropout: of the softmax weights in training.  bias: of all maps.  Weights begin as N(0, 0.02**2), biases as 0, gains as 1.
    ParameterError for sizes and settings out of range.
    """

    def __init__(self, size, *, stored_size=None, projection_size=None, hidden=None, readout=None, output_size=0, heads=1, lam=None, updates=0,
                 tolerance=1e-4, connected=False, stop="state", trainable_lam=False, normalize=True, normalize_space=False, dropout=0.0, bias=True):
        super().__init__()
        size, heads = count("size", size), count("heads", heads)
        if hidden is None and size % heads:
            raise ParameterError(f"heads = {heads}: the size {size} cannot be split among them; give hidden", "heads")
        hidden = size // heads if hidden is None else count("hidden", hidden)
        readout = hidden if readout is None else count("readout", readout)
        stored_size = size if stored_size is None else count("stored_size", stored_size)
        projection_size = stored_size if projection_size is None else count("projection_size", projection_size)
        output_size = size if output_size == 0 else output_size
        sources = {"state": size, "stored": stored_size, "projection": projection_size}
        maps = {"state": (heads * hidden, size), "stored": (heads * hidden, stored_size),
                "projection": (heads * readout, heads * hidden if connected else projection_size)}
        if output_size is not None:
            maps["output"] = (count("output_size", output_size), heads * readout)
        self.maps = nn.ParameterDict({name: nn.Parameter(torch.empty(shape)) for name, shape in maps.items()})
        self.biases = nn.ParameterDict({name: nn.Parameter(torch.empty(shape[0])) for name, shape in maps.items()} if bias else {})
        norms = {**(sources if normalize else {}), **({"space": hidden} if normalize_space else {})}
        self.gains = nn.ParameterDict({name: nn.Parameter(torch.empty(n)) for name, n in norms.items()})
        self.offsets = nn.ParameterDict({name: nn.Parameter(torch.empty(n)) for name, n in norms.items()})
        self.settings = dict(heads=heads, updates=updates, tolerance=tolerance, connected=connected, stop=stop)
        self.dropout = DROPOUT.check(dropout)
        start = 1 / math.sqrt(hidden) if lam is None else lam
        self.lam = nn.Parameter(torch.full((heads,), float(start))) if trainable_lam else start
        self.reset()

    def reset(self):
        """Begin anew: weights from torch's generator."""
        for weight in self.maps.values():
            nn.init.normal_(weight, std=DEVIATION)
        for zero in (*self.biases.values(), *self.offsets.values()):
            nn.init.zeros_(zero)
        for gain in self.gains.values():
            nn.init.ones_(gain)

    def parts(self):
        """The weights as `hebbnet.modern.Parameters`."""
        norms = {f"norm_{name}": (self.gains[name], self.offsets[name]) for name in self.gains}
        return modern.Parameters(**dict(self.maps), **{f"{name}_bias": bias for name, bias in self.biases.items()}, **norms)

    def associate(self, stored, state, projection=None, padding_mask=None, association_mask=None):
        """The whole `hebbnet.modern.layers.Association`: output, softmax weights, converged."""
        def drop(p):
            return nn.functional.dropout(p, self.dropout, self.training)

        return modern.association(stored, state, projection, parameters=self.parts(), lam=self.lam, padding_mask=padding_mask,
                                  association_mask=association_mask, dropout=drop if self.dropout else None, **self.settings)

    def forward(self, stored, state, projection=None, padding_mask=None, association_mask=None):
        """stored (..., K, stored_size), state (..., S, size), projection (..., K, projection_size): (..., S, output_size)."""
        return self.associate(stored, state, projection, padding_mask, association_mask).output


class Pooling(nn.Module):
    """Pool stored patterns by `quantity` trained queries: (batch, K, size) -> (batch, quantity output_size).  Settings: as `Association`."""

    def __init__(self, size, *, quantity=1, **settings):
        super().__init__()
        self.queries = nn.Parameter(torch.empty(count("quantity", quantity), count("size", size)))
        self.association = Association(size, **settings)
        self.reset()

    def reset(self):
        nn.init.normal_(self.queries, std=DEVIATION)
        self.association.reset()

    def forward(self, stored, projection=None, padding_mask=None):
        return self.association(stored, self.queries, projection, padding_mask).flatten(-2)


class Lookup(nn.Module):
    """Look states up in `quantity` trained stored patterns: (..., S, size) -> (..., S, output_size).

    separate_targets: what is read out is trained apart from what is associated with.  Settings: as `Association`.
    """

    def __init__(self, size, *, quantity, separate_targets=False, **settings):
        super().__init__()
        stored_size = settings.get("stored_size") or size
        shape = count("quantity", quantity), count("stored_size", stored_size)
        self.patterns = nn.Parameter(torch.empty(shape))
        self.targets = nn.Parameter(torch.empty(shape[0], settings.get("projection_size") or stored_size)) if separate_targets else None
        self.association = Association(size, **settings)
        self.reset()

    def reset(self):
        for x in (self.patterns, self.targets):
            if x is not None:
                nn.init.normal_(x, std=DEVIATION)
        self.association.reset()

    def forward(self, state, association_mask=None):
        return self.association(self.patterns, state, self.targets, None, association_mask)
