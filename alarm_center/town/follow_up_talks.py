"""A follow-up that was held: its answers, the task that missing company makes, and the lines that tell of both."""

from uuid import UUID

from alarm_center.core.resident_forms import FollowUpAnswers
from alarm_center.store import events, follow_ups, towns
from alarm_center.store.events import NewEvent
from alarm_center.store.memory import Tx, now
from schemas import timeline


async def keep_answers(tx: Tx, resident_id: UUID, reference: str, said: FollowUpAnswers, actor: str) -> None:
    """Keep what was said at a follow-up of the decision *reference*. Its word about company takes the place of an older task."""
    at = await now(tx)
    home = await towns.of_resident(tx, resident_id)
    if said.misses_company is not None:
        await follow_ups.end_tasks(tx, resident_id, actor, at)
    await follow_ups.add(tx, home.town.org, resident_id, reference, said, actor, at)
    answered = timeline.FollowUpAnswered(
        said.sleeps_better, said.wants_it, said.understands_it, said.misses_company, said.task_due_on
    )
    line = NewEvent(home.town.org, answered, area_id=home.area_id, resident_id=resident_id, actor=actor)
    await events.write(tx, at, line)


async def end_task(tx: Tx, resident_id: UUID, actor: str) -> None:
    """Write that the task of missing company is done; one that is done already stays as it is."""
    at = await now(tx)
    if await follow_ups.end_tasks(tx, resident_id, actor, at):
        home = await towns.of_resident(tx, resident_id)
        done = timeline.CompanyTaskDone()
        await events.write(
            tx, at, NewEvent(home.town.org, done, area_id=home.area_id, resident_id=resident_id, actor=actor)
        )
