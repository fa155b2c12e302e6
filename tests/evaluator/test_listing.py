"""How figures are printed."""

import pytest

from evaluator.listing import p_is, probability


@pytest.mark.parametrize(
    ("p", "shown"),
    [
        (0.0, "< 1e-4"),
        (1e-300, "< 1e-4"),
        (0.99e-4, "< 1e-4"),
        (1e-4, "0.0001"),
        (0.00096, "0.0010"),
        (0.0012, "0.001"),
        (0.0412, "0.041"),
        (0.291, "0.29"),
        (1.0, "1.00"),
    ],
)
def test_no_probability_is_zero(p: float, shown: str) -> None:
    assert probability(p) == shown
    assert p_is(p) == (f"p {shown}" if shown.startswith("<") else f"p = {shown}")
