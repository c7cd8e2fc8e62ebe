"""No order of findings, words, reports, jumps of the clock and deaths of replicas breaks what a dispatch has promised."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from fjarrtillsyn.embedded.postgres import Postgres
from tests.support.dispatch_machine import DispatchLife


@pytest.mark.parametrize("examples", [4, pytest.param(2000, marks=pytest.mark.long)])
def test_a_dispatch_keeps_its_promises(migrated_server: Postgres, examples: int) -> None:
    class DispatchOnServer(DispatchLife):
        server = migrated_server

    slow: Any = (HealthCheck.too_slow, HealthCheck.data_too_large)
    run_state_machine_as_test(
        DispatchOnServer,
        settings=settings(max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=slow),
    )
