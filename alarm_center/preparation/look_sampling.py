"""Monthly samples of looks, drawn for each town once its month is over (docs/pictures.md#who-reviews-the-looks)."""

from datetime import date

import structlog

from alarm_center.casework.town_by_town import do_in_towns
from alarm_center.core import look_review
from alarm_center.store import events, look_samples, seals, towns
from alarm_center.store.events import NewEvent
from alarm_center.store.look_samples import NewSample
from alarm_center.store.memory import Memory, Tx, now
from schemas.timeline import LookSampleDrawn

log = structlog.get_logger()


async def draw_due_samples(memory: Memory) -> int:
    """Draw the sample of last month in every town that has none yet and where somebody looked; return how many were drawn.

    A service that was away on the first of the month catches up. What is overdue is told to the log.

    Raises:
        ExceptionGroup: some towns' could not be drawn; those of the others are.
    """
    async with memory.transaction() as tx:
        at = await now(tx)
        months = {town.org: look_review.month_before(at.astimezone(town.zone).date()) for town in await towns.towns(tx)}
        due = {org: month for org, month in months.items() if not await look_samples.is_drawn(tx, org, month)}
        overdue = await look_samples.overdue_samples(tx, at)
    for sample in overdue:
        log.warning("look_sample_delayed", org=sample.org, month=str(sample.month), left=sample.chosen - sample.judged)
    return await do_in_towns(memory, "look samples", due, lambda org: _draw(memory, org, due[org]))


async def _draw(memory: Memory, org: str, month: date) -> bool:
    async def work(tx: Tx) -> bool:
        town = await towns.town(tx, org)
        looks = await look_samples.looks_between(tx, org, *look_review.month_span(month, town.zone))
        if not looks:
            return False
        # The head of the town's seals: nobody chooses it, and it is in the log of another machine.
        head = await seals.head(tx, org)
        seed = f"{org} {month:%Y-%m} {head.digest if head else ''}".strip()
        chosen = look_review.draw_sample(looks, seed)
        at = await now(tx)
        if not await look_samples.keep(tx, NewSample(org, month, seed, len(looks), chosen), at):
            return False
        await events.write(tx, at, NewEvent(org, LookSampleDrawn(month, len(looks), len(chosen)), actor="sampling"))
        log.info("look_sample_made", org=org, month=str(month), looks=len(looks), chosen=len(chosen))
        return True

    return await memory.attempt(work)
