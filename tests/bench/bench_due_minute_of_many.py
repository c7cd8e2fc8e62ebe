"""The due minute of 28 000 checks, for one replica: that of `bench_due_minute`, plain."""

import asyncio
from typing import Any, Final

from fjarrtillsyn.embedded.postgres import running_postgres
from tests.bench.bench_due_minute import measure
from tests.support.postgres import fresh_database, make_template

CHECKS: Final = 28_000


def run() -> list[dict[str, Any]]:
    """Return the milliseconds of a check and of its two halves, each beside its bare transactions."""
    with running_postgres(throwaway=True) as server:
        make_template(server)
        with fresh_database(server) as database:
            return asyncio.run(measure(server, database, "due_minute_of_28000", CHECKS))
