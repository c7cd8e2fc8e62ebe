"""Reports of carers kept and ended, each with its line in the timeline."""

from uuid import UUID

from alarm_center.casework.cases import NotFound
from alarm_center.casework.editing import Editor
from alarm_center.core.alarm import Alarm
from alarm_center.core.carer_reports import NewReport
from alarm_center.store import carer_reports, events
from alarm_center.store.memory import Memory, Tx, Viewer, now
from schemas import timeline


async def keep_report(memory: Memory, alarm: Alarm, notice_id: UUID, said: NewReport, *, viewer: Viewer) -> None:
    """Keep what the carer of a notice reports, for the day; the same again while it waits changes nothing."""

    async def work(tx: Tx) -> None:
        at = await now(tx)
        if not await carer_reports.add(tx, notice_id, said, at):
            return
        line: timeline.CarerLine = (
            timeline.CarerSaidMismatch(notice_id)
            if said.mismatch is not None
            else timeline.CarerSaidDeviation(notice_id)
        )
        await events.write(tx, at, events.about_alarm(alarm, line, str(notice_id)))

    await memory.attempt(work, viewer)
    memory.hint()


async def end_report(memory: Memory, report_id: UUID, *, editor: Editor) -> None:
    """Write that a person has seen to a report; one that is done already stays as it is.

    Raises:
        NotFound: there is none that the editor sees.
    """

    async def work(tx: Tx) -> None:
        at = await now(tx)
        ended = await carer_reports.end(tx, report_id, editor.actor, at)
        if ended is None:
            if not await carer_reports.is_kept(tx, report_id):
                raise NotFound(f"no report {report_id}")
            return
        line = events.NewEvent(
            ended.org, timeline.CarerReportDone(ended.notice_id), area_id=ended.area_id, alarm_id=ended.alarm_id,
            resident_id=ended.resident_id, actor=editor.actor,
        )  # fmt: skip
        await events.write(tx, at, line)

    await memory.attempt(work, editor.viewer)
    memory.hint()
