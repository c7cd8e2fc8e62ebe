"""Commands for live looks: an alarm's holder asks for seconds; refused to others, with staff inside, without consent.

Their frames come to `alarm_center.pictures`; when a look is over is decided by `web.operator.picture` and `store.looks`.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from alarm_center.casework.cases import NotFound
from alarm_center.core.alarm import Alarm, AlarmState
from alarm_center.core.decision import IllegalMove
from alarm_center.store import alarms, commands, devices, events, looks, screen_taps
from alarm_center.store.memory import Memory, Tx, Viewer, now
from schemas.timeline import LiveAsked, Payload, ShownClear
from schemas.vocabulary import ClearFor, Show

_EXPIRES: Final = timedelta(seconds=60)


async def ask_live_look(
    memory: Memory,
    alarm_id: UUID,
    seconds: int,
    *,
    user: UUID,
    viewer: Viewer | None = None,
    clear_for: ClearFor | None = None,
    tap: str | None = None,
) -> UUID:
    """Command a live look for the holder of an alarm; return the command's id.

    A *tap* (`store.screen_taps`) names it: where it was applied before, the camera is not asked again.
    Where the town shows pictures blurred first, they are so here too, unless it is asked for with a reason.

    Raises:
        NotFound: no such alarm, or the resident has no camera.
        IllegalMove: the alarm is closed, somebody else holds it, consent is gone, or staff are on site.
    """

    async def work(tx: Tx) -> UUID:
        command_id = uuid4() if tap is None else UUID(tap)
        if tap is not None and not await screen_taps.take(tx, tap):
            return command_id
        alarm = await alarms.lock(tx, alarm_id)
        if alarm is None or alarm.resident_id is None:
            raise NotFound(f"no alarm {alarm_id} that this viewer may see")
        at = await now(tx)
        if alarm.state is AlarmState.CLOSED or not alarm.is_held_by(user, at):
            raise IllegalMove(f"alarm {alarm.case_no}: only who holds an open alarm may look")
        if alarm.staff_inside:
            raise IllegalMove(f"alarm {alarm.case_no}: staff are on site, the camera stays dark")
        device_id = await devices.camera_of(tx, alarm.resident_id)
        if device_id is None:
            raise NotFound(f"alarm {alarm.case_no}: the resident has no camera")
        await _add_command(tx, alarm, device_id, command_id, seconds, at, user)
        if clear_for is not None:
            await looks.begin_live(tx, command_id, user, at, clear_for)
            await events.write(tx, at, _line_about(alarm, device_id, ShownClear(clear_for, command_id), user))
        return command_id

    command_id = await memory.attempt(work, viewer)
    memory.hint()
    return command_id


async def _add_command(
    tx: Tx, alarm: Alarm, device_id: str, command_id: UUID, seconds: int, at: datetime, user: UUID
) -> None:
    if alarm.resident_id is None or not await devices.lock_consent(
        tx, alarm.org, device_id, alarm.resident_id, to_people=True
    ):
        raise IllegalMove(f"alarm {alarm.case_no}: there is no consent to look")
    await commands.add(
        tx,
        commands.DeviceCommand(
            command_id=command_id, org=alarm.org, device_id=device_id, kind="live", case_id=alarm.alarm_id,
            check_id=None, attempt=None, alarm_id=alarm.alarm_id, seconds=seconds, show=Show.ALWAYS,
            asked_by=str(user), created_at=at, opens_at=at, expires_at=at + _EXPIRES,
        ),
    )  # fmt: skip
    await events.write(tx, at, _line_about(alarm, device_id, LiveAsked(command_id, seconds), user))


def _line_about(alarm: Alarm, device_id: str, payload: Payload, user: UUID) -> events.NewEvent:
    """Return a line about *alarm* and the device that looks, which need not be the one that raised it."""
    return replace(events.about_alarm(alarm, payload, str(user)), device_id=device_id)
