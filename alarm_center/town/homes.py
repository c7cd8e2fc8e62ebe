"""A resident's own rows: who it is, consents, decision, plan and devices, and what follows when they change."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from alarm_center.casework import configs
from alarm_center.core.case import CheckState
from alarm_center.store import checks, commands, plans
from alarm_center.town.changes import Run
from alarm_center.town.model import Consent, Device, Resident
from alarm_center.town.times import cancel
from schemas import timeline
from schemas.messages import Capture, Profile
from schemas.vocabulary import CancelReason, ConsentState, ConsentTo, GreenBy, ImportAction, Instead, Show

KEPT_ELSEWHERE: Final = frozenset(
    {
        # The key, the area's code and the two days are kept below in another form.
        *("number", "area", "moved_on", "died_on"),
        # The plan's row has these.
        *("green_by", "show", "signed_by", "signed_on", "plan"),
        # Rows of their own.
        *("consent", "cohabitant_consent", "decision", "devices", "slots"),
    }
)
"""Fields of the model that are no columns of ``residents``. Every other field is one: a new one cannot be dropped unseen."""


async def keep_row(run: Run, resident: Resident) -> UUID:
    """Keep the resident's own row; return the id."""
    values = {
        **resident.model_dump(exclude=set(KEPT_ELSEWHERE)),
        "area_id": run.areas[resident.area],
    }
    # A file that is older than what has happened makes nobody live again.
    if resident.moved_on is not None:
        values["moved_at"] = run.instant(resident.moved_on)
    if resident.died_on is not None:
        values["died_at"] = run.instant(resident.died_on)
    row, action, detail = await run.keep(
        "residents", {"org": run.org, "number": resident.number}, values, returns=("resident_id",)
    )
    if action:
        await run.note(
            "resident",
            str(resident.number),
            action,
            detail,
            payload=timeline.ResidentImported(action),
            resident_id=row["resident_id"],
            area_id=row["area_id"],
        )
    resident_id: UUID = row["resident_id"]
    return resident_id


async def keep_paperwork(run: Run, resident: Resident, resident_id: UUID) -> None:
    """Keep consents, decision and plan; stop what they no longer allow; tell the devices."""
    before = len(run.changes)
    await _consent(run, resident, resident_id, "resident", resident.consent)
    await _consent(run, resident, resident_id, "cohabitant", resident.cohabitant_consent)
    await _decision(run, resident, resident_id)
    await _plan(run, resident, resident_id)
    for ended, reason in ((resident.died_on, CancelReason.DIED), (resident.moved_on, CancelReason.MOVED)):
        if ended is not None and run.instant(ended) <= run.now:
            await _cancel_coming(run, resident_id, reason, Instead.NOTHING)
    if len(run.changes) > before:
        await configs.refresh_resident(run.tx, resident_id)


# ---- consents ----


async def _consent(run: Run, resident: Resident, resident_id: UUID, who: str, wanted: Consent | None) -> None:
    """Keep one consent. Revoked stays written down: giving it again is a new row."""
    if wanted is None:
        return
    row = await run.tx.fetchrow(
        """
        select consent_id, resident_id, who from consents where resident_id = $1 and who = $2 and revoked_at is null for update
        """,
        resident_id,
        who,
    )
    given_at = run.instant(wanted.given_on)
    if wanted.state is ConsentState.REVOKED:
        if row is not None:
            await _revoke(run, resident, row, wanted.instead or Instead.NOTHING)
        return
    if row is None:
        revoked_at = await run.tx.fetchval(
            "select max(revoked_at) from consents where resident_id = $1 and who = $2", resident_id, who
        )
        if revoked_at is not None and revoked_at >= given_at:
            # Withdrawn one night, by whatever way, it is not given back by a file from the day before.
            detail = f"revoked after {wanted.given_on}; a new consent has a later given_on"
            await run.note("consent", f"{resident.number} {who}", ImportAction.LEFT, detail)
            return
        await _give(run, resident, resident_id, who, wanted, given_at)
        return
    values = {"state": wanted.state.value, "basis": wanted.basis, "given_at": given_at, **_allowed(wanted)}
    _, action, detail = await run.keep("consents", {"consent_id": row["consent_id"]}, values)
    if action:
        await _told(run, resident, resident_id, who, action, detail)
        await _follow_consent(run, resident_id)


def _allowed(wanted: Consent) -> dict[str, bool]:
    """The columns of what is agreed to, each named as its word."""
    return {to.value: to in wanted.agreed for to in ConsentTo}


async def _follow_consent(run: Run, resident_id: UUID) -> None:
    """Give the checks to a device that may look, and end what is allowed no longer: then a visit comes in their stead."""
    await _point_checks(run, resident_id)
    await commands.end_forbidden(run.tx, resident_id)
    await checks.lock_coming(run.tx, resident_id)
    for check_id in await checks.coming_forbidden(run.tx, resident_id):
        await cancel(run, check_id, CancelReason.CONSENT_REVOKED, Instead.VISIT)


async def _give(run: Run, resident: Resident, resident_id: UUID, who: str, wanted: Consent, given_at: datetime) -> None:
    await run.tx.execute(
        """
        insert into consents (org, resident_id, who, state, basis, given_at, recorded_by, camera, sensors, shown_to_people)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        run.org, resident_id, who, wanted.state, wanted.basis, given_at, run.actor, ConsentTo.CAMERA in wanted.agreed,
        ConsentTo.SENSORS in wanted.agreed, ConsentTo.SHOWN_TO_PEOPLE in wanted.agreed,
    )  # fmt: skip
    await _told(run, resident, resident_id, who, ImportAction.ADDED, wanted.state)


async def _revoke(run: Run, resident: Resident, row: Mapping[str, Any], instead: Instead) -> None:
    """Withdraw a consent now: commands end, and every check that has not ended."""
    resident_id, who = row["resident_id"], row["who"]
    await plans.revoke(run.tx, resident_id, who, instead, run.actor, run.now)
    await run.note(
        "consent", f"{resident.number} {who}", ImportAction.ENDED, f"revoked, {instead} instead", payload=timeline.ConsentRevoked(who, instead),
        resident_id=resident_id, area_id=run.areas[resident.area],
    )  # fmt: skip
    await commands.end_of_resident(run.tx, resident_id)
    await _cancel_coming(run, resident_id, CancelReason.CONSENT_REVOKED, instead)


async def _told(run: Run, resident: Resident, resident_id: UUID, who: str, action: ImportAction, detail: str) -> None:
    await run.note(
        "consent",
        f"{resident.number} {who}",
        action,
        detail,
        payload=timeline.ConsentImported(action, who),
        resident_id=resident_id,
    )


async def _cancel_coming(run: Run, resident_id: UUID, reason: CancelReason, instead: Instead) -> None:
    """Cancel every check that has not ended: also one that is being made, since nobody may look any more."""
    await checks.lock_coming(run.tx, resident_id)
    revoked = reason is CancelReason.CONSENT_REVOKED
    for check_id in await checks.coming(run.tx, resident_id):
        state = await run.tx.fetchval("select state from checks where check_id = $1", check_id)
        if revoked or state == CheckState.PLANNED:
            await cancel(run, check_id, reason, instead)


# ---- decision and plan ----


async def _decision(run: Run, resident: Resident, resident_id: UUID) -> None:
    wanted = resident.decision
    if wanted is None:
        return
    values = {"resident_id": resident_id, **wanted.model_dump(exclude={"reference"})}
    _, action, detail = await run.keep("decisions", {"org": run.org, "reference": wanted.reference}, values)
    if action:
        await run.note(
            "decision",
            str(resident.number),
            action,
            detail,
            payload=timeline.DecisionImported(action),
            resident_id=resident_id,
        )


async def _plan(run: Run, resident: Resident, resident_id: UUID) -> None:
    """Keep the plan. Who may turn checks green, and what is shown, holds for checks that are planned already."""
    values = {
        "org": run.org,
        "answers": resident.plan,
        "green_by": resident.green_by.value,
        "show": resident.show.value,
        "signed_by": resident.signed_by,
        "signed_at": run.instant(resident.signed_on) if resident.signed_on else None,
    }
    _, action, detail = await run.keep("plans", {"resident_id": resident_id}, values)
    if action is None:
        return
    await run.note(
        "plan",
        str(resident.number),
        action,
        detail,
        payload=timeline.PlanImported(action, resident.green_by),
        resident_id=resident_id,
    )
    show = Show.ALWAYS if resident.green_by is GreenBy.OPERATOR else resident.show
    await run.tx.execute(
        """
        update checks set green_by = $2, show = $3
        where resident_id = $1 and state = 'planned' and (green_by, show) is distinct from ($2, $3)
        """,
        resident_id, resident.green_by.value, show.value,
    )  # fmt: skip


# ---- devices ----


async def keep_devices(run: Run, residents: Sequence[Resident], ids: Mapping[int, UUID]) -> None:
    """Bind each device to the resident whom the file gives it, after unbinding what the file gives to nobody else."""
    wanted = {device.id: (resident, device) for resident in residents for device in resident.devices}
    rows = await run.tx.fetch(
        "select device_id, resident_id from devices where org = $1 order by device_id for update", run.org
    )
    ours = set(ids.values())
    numbers = {resident_id: number for number, resident_id in ids.items()}
    for row in rows:
        holder = row["resident_id"]
        if holder is None or (holder not in ours and row["device_id"] not in wanted):
            continue
        given = wanted.get(row["device_id"])
        if given is None or ids[given[0].number] != holder:
            await _unbind(run, row, numbers.get(holder))
    for resident, device in wanted.values():
        await _bind(run, resident, ids[resident.number], device)


async def _unbind(run: Run, row: Mapping[str, Any], number: int | None) -> None:
    """Let go of a device: its profile is that home's, and its list becomes empty."""
    await commands.end_of_resident(run.tx, row["resident_id"])
    await run.tx.execute(
        "update devices set resident_id = null, profile = '{}' where org = $1 and device_id = $2",
        run.org,
        row["device_id"],
    )
    await _point_checks(run, row["resident_id"])
    await configs.refresh(run.tx, run.org, row["device_id"])
    detail = f"unbound from resident {number}" if number is not None else "unbound from a resident not in the file"
    await run.note(
        "device",
        row["device_id"],
        ImportAction.ENDED,
        detail,
        payload=timeline.DeviceImported(ImportAction.ENDED),
        resident_id=row["resident_id"],
        device_id=row["device_id"],
    )


async def _bind(run: Run, resident: Resident, resident_id: UUID, device: Device) -> None:
    values = {
        "resident_id": resident_id,
        "kind": device.kind.value,
        "label": device.label,
        "profile": _set(device.profile),
        "capture": _set(device.capture),
    }
    _, action, detail = await run.keep("devices", {"org": run.org, "device_id": device.id}, values)
    if action is None:
        return
    await _point_checks(run, resident_id)
    await configs.refresh(run.tx, run.org, device.id)
    await run.note(
        "device",
        device.id,
        action,
        detail,
        payload=timeline.DeviceImported(action),
        resident_id=resident_id,
        device_id=device.id,
    )


def _set(part: Profile | Capture) -> dict[str, Any]:
    """Return what was said, without defaults, as JSON has it: the contract's own defaults may be improved later."""
    return part.model_dump(mode="json", exclude_unset=True)


async def _point_checks(run: Run, resident_id: UUID) -> None:
    """Let the checks that are planned be made by the device that may look now, of two such by the camera."""
    await run.tx.execute(
        """
        with present as (
            select device_id from devices where resident_id = $1
            order by may_look(resident_id, kind, false) desc, kind limit 1
        )
        update checks set device_id = (select device_id from present)
        where resident_id = $1 and state = 'planned' and device_id is distinct from (select device_id from present)
        """,
        resident_id,
    )
