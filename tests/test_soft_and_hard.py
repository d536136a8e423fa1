"""The crosstalk as spin glasses: hard plus soft at P = 2, hard alone at P >= 4 (docs/theory/rsb.md, "Soft and hard glass")."""
import pathlib
import sys

import numpy as np
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "benchmarks"))
from soft_and_hard import beyond_gaussian, hopfield  # noqa: E402


@pytest.mark.parametrize("alpha, T", [(0.05, 0.2), (0.1, 0.5), (0.1, 1.1), (1.0, 1.5)])
def test_the_hopfield_glass_is_a_hard_and_a_soft_one(alpha, T):
    A, hard, soft, coupling = hopfield(alpha, T)
    assert hard + soft + coupling == pytest.approx(A, abs=1e-9)
    assert abs(soft) > 0.1   # and the soft part is no small correction


def test_only_the_second_cumulant_survives_beyond_p_2():
    sizes = (50, 100, 200, 400)
    two, four, six = ([beyond_gaussian(P, 0.3, 2.0, N)[1] for N in sizes] for P in (2, 4, 6))
    assert two[-1] == pytest.approx(-0.15 * (np.log(0.5) + 0.5) - 0.3 / 16, rel=0.03) and two[-1] > two[0]
    for rest, power in ((four, 1), (six, 2)):   # as N**(1 - P/2): the third cumulant
        assert np.polyfit(np.log(sizes[1:]), np.log(rest[1:]), 1)[0] == pytest.approx(-power, abs=0.2)
    assert beyond_gaussian(4, 0.3, 2.0, 400)[0] == pytest.approx(0.3 / 16, rel=1e-3)
