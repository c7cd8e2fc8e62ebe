"""Fixtures that every kind of test may ask for: real servers on free ports, gone afterwards."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
import structlog

from fjarrtillsyn.embedded.rights import CENTRE, DETECTOR
from tests.support.mosquitto import Mosquitto

if TYPE_CHECKING:
    from fjarrtillsyn.embedded.postgres import Postgres
    from tests.support.postgres import Database


# One thread, as the detector gives OpenCV in the service: several tests are at work, and a pool's threads wait by spinning.
os.environ.setdefault("OPENCV_FOR_THREADS_NUM", "1")

# A machine that others use as well pauses, and a pause is no fault of an example. Mutants are tried by a profile of their own.
if hypothesis.settings.get_current_profile_name() == "default":
    hypothesis.settings.register_profile(
        "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("unhurried")

_NIGHT = Path(__file__).parent / "night"
_TOWN_MAKERS = ("storstad", "centre", "town")
"""Names of fixtures that make a test's town. The town that one of them made once is copied for the next test."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the whole nights: they are long and mostly wait, and the many short tests fill in beside them."""
    items.sort(key=lambda item: not item.path.is_relative_to(_NIGHT))


@pytest.fixture(autouse=True)
def log_as_in_service() -> None:
    """Log as the parts do, on the test's own output.

    structlog's own tracebacks show what every variable holds: seconds of work for which PostgreSQL does not wait.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=False),
        ],
        cache_logger_on_first_use=False,
    )


@pytest.fixture
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """A running Mosquitto as deployed; ``allow`` lets devices in."""
    users = {CENTRE: "centre-password", DETECTOR: "detector-password"}
    broker = Mosquitto(tmp_path_factory.mktemp("mosquitto"), users)
    broker.start()
    yield broker
    broker.stop()


# The imports below wait until a test asks: PostgreSQL's wheel and the store are slow to load for a pure test.


@pytest.fixture(scope="session")
def postgres_server() -> "Iterator[Postgres]":
    """A PostgreSQL for the whole run, without our roles; most tests want ``database``."""
    from tests.support.postgres import throwaway_server

    with throwaway_server() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_server(postgres_server: "Postgres") -> "Postgres":
    """A PostgreSQL with our roles and the migrated database that each test's is copied from."""
    from tests.support.postgres import make_template

    make_template(postgres_server)
    return postgres_server


@pytest.fixture
def database(migrated_server: "Postgres", request: pytest.FixtureRequest) -> "Iterator[Database]":
    """A migrated database that nobody has used, with the shiftable clock: its addresses by role."""
    from tests.support.postgres import fresh_database

    name = next((each for each in _TOWN_MAKERS if each in request.fixturenames), None)
    # The module's own fixture, or else the one of its folder; or the test itself, which has many cases.
    maker = getattr(request.module, name, request.path.parent) if name else request.function
    with fresh_database(migrated_server, maker) as fresh:
        yield fresh


@pytest.fixture(scope="session")
def footage() -> Path:
    """The folder of recorded footage; without it the test is skipped."""
    folder = Path(os.environ.get("FJT_FOOTAGE", Path(__file__).parents[2] / "shared" / "footage"))
    if not folder.is_dir():
        pytest.skip(f"no footage in {folder}; set FJT_FOOTAGE")
    return folder
