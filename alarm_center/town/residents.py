"""Residents of a town's file: their rows, consents, decision, plan and devices, and what follows when they change."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from alarm_center.casework import configs
from alarm_center.core.check import CheckState
from alarm_center.core.retirement import FiledDevice
from alarm_center.store import checks, commands, consents, contacts, devices
from alarm_center.store.changes import ChangedPart
from alarm_center.store.memory import Tx
from alarm_center.store.town_rows import TownTable
from alarm_center.town.kept_devices import keep_depended_on
from alarm_center.town.model import ConsentEntry, DeviceEntry, ResidentEntry
from alarm_center.town.slots import cancel_check
from alarm_center.town.town_import import ChangeLine, ImportedChange, TownImport
from alarm_center.words import town_words
from alarm_center.words.town_words import TownSentence, sentence
from schemas import timeline
from schemas.messages import Capture, Profile
from schemas.vocabulary import CancelReason, ConsentState, ConsentTo, ImportAction, Instead

KEPT_ELSEWHERE: Final = frozenset(
    {
        # The key, the area's code and the two days are kept below in another form.
        *("number", "area", "moved_on", "died_on"),
        # A file that has no performers leaves each resident's as it is.
        "performer",
        # Two rows have a bed (beds.py).
        "shares_bed_with",
        # The plan's row has these.
        *("green_by", "show", "signed_by", "signed_on", "plan"),
        # Rows of their own.
        *("consent", "cohabitant_consent", "decision", "devices", "slots", "contacts"),
    }
)
"""Fields of the model that are no columns of ``residents``. Every other field is one: a new one cannot be dropped unseen."""


async def apply_resident(run: TownImport, resident: ResidentEntry, *, has_performers: bool) -> UUID:
    """Apply the resident's own row, with its performer where the file *has performers*; return its id."""
    values = {
        **resident.model_dump(exclude=set(KEPT_ELSEWHERE)),
        "area_id": run.areas[resident.area],
        "marks": [mark.value for mark in resident.marks],
        "closed_to": sorted(resident.closed_to),
    }
    if has_performers:
        values["performer"] = resident.performer
    # A file that is older than what has happened makes nobody live again.
    if resident.moved_on is not None:
        values["moved_at"] = run.instant(resident.moved_on)
    if resident.died_on is not None:
        values["died_at"] = run.instant(resident.died_on)
    kept = await run.keep(TownTable.RESIDENTS, {"org": run.org, "number": resident.number}, values)
    assert kept.id is not None, "a resident has an id"
    action, before, after = kept.action, kept.before, kept.after
    exchanged = await _apply_contacts(run, resident, kept.id)
    if exchanged is not None:
        after = {**after, "contacts": exchanged[1]}
        if action is not ImportAction.ADDED:
            action, before = ImportAction.CHANGED, {**(before or {}), "contacts": exchanged[0]}
    if action:
        detail = ", ".join(before) if before is not None else ""
        await run.note_change(
            ImportedChange("resident", str(resident.number), action, detail, number=resident.number),
            ChangeLine(timeline.ResidentImported(action), resident_id=kept.id, area_id=run.areas[resident.area]),
        )
        await run.log_change(kept.id, ChangedPart.RESIDENT, before, after)
    return kept.id


async def _apply_contacts(
    run: TownImport, resident: ResidentEntry, resident_id: UUID
) -> tuple[list[dict[str, object]], list[dict[str, object]]] | None:
    """Make the resident's contacts those of the file, where it has any word of them.

    Return the contacts as they were and as they are; ``None`` where nothing has changed.
    """
    if resident.contacts is None:
        return None
    before = await contacts.of_resident(run.tx, resident_id)
    after = [contact.model_dump(mode="json") for contact in resident.contacts]
    known = {contact["phone"]: contact for contact in before}
    if known == {contact["phone"]: contact for contact in after}:
        return None
    for contact in resident.contacts:
        key = {"resident_id": resident_id, "phone": contact.phone}
        await run.keep(TownTable.CONTACTS, key, {"org": run.org, **contact.model_dump(exclude={"phone"})})
    phones = [contact.phone for contact in resident.contacts]
    await run.write(lambda tx: contacts.remove_others(tx, resident_id, phones))
    return before, after


async def apply_paperwork(run: TownImport, resident: ResidentEntry, resident_id: UUID) -> None:
    """Apply consents, decision and plan; end what they no longer allow; refresh the devices."""
    before = len(run.changes)
    await apply_consent(run, resident, resident_id, "resident", resident.consent)
    await apply_consent(run, resident, resident_id, "cohabitant", resident.cohabitant_consent)
    await apply_decision(run, resident, resident_id)
    await apply_plan(run, resident, resident_id)
    for ended, reason in ((resident.died_on, CancelReason.DIED), (resident.moved_on, CancelReason.MOVED)):
        if ended is not None and run.instant(ended) <= run.now:
            await _cancel_coming(run, resident_id, reason, Instead.NOTHING)
    if len(run.changes) > before:
        await run.write(partial(refresh_devices, resident_id))


async def refresh_devices(resident_id: UUID, tx: Tx) -> None:
    """Write anew who may answer the resident's checks, and what each device is to do."""
    await checks.refresh_planned_rule(tx, resident_id)
    await configs.refresh_resident_configs(tx, resident_id)


# ---- consents ----


async def apply_consent(
    run: TownImport, resident: ResidentEntry, resident_id: UUID, who: str, wanted: ConsentEntry | None
) -> None:
    """Apply one consent. A revoked one stays written: giving it again is a new row.

    On a page a no is always one more row; a file says the same no again and again.
    """
    if wanted is None:
        return
    consent_id = await consents.in_force(run.tx, resident_id, who, lock=run.writes)
    given_at = run.said_at(wanted.given_on)
    if wanted.state is ConsentState.REVOKED:
        instead = wanted.instead or Instead.VISIT
        if consent_id is not None:
            await _revoke_consent(run, resident, resident_id, who, instead)
        elif run.importer.by_page or await consents.last_revoked_at(run.tx, resident_id, who) is None:
            words = consents.ConsentWords(**_words(wanted))
            refusal = consents.NewRefusal(run.org, resident_id, who, wanted.basis, given_at, instead, run.actor, words)
            await run.write(lambda tx: consents.add_refusal(tx, refusal))
            said = sentence(town_words.NO_INSTEAD, instead=instead)
            await _note_consent(run, resident, resident_id, who, ImportAction.ADDED, said)
            no = {"who": who, "state": "revoked", "instead": instead, "given_at": given_at, "basis": wanted.basis}
            await run.log_change(resident_id, ChangedPart.CONSENT, None, no)
        return
    if consent_id is None:
        revoked_at = await consents.last_revoked_at(run.tx, resident_id, who)
        if revoked_at is not None and revoked_at >= given_at:
            # Withdrawn one night, by whatever way, it is not given back by a file from the day before.
            detail = sentence(town_words.CONSENT_WITHDRAWN_SINCE, day=wanted.given_on)
            await run.note_change(
                ImportedChange("consent", f"{resident.number} {who}", ImportAction.LEFT, detail, number=resident.number)
            )
            return
        await _give_consent(run, resident, resident_id, who, wanted, given_at)
        return
    values = {"state": wanted.state.value, "basis": wanted.basis, "given_at": given_at, **_allowed_columns(wanted)}
    # What the file says nothing of stays as it is: it may have been said to a person.
    values |= {name: value for name, value in _words(wanted).items() if name in wanted.model_fields_set}
    kept = await run.keep(TownTable.CONSENTS, {"consent_id": consent_id}, values)
    if kept.action:
        await _note_consent(run, resident, resident_id, who, kept.action, kept.detail)
        after = {"who": who, **kept.after}
        await run.log_change(resident_id, ChangedPart.CONSENT, {"who": who, **(kept.before or {})}, after)
        await _apply_what_consent_allows(run, resident_id)


def _words(wanted: ConsentEntry) -> dict[str, Any]:
    """Return the columns of the consent's words."""
    words = wanted.model_dump(include=set(consents.WORDS))
    asked = wanted.automatic is not None
    return words | {"automatic": ("yes" if wanted.automatic else "no") if asked else None}


def _allowed_columns(wanted: ConsentEntry) -> dict[str, bool]:
    """Return the columns of the uses that are agreed to, each named as its word."""
    return {to.value: to in wanted.agreed for to in ConsentTo}


async def _apply_what_consent_allows(run: TownImport, resident_id: UUID) -> None:
    """Give the checks to a device that may look, and end what is allowed no longer: then a visit comes in their stead."""

    async def work(tx: Tx) -> None:
        await checks.give_planned_to_device(tx, resident_id)
        await commands.end_forbidden(tx, resident_id)
        await checks.lock_open(tx, resident_id)
        for check_id in await checks.forbidden_open_ids(tx, resident_id):
            await cancel_check(run, check_id, CancelReason.CONSENT_REVOKED, Instead.VISIT)

    await run.write(work)


async def _give_consent(
    run: TownImport, resident: ResidentEntry, resident_id: UUID, who: str, wanted: ConsentEntry, given_at: datetime
) -> None:
    given = consents.NewConsent(
        org=run.org,
        resident_id=resident_id,
        who=who,
        state=wanted.state,
        basis=wanted.basis,
        given_at=given_at,
        recorded_by=run.actor,
        agreed=wanted.agreed,
        words=consents.ConsentWords(**_words(wanted)),
    )
    before = await consents.states(run.tx, resident_id)
    await run.write(lambda tx: consents.add(tx, given))
    await _note_consent(run, resident, resident_id, who, ImportAction.ADDED, wanted.state)
    after = {
        "who": who, "state": wanted.state, "given_at": given_at, "basis": wanted.basis, "allows": sorted(wanted.agreed),
        **_words(wanted),
    }  # fmt: skip
    await run.log_change(resident_id, ChangedPart.CONSENT, {"states": before}, after)


async def _revoke_consent(
    run: TownImport, resident: ResidentEntry, resident_id: UUID, who: str, instead: Instead
) -> None:
    """Withdraw a consent now: commands end, and every check that has not ended."""
    before = await consents.states(run.tx, resident_id)
    await run.write(lambda tx: consents.revoke(tx, resident_id, who, instead, run.actor, run.now))
    detail = sentence(town_words.REVOKED_INSTEAD, instead=instead)
    change = ImportedChange("consent", f"{resident.number} {who}", ImportAction.ENDED, detail, number=resident.number)
    line = ChangeLine(timeline.ConsentRevoked(who, instead), resident_id=resident_id, area_id=run.areas[resident.area])
    await run.note_change(change, line)
    after = {"who": who, "state": "revoked", "instead": instead}
    await run.log_change(resident_id, ChangedPart.CONSENT, {"states": before}, after)
    await run.write(lambda tx: commands.end_for_resident(tx, resident_id))
    await _cancel_coming(run, resident_id, CancelReason.CONSENT_REVOKED, instead)


async def _note_consent(
    run: TownImport,
    resident: ResidentEntry,
    resident_id: UUID,
    who: str,
    action: ImportAction,
    detail: str | TownSentence,
) -> None:
    await run.note_change(
        ImportedChange("consent", f"{resident.number} {who}", action, detail, number=resident.number),
        ChangeLine(timeline.ConsentImported(action, who), resident_id=resident_id),
    )


async def _cancel_coming(run: TownImport, resident_id: UUID, reason: CancelReason, instead: Instead) -> None:
    """Cancel every check that has not ended: also one that is being made, since nobody may look any more."""
    revoked = reason is CancelReason.CONSENT_REVOKED

    async def work(tx: Tx) -> None:
        await checks.lock_open(tx, resident_id)
        for check_id in await checks.open_ids(tx, resident_id):
            state = await checks.state_of(tx, check_id)
            if revoked or state is CheckState.PLANNED:
                await cancel_check(run, check_id, reason, instead)
        for check_id in await checks.open_ids_beside(tx, resident_id) if revoked else ():
            # The camera is dark for both; what comes instead was one's own word.
            await cancel_check(run, check_id, reason, Instead.VISIT)

    await run.write(work)


# ---- decision and plan ----


async def apply_decision(run: TownImport, resident: ResidentEntry, resident_id: UUID) -> None:
    """Apply the decision, where there is one; another reference is another decision."""
    wanted = resident.decision
    if wanted is None:
        return
    values = {"resident_id": resident_id, **wanted.model_dump(exclude={"reference", "after_trial"})}
    if wanted.after_trial is not None:
        values["after_trial"] = wanted.after_trial
    kept = await run.keep(TownTable.DECISIONS, {"org": run.org, "reference": wanted.reference}, values)
    if kept.action:
        await run.note_change(
            ImportedChange("decision", str(resident.number), kept.action, kept.detail, number=resident.number),
            ChangeLine(timeline.DecisionImported(kept.action), resident_id=resident_id),
        )
        named = {"reference": wanted.reference}
        before = None if kept.before is None else {**named, **kept.before}
        await run.log_change(resident_id, ChangedPart.DECISION, before, {**named, **kept.after})


async def apply_plan(run: TownImport, resident: ResidentEntry, resident_id: UUID) -> None:
    """Apply the plan."""
    values = {
        "org": run.org,
        "answers": resident.plan,
        "green_by": resident.green_by.value,
        "show": resident.show.value,
        "signed_by": resident.signed_by,
        "signed_at": run.said_at(resident.signed_on) if resident.signed_on else None,
    }
    kept = await run.keep(TownTable.PLANS, {"resident_id": resident_id}, values)
    if kept.action is None:
        return
    await run.note_change(
        ImportedChange("plan", str(resident.number), kept.action, kept.detail, number=resident.number),
        ChangeLine(timeline.PlanImported(kept.action, resident.green_by), resident_id=resident_id),
    )
    await run.log_change(resident_id, ChangedPart.PLAN, kept.before, kept.after)


# ---- devices ----


async def apply_devices(
    run: TownImport,
    residents: Sequence[ResidentEntry],
    ids: Mapping[int, UUID],
    holders: Mapping[int, ResidentEntry],
) -> None:
    """Bind each device to the resident whom the file gives it, after taking it from whoever has it now.

    One that somebody's checks hang on stays, where the home gets no other: taking it down is two people's (docs/equipment.md#taking-it-down).
    *holders* are, by number, those whom the devices of each resident are with.
    """
    wanted = {device.id: (holders[resident.number], device) for resident in residents for device in resident.devices}
    ours = set(ids.values())
    numbers = {resident_id: number for number, resident_id in ids.items()}
    held = await devices.bindings(run.tx, run.org, wanted, ours, lock=run.writes)
    filed = {device.id: FiledDevice(device.kind.value, ids[resident.number]) for resident, device in wanted.values()}
    kept = await keep_depended_on(run, residents, ids, held, filed)
    for device_id, holder in held.items():
        given = filed.get(device_id)
        if device_id not in run.unbound | kept and (given is None or given.holder != holder):
            await unbind_device(run, device_id, holder, numbers.get(holder))
    for resident, device in wanted.values():
        if device.id not in kept:
            await bind_device(run, resident, ids[resident.number], device)


async def unbind_device(
    run: TownImport, device_id: str, resident_id: UUID, number: int | None, *, area_id: UUID | None = None
) -> None:
    """Unbind a device: its profile belongs to that home, and its list becomes empty. *area_id* is the home's, for its lines."""

    async def work(tx: Tx) -> None:
        await commands.end_for_resident(tx, resident_id)
        await devices.unbind(tx, run.org, device_id)
        await checks.give_planned_to_device(tx, resident_id)
        await configs.refresh_config(tx, run.org, device_id, area_id=area_id)

    await run.write(work)
    run.unbound.add(device_id)
    told = sentence(town_words.TAKEN_FROM, number=number) if number else sentence(town_words.TAKEN_FROM_UNNAMED)
    await run.note_change(
        ImportedChange("device", device_id, ImportAction.ENDED, told, number=number),
        ChangeLine(
            timeline.DeviceImported(ImportAction.ENDED), area_id=area_id, resident_id=resident_id, device_id=device_id
        ),
    )
    await run.log_change(resident_id, ChangedPart.DEVICE, {"device_id": device_id}, None)


async def bind_device(run: TownImport, resident: ResidentEntry, resident_id: UUID, device: DeviceEntry) -> None:
    """Bind a device that is nobody's, or change what it is told."""
    values = {
        "resident_id": resident_id,
        "kind": device.kind.value,
        "label": device.label,
        "profile": _said_fields(device.profile),
        "capture": _said_fields(device.capture),
    }
    assumed: dict[str, object] = {"resident_id": None, "profile": {}} if device.id in run.unbound else {}
    kept = await run.keep(TownTable.DEVICES, {"org": run.org, "device_id": device.id}, values, assumed)
    if kept.action is None:
        return

    async def work(tx: Tx) -> None:
        await checks.give_planned_to_device(tx, resident_id)
        await checks.refresh_planned_rule(tx, resident_id)
        await configs.refresh_config(tx, run.org, device.id)

    await run.write(work)
    await run.note_change(
        ImportedChange("device", device.id, kept.action, kept.detail, number=resident.number),
        ChangeLine(timeline.DeviceImported(kept.action), resident_id=resident_id, device_id=device.id),
    )
    named = {"device_id": device.id}
    before = None if kept.before is None else {**named, **kept.before}
    await run.log_change(resident_id, ChangedPart.DEVICE, before, {**named, **kept.after})


def _said_fields(part: Profile | Capture) -> dict[str, Any]:
    """Return the fields that the file sets, as JSON, without defaults: the contract's own may be improved later."""
    return part.model_dump(mode="json", exclude_unset=True)
