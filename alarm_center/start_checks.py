"""Checks of a replica's start that need the database, and what each finds, in words, with the remedy.

A role that row-level security does not hold runs nothing. With ``FJT_LIVE=1`` neither does a database that lets replicas of
the release before in, whose clock can be moved, or in which somebody is signed in with a password alone. `fjarrtillsyn doctor`
(fjarrtillsyn/commands/doctor.py) says the same, and more, before a start.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from alarm_center.store import readiness, simulated_night
from alarm_center.store.memory import Memory
from alarm_center.store.migrate import RevisionState, revision_state
from alarm_center.store.readiness import PasswordAlone
from alarm_center.store.role_rights import NO_TABLES, TABLES, RoleRights, read_rights
from runtime.settings import BadSettings

ROLE_OF: Final[Mapping[str, str]] = {
    "database_url": "fjt_worker",
    "database_url_web": "fjt_web",
    "database_url_sign_in": "fjt_sign_in",
    "database_url_planner": "fjt_planner",
}
"""The settings that hold an address of the database, and the role that each is for. All but the worker's are the pages'."""

_NAMED: Final = 5
"""People who are named; of more there is the number."""


@dataclass(frozen=True, slots=True)
class Shortcoming:
    """Something that is missing or wrong. ``what`` begins with the setting that it is about, where there is one."""

    check: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}"


async def refuse_wide_roles(memories: Mapping[str, Memory]) -> None:
    """Let the service start only with roles that row-level security holds; *memories* stand by the name of their setting.

    Raises:
        BadSettings: a role may more than the service's own; it names each setting, what is wrong, and what to write.
    """
    wrong = []
    for setting, memory in memories.items():
        wrong += [str(each) for each in role_shortcomings(setting, await read_rights(memory))]
    if wrong:
        raise BadSettings(*wrong)


def role_shortcomings(setting: str, rights: RoleRights) -> list[Shortcoming]:
    """Refuse the address in *setting* if its role has more than the rights that it needs, or another's."""
    role = ROLE_OF[setting]
    found = rights.too_wide + (() if role == "fjt_worker" else rights.past_one_town)
    if not found and rights.reads_tables is not None and rights.reads_tables == (role == "fjt_sign_in"):
        # Two addresses that have changed places.
        found = (TABLES if rights.reads_tables else NO_TABLES,)
    if not found:
        return []
    what = f"FJT_{setting.upper()}: connects as {rights.role}, which {' and '.join(found)}"
    return [Shortcoming("roles", what, address_remedy(setting))]


def address_remedy(setting: str) -> str:
    """Return what to write in *setting*."""
    role = ROLE_OF[setting]
    return (
        f"write the address of {role}, which `fjarrtillsyn migrate` makes: postgresql://{role}:PASSWORD@HOST/DATABASE"
    )


async def refuse_unready(memory: Memory, *, rollout: bool) -> None:
    """Let a service of real people start only on a database that has all that it must have; *memory* is the worker's.

    Raises:
        BadSettings: it has not; each thing that is missing, with its remedy.
    """
    async with memory.transaction() as tx:
        found = revision_shortcomings(await readiness.schema_revision(tx), rollout=rollout)
        found += clock_shortcomings(movable=await simulated_night.has_test_clock(tx))
        if not found:
            found += factor_shortcomings(
                [each for each in await readiness.people_by_password_alone(tx) if each.signed_in]
            )
    if found:
        raise BadSettings(*(f"FJT_LIVE: {each}" for each in found))


def revision_shortcomings(at: str | None, *, rollout: bool) -> list[Shortcoming]:
    """Refuse a database that is not at this release's newest revision; *rollout*: but for what ends the release before."""
    match revision_state(at):
        case RevisionState.NEWEST:
            return []
        case RevisionState.WAITING if rollout:
            return []
        case RevisionState.WAITING:
            return [
                Shortcoming(
                    "revision",
                    f"the database waits at revision {at} and lets replicas of the release before past the wall",
                    "run `fjarrtillsyn migrate --finish` once none of them runs; until then set FJT_ROLLOUT=1",
                )
            ]
        case RevisionState.BEHIND:
            return [
                Shortcoming("revision", f"the database is at revision {at}, an old one", "run `fjarrtillsyn migrate`")
            ]
        case RevisionState.UNKNOWN:
            return [
                Shortcoming(
                    "revision",
                    f"the database is at revision {at or 'none'}, which this release does not know",
                    "run `fjarrtillsyn migrate` of the newest release that you run",
                )
            ]


def clock_shortcomings(*, movable: bool) -> list[Shortcoming]:
    """Refuse a database that was made for tests."""
    if not movable:
        return []
    what = "the database was made with --test-clock: anybody on it can move the time"
    return [Shortcoming("clock", what, "make a new one with `fjarrtillsyn migrate` for people who are real")]


def factor_shortcomings(people: Sequence[PasswordAlone]) -> list[Shortcoming]:
    """Name the people who sign in with a password alone."""
    if not people:
        return []
    named = [f"{each.login} in {each.org}" for each in people[:_NAMED]]
    more = len(people) - len(named)
    return [
        Shortcoming(
            "second factors",
            f"a password alone opens {', '.join(named)}" + (f" and {more} more" if more else ""),
            "let them sign in again and add a second factor, or end their roles",
        )
    ]
