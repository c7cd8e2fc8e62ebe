"""A night of 500 alarms with a faulty provider, killed replicas and a clock that jumps: nothing is lost, nothing comes twice."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.long


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_five_hundred_alarms_end_and_the_account_adds_up(seed: int) -> None:
    command = [sys.executable, "-c", "from fjarrtillsyn.cli import main; main()", "night", "--alarms", "500"]
    faults = ["--replicas", "2", "--faults", "sms,kill,clock", "--seed", str(seed), "--json"]
    run = subprocess.run([*command, *faults], capture_output=True, text=True, check=False)
    ledger = json.loads(run.stdout.splitlines()[-1])["ledger"]
    assert run.returncode == 0, f"{run.stderr[-2000:]} {ledger}"
    assert ledger["alarms_closed"] == ledger["alarms_raised"] == 500
    assert ledger["kills"] > 0
    assert ledger["clock_jumps"] > 0
