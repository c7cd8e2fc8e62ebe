"""Every route says whom it is open to, in the table of rights or beside it, and docs/roles.md says the same."""

from pathlib import Path

from aiohttp import web

from alarm_center.web.app import ROUTES
from alarm_center.web.demo import simulated_phones
from alarm_center.web.roles_page import page
from alarm_center.web.route_access import Opening, access_of

ROLES_PAGE = Path(__file__).parents[2] / "docs" / "roles.md"
EACH = [route for table in ROUTES for route in table if isinstance(route, web.RouteDef)]


def test_a_route_says_whom_it_is_open_to() -> None:
    silent = [f"{route.method} {route.path}" for route in EACH if access_of(route.handler) is None]
    assert EACH and silent == [], "require(Right.…) or open_to(Opening.…), under its @routes"


def test_the_demos_phones_are_open_to_the_demo_alone() -> None:
    assert {access_of(route.handler) for route in simulated_phones.routes if isinstance(route, web.RouteDef)} == {
        Opening.DEMO
    }


def test_the_page_of_roles_is_what_the_table_says() -> None:
    assert ROLES_PAGE.read_text(encoding="utf-8") == page(), (
        "python -m alarm_center.web.roles_page > docs/roles.md draws it anew"
    )
