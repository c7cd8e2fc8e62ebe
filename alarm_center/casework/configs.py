"""Config of each device: attempts of the next 36 h, capture settings and room profile; a change gets a new version.

A config is desired state, not a message: it is written here, and the publisher repeats it until the device's status
confirms it. docs/contract.md#clock-config-and-commands
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

import structlog
from pydantic import ValidationError

from alarm_center.core.device_list import DeviceList, has_to_be_written, lists_any
from alarm_center.store import device_configs, devices, events
from alarm_center.store.devices import BoundDevice
from alarm_center.store.memory import Memory, Tx, now
from schemas.limits import CONFIG_AHEAD_HOURS
from schemas.messages import Capture, Config, Part, Profile, ScheduledAttempt
from schemas.timeline import ConfigWanted, JudgeMoved
from schemas.vocabulary import JudgePlace

log = structlog.get_logger()
P = TypeVar("P", bound=Part)


async def refresh_config(tx: Tx, org: str, device_id: str, *, area_id: UUID | None = None) -> int | None:
    """Write the config that a device should have now; return its new version, or ``None`` if it has to be told nothing.

    The line about a device that is nobody's stands in *area_id*, the one from which it is taken.

    The config of a device without a resident, or without consent, is marked ``withdrawn``, with an empty list and no
    profile. An empty list alone would end no look and forbid no command.
    """
    device = await devices.get(tx, org, device_id)
    return await refresh_device(tx, device, await now(tx), area_id=area_id) if device is not None else None


async def refresh_device(tx: Tx, device: BoundDevice, at: datetime, *, area_id: UUID | None = None) -> int | None:
    """Do the same for a *device* that has been read after the locks, at the instant *at*."""
    return (await refresh_devices(tx, device.org, [device], at, area_id=area_id)).get(device.device_id)


async def refresh_devices(
    tx: Tx,
    org: str,
    among: Sequence[BoundDevice],
    at: datetime,
    *,
    area_id: UUID | None = None,
    whole: bool = False,
    restarted: bool = False,
) -> dict[str, int]:
    """Write the configs that devices of a town should have at the instant *at*; return the new version of each that has to be told something.

    An attempt that opens, is made or ends is nothing to tell (`core.device_list`), but to one that *restarted* and has forgotten what it made;
    one that is far ahead is told where the *whole* list was changed by somebody.
    """
    wanted = await _wanted(tx, org, among, at, whole=whole, restarted=restarted)
    said = {device_id: config.model_dump(mode="json", exclude=_unsaid(config)) for device_id, config in wanted.items()}
    versions = await device_configs.set_configs(tx, org, said, at)
    async with events.gathered(tx) as lines:
        for each in among:
            if (version := versions.get(each.device_id)) is not None:
                told = ConfigWanted(version, len(wanted[each.device_id].attempts))
                event = events.NewEvent(
                    org, told, device_id=each.device_id, resident_id=each.resident_id, area_id=each.area_id or area_id
                )
                await events.write(lines, at, event)
    return versions


async def _wanted(
    tx: Tx, org: str, among: Sequence[BoundDevice], at: datetime, *, whole: bool = False, restarted: bool = False
) -> dict[str, Config]:
    """Return by device the config that it should have, of those that have to be told."""
    bound = [each.device_id for each in among if each.resident_id is not None and each.consented]
    until = at + timedelta(hours=CONFIG_AHEAD_HOURS)
    lists = await device_configs.device_lists(tx, org, bound, at, until) if bound else {}
    return {
        each.device_id: config
        for each in among
        if (config := _news_for(each, lists.get(each.device_id, DeviceList()), at, whole=whole, restarted=restarted))
        is not None
    }


def _news_for(
    device: BoundDevice, wanted: DeviceList, at: datetime, *, whole: bool = False, restarted: bool = False
) -> Config | None:
    """Return the config that the device should have instead of its own; ``None`` if that is as good."""
    config = _config(device, wanted.owed)
    listed = _list_of(device, config)
    if listed is None:
        return config
    forgot = restarted and lists_any(listed, wanted.made)
    return config if forgot or has_to_be_written(listed, wanted, at, whole=whole) else None


def _config(device: BoundDevice, owed: tuple[ScheduledAttempt, ...] = ()) -> Config:
    """Return the config that the device should have, with those looks on its list."""
    return Config(
        version=1,
        withdrawn=not device.consented,
        attempts=owed,
        capture=_read_part(Capture, device.capture, device),
        profile=_read_part(Profile, device.current_profile, device) if device.consented else Profile(),
        judge=JudgePlace.HOME if device.judge == JudgePlace.HOME else None,
    )


def _list_of(device: BoundDevice, config: Config) -> tuple[ScheduledAttempt, ...] | None:
    """Return the list of the config that the device has; ``None`` where anything else of it is not as *config* has it."""
    if device.config is None:
        return None
    try:
        has = config_message(device)
    except ValidationError:
        return None
    differs = has.model_copy(update={"version": 1, "attempts": ()}) != config.model_copy(update={"attempts": ()})
    return None if differs else has.attempts


def _unsaid(config: Config) -> dict[str, Any]:
    """Return the fields that are left out of a stored config.

    A replica of the release before reads no config that says where the device is judged, a bed's head end, or what moves in an
    empty room: each is said only where it is known.
    """
    headless = {number: {"head"} for number, zone in enumerate(config.profile.zones) if zone.head is None}
    judge = {} if config.judge else {"judge": True}
    calm = {} if config.profile.restless else {"restless": True}
    return {"version": True, "profile": {"zones": headless, **calm}, **judge}


def _read_part(kind: type[P], value: Any, device: BoundDevice) -> P:
    """Return *value* as *kind*, or the defaults of *kind* if it is wrong: one device's settings must not stop a decision."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        log.error(
            "device_misconfigured",
            org=device.org,
            device=device.device_id,
            what=kind.__name__,
            errors=error.error_count(),
        )
        return kind()


async def set_judge(tx: Tx, org: str, device_id: str, judge: JudgePlace) -> bool:
    """Let the device be judged at *judge*, and tell it; return whether that is new."""
    device = await devices.get(tx, org, device_id)
    if device is None or not await devices.set_judge(tx, org, device_id, judge):
        return False
    event = events.NewEvent(
        org, JudgeMoved(judge), device_id=device_id, resident_id=device.resident_id, area_id=device.area_id
    )
    await events.write(tx, await now(tx), event)
    await refresh_config(tx, org, device_id)
    return True


async def refresh_resident_configs(tx: Tx, resident_id: UUID) -> None:
    """Refresh the config of every device that serves a resident, after an act that changes what is on its whole list."""
    serving = await devices.serving(tx, [resident_id])
    for org in {each.org for each in serving}:
        await refresh_devices(tx, org, [each for each in serving if each.org == org], await now(tx), whole=True)


async def refresh_of_residents(tx: Tx, residents: Sequence[UUID], at: datetime, *, whole: bool = False) -> None:
    """Refresh the config of every device that serves these residents, by the same few statements however many they are."""
    if not residents:
        return
    serving = await devices.serving(tx, residents)
    for org in sorted({each.org for each in serving}):
        await refresh_devices(tx, org, [each for each in serving if each.org == org], at, whole=whole)


class KnownLists:
    """Lists of the devices whose configs are as they should be but for the list, by the digest of all that says so.

    A config is read from JSON and compared whole only where something about it is new. Of a process; each holds a town's or a county's.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[bytes, tuple[ScheduledAttempt, ...]] = {}

    def of(self, digest: bytes) -> tuple[ScheduledAttempt, ...] | None:
        return self._known.get(digest)

    def keep(self, digest: bytes, listed: tuple[ScheduledAttempt, ...]) -> None:
        """Keep one more; the one that was kept first goes where there are too many."""
        self._known.pop(digest, None)
        if len(self._known) >= self._most:
            del self._known[next(iter(self._known))]
        self._known[digest] = listed


_KNOWN: Final = KnownLists(20_000)


async def residents_to_tell(tx: Tx, residents: Sequence[UUID], at: datetime, known: KnownLists = _KNOWN) -> set[UUID]:
    """Return the residents with whom there is a device that has to be told something."""
    found: set[UUID] = set()
    digests = await device_configs.digests(tx, residents)
    lists: dict[tuple[str, str], tuple[ScheduledAttempt, ...] | None] = {
        (each.org, each.device_id): known.of(each.digest) for each in digests
    }
    new = [each for each in digests if lists[each.org, each.device_id] is None]
    for device, digest in await device_configs.with_digests(tx, new):
        listed = lists[device.org, device.device_id] = _list_of(device, _config(device))
        if listed is not None:
            known.keep(digest, listed)
    until = at + timedelta(hours=CONFIG_AHEAD_HOURS)
    for org in {each.org for each in digests}:
        here = [each for each in digests if each.org == org]
        bound = [each.device_id for each in here if each.consented]
        wanted = await device_configs.device_lists(tx, org, bound, at, until) if bound else {}
        for each in here:
            listed = lists[org, each.device_id]
            if listed is None or has_to_be_written(listed, wanted.get(each.device_id, DeviceList()), at):
                found.add(each.resident_id)
    return found


def config_message(device: BoundDevice) -> Config:
    """Return the config to publish for *device*."""
    return Config.model_validate({**(device.config or {}), "version": device.wanted_version})


async def refresh_shared_beds(memory: Memory) -> int:
    """Tell each device of a shared bed that expects other people than are at home now, as when a pause begins or ends by its time; return how many."""
    async with memory.transaction() as tx:
        stale = [
            device
            for device in await devices.in_shared_beds(tx)
            if device.consented
            and (device.config or {}).get("profile", {}).get("expected_people")
            != device.current_profile["expected_people"]
        ]
    for device in stale:
        await memory.attempt(partial(refresh_config, org=device.org, device_id=device.device_id))
    if stale:
        memory.hint()
    return len(stale)
