"""Drawing of docs/roles.md from the table of roles and the routes: ``python -m alarm_center.web.roles_page > docs/roles.md``."""

from collections import defaultdict
from datetime import timedelta

from aiohttp import web

from alarm_center.core.roles import ANSWERED_BY_FUNCTIONS, HOME_CARE_RIGHTS, IDLE_LIMITS, ROLE_RIGHTS, Right
from alarm_center.web.app import ROUTES
from alarm_center.web.route_access import Access, Opening, access_of

_HEAD = """# Roles and rights

Drawn from `alarm_center/core/roles.py` and the routes by `python -m alarm_center.web.roles_page > docs/roles.md`; a test compares.

A person has roles in a town, in some of its areas or in all, for the residents of some of its performers or of all. A role gives rights; each
page requires one, and its transaction sees the rows of the towns, areas and performers for which the person has that right
([database.md](database.md#whose-rows-a-page-sees)).

## A shared desk

A board that is left for five minutes covers itself: no name, no picture, no case opens, while queue and sound go on. It does not sign
out. Its person's PIN (four to eight digits, five tries) uncovers it; a colleague who has signed in at the same browser takes it over by
their own, and the first one's session goes on covered.

## Roles
"""


def page() -> str:
    """Return docs/roles.md."""
    lines = [
        _HEAD,
        "| role | rights | further, where the home care answers itself | signed out when unused for |",
        "|---|---|---|---|",
    ]
    for role, rights in ROLE_RIGHTS.items():
        unused = IDLE_LIMITS[role]
        limit = f"{unused // timedelta(minutes=1)} min" if unused else "never: an open board covers itself"
        lines.append(f"| {role} | {_names(rights)} | {_names(HOME_CARE_RIGHTS.get(role, frozenset()))} | {limit} |")
    lines += [
        "",
        f"Pages of {_names(ANSWERED_BY_FUNCTIONS)} read no table: functions of the database answer them (revision 0006_review).",
    ]
    routes = _routes()
    for access in (*Right, *Opening):
        if routes[access]:
            lines += ["", f"## Routes: {access}", "", *(f"- `{route}`" for route in sorted(routes[access]))]
    return "\n".join(lines) + "\n"


def _names(rights: frozenset[Right]) -> str:
    return ", ".join(right.value for right in Right if right in rights)


def _routes() -> dict[Access, list[str]]:
    found: dict[Access, list[str]] = defaultdict(list)
    for table in ROUTES:
        for route in table:
            access = access_of(route.handler) if isinstance(route, web.RouteDef) else None
            assert isinstance(route, web.RouteDef) and access is not None, f"{route} says nothing of its access"
            found[access].append(f"{route.method} {route.path}")
    return found


if __name__ == "__main__":
    print(page(), end="")
