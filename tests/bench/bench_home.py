"""The cost of a judge at home on one core: its time and memory beside the gateway's, and the bytes that leave the home with it and without."""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2

from detector.judge import judge
from fjarrtillsyn.home import JudgeProcess, judge_running
from gateway.judging import home_finding
from schemas.wire import encode
from tests.bench.bench_judge import session
from tests.support.waiting import eventually

ROUNDS = 31

_GATEWAY = """
import re, sys, gateway.service
kept = sys.stdin.buffer.read()
print(int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read()).group(1)) / 1024)
"""
"""A gateway's code with one session in its memory."""


def run() -> list[dict[str, Any]]:
    """Return the measures: CPU milliseconds a session beside the bare call, peak MiB beside a gateway's own, bytes beside a session's."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        return _on_one_core()
    finally:
        os.sched_setaffinity(0, cores)


def _on_one_core() -> list[dict[str, Any]]:
    cv2.setNumThreads(1)
    made = session()
    payload = encode(made)
    judge(made)
    bare = statistics.median(_ms(lambda: judge(made)) for _ in range(ROUNDS))
    taken, waited, memory, answer = asyncio.run(_beside(payload))
    found = home_finding(payload, answer)
    assert found is not None and not found.pictures, "a sleeper, whose picture nobody sees"
    alone = subprocess.run(
        [sys.executable, "-c", _GATEWAY], input=payload, capture_output=True, check=True, timeout=120
    )
    gateway = float(alone.stdout)
    finding = len(encode(found))
    return [
        _row("home_judge_cpu", taken, bare, "ms"),
        _row("home_judge_wall", waited, bare, "ms"),
        _row("home_judge_peak_memory", memory, gateway, "MiB"),
        _row("home_bytes_of_a_sleeper", finding, len(payload), "bytes"),
    ]


async def _beside(payload: bytes) -> tuple[float, float, float, bytes]:
    """Return a judge process's CPU and waiting milliseconds a session, its peak MiB, and what it answers."""
    async with judge_running() as beside:
        await eventually(lambda: beside.alive)
        answer = await beside.judge(payload)
        assert answer is not None and beside.pid is not None
        before, waits = _cpu_ms(beside.pid), []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            await beside.judge(payload)
            waits.append((time.perf_counter() - began) * 1000)
        taken = (_cpu_ms(beside.pid) - before) / ROUNDS
        return taken, statistics.median(waits), _peak_mib(beside), answer


def _cpu_ms(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _peak_mib(beside: JudgeProcess) -> float:
    said = Path(f"/proc/{beside.pid}/status").read_text(encoding="ascii")
    return int(next(line for line in said.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def _ms(work: Any) -> float:
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1000


def _row(name: str, value: float, baseline: float, unit: str) -> dict[str, Any]:
    ratio = round(value / baseline, 4)
    return {"name": name, "value": round(value, 1), "unit": unit, "baseline": round(baseline, 1), "ratio": ratio}


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
