"""The search of the row `orders` (tests/faults/rows/orders.py) can find something: faults that are planted."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.order_machine import Orders, settings
from tests.faults.orders import House
from tests.faults.planted import PLANTED
from tests.faults.rows.orders import STEPS

#: A planted fault has to show within so many programs; each does within twenty.
ENOUGH = 100


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("house", "words"), PLANTED.items(), ids=[house.__name__ for house in PLANTED])
def test_a_planted_fault_is_found(house: type[House], words: str) -> None:
    class Planted(Orders):
        house_type = house

    unshortened = settings(ENOUGH, STEPS, derandomize=True, phases=[hypothesis.Phase.generate])
    with pytest.raises(AssertionError, match=words):
        run_state_machine_as_test(Planted, settings=unshortened)
