"""Consents withdrawn, which holds at once: the devices' lists are emptied, commands and coming checks end, and a change is kept.

For pages that a person withdraws by, and for a carer's SMS from the home, which is in the transaction that has kept it.
"""

from uuid import UUID

from alarm_center.casework import configs, steps
from alarm_center.core.check import Cancel, Check
from alarm_center.core.pausing import Word
from alarm_center.store import changes, checks, commands, consents, events, plans, residents, town_stops, towns
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.memory import Tx, now
from schemas import timeline
from schemas.vocabulary import CancelReason, Instead


class NoneInForce(Exception):
    """Nobody's consent was in force: somebody has withdrawn it already, and all that the transaction did about it is to be undone."""


async def withdraw_consent(
    tx: Tx, resident_id: UUID, who: str, *, instead: Instead, actor: str, word: Word | None = None
) -> int:
    """Withdraw a consent now, in the caller's transaction, which has locked no check; return the number of cancelled checks.

    Raises:
        NoneInForce: the caller rolls back to before.
        LookupError: the transaction sees no such resident.
    """
    number = await changes.next_revision(tx, resident_id)
    locked = await lock_coming(tx, resident_id, both=True)
    at = await now(tx)
    home = await towns.of_resident(tx, resident_id)
    before = await consents.states(tx, resident_id)
    if not await consents.revoke(tx, resident_id, who, instead, actor, at):
        raise NoneInForce
    await commands.end_for_resident(tx, resident_id)
    revoked = timeline.ConsentRevoked(who, instead)
    line = events.NewEvent(home.town.org, revoked, area_id=home.area_id, resident_id=resident_id, actor=actor)
    await events.write(tx, at, line)
    for check in locked:
        # Whoever shares the bed has no look without this consent, and said no such word: somebody comes to them.
        comes = instead if check.resident_id == resident_id else Instead.VISIT
        cancel = Cancel(CancelReason.CONSENT_REVOKED, comes, actor, person=True)
        await steps.step_check(tx, check, cancel, actor)
    await configs.refresh_resident_configs(tx, resident_id)
    if (
        await town_stops.holding(tx, home.town.org) is not None
        or await residents.companion(tx, resident_id) is not None
    ):
        # What the town's stop, or a pause of the one who shares the bed, has made a visit may be nothing now.
        await plans.ask_to_plan(tx, resident_id, at)
    after = {"who": who, "state": "revoked", "instead": instead} | (word.as_said() if word else {})
    change = NewChange(
        home.town.org, resident_id, number, ChangedPart.CONSENT, actor, at, at, {"states": before}, after
    )
    await changes.add(tx, change)
    return sum(check.resident_id == resident_id for check in locked)


async def lock_coming(tx: Tx, resident_id: UUID, *, both: bool = False) -> list[Check]:
    """Lock the resident's checks that have not ended, and return them; *both*: also those of the one who shares the bed."""
    coming = await checks.open_ids(tx, resident_id)
    if both and (beside := await checks.open_ids_beside(tx, resident_id)):
        coming = sorted([*coming, *beside])
    return [check for check_id in coming if (check := await checks.lock(tx, check_id)) is not None]
