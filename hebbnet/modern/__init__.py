"""Modern Hopfield networks, "Hopfield Networks is All You Need": functions of arrays (docs/theory/modern.md).

    energy, update, retrieve, weights, jacobian             the log-sum-exp network (network.py)
    k90, head_class, state_class, equidistant, nested, ...  what its fixed points are, exact ones of symmetric patterns (states.py)
    separation, well_separated, retrieval_bound, ...        theorems with their constants (bounds.py)
    association, pooling, lookup                            layers, with the semantics of attention (layers.py)

Patterns are rows (K, N), states (..., N); lam multiplies raw inner products.
"""
from .bounds import (
    Capacity,
    capacity_bound,
    convergence_bound,
    fixed_point_bound,
    retrieval_bound,
    separation,
    separation_bound,
    sphere_radius,
    well_separated,
)
from .layers import Association, Parameters, association, lookup, pooling
from .network import Retrieval, energy, jacobian, retrieve, update, weights
from .states import (
    Equidistant,
    Nested,
    equidistant,
    equidistant_weight,
    head_class,
    k90,
    nested,
    nested_patterns,
    nested_weights,
    state_class,
)

__all__ = ["Association", "Capacity", "Equidistant", "Nested", "Parameters", "Retrieval", "association", "capacity_bound", "convergence_bound",
           "energy", "equidistant", "equidistant_weight", "fixed_point_bound", "head_class", "jacobian", "k90", "lookup", "nested",
           "nested_patterns", "nested_weights", "pooling", "retrieval_bound", "retrieve", "separation", "separation_bound",
           "sphere_radius", "state_class", "update", "weights", "well_separated"]
