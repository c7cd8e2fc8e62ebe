"""Work that waits for the loops, each kind asked by one statement: a loop is woken by every commit, and mostly nothing of its own waits.

An answer is of its moment. What is committed later wakes the loop again, and each looks by itself within its poll.
"""

from dataclasses import dataclass

from alarm_center.store.memory import Tx


@dataclass(frozen=True, slots=True)
class DueCases:
    """Kinds of cases of which one has a step that is due."""

    check: bool
    alarm: bool


async def due_cases(tx: Tx) -> DueCases:
    """Return which kinds of cases have a step that is due; those that others have locked count."""
    row = await tx.fetchrow(
        """
        select exists (select from checks where next_step_at <= clock.now()) as check,
            exists (select from alarms where next_step_at <= clock.now()) as alarm
        """
    )
    assert row is not None, "it is one row"
    return DueCases(**row)


@dataclass(frozen=True, slots=True)
class UnsentToDevices:
    """Kinds of work of which something waits to be told to devices."""

    mountings: bool
    commands: bool
    configs: bool


async def unsent_to_devices(tx: Tx) -> UnsentToDevices:
    """Return which kinds wait: what `mountings.tell_devices`, `commands.claim_due` and `devices.unpublished_configs` take."""
    row = await tx.fetchrow(
        """
        select exists (select from mountings where config_wanted)
                or exists (select from mountings where ended_at is null and replaces is not null and replaced_at is null
                    and (ends_at is null or ends_at <= clock.now())) as mountings,
            exists (select from commands where ended is null and (publish_at <= clock.now() or expires_at <= clock.now())) as commands,
            exists (select from devices where wanted_version > 0 and reported_version is distinct from wanted_version
                and (published_version <> wanted_version or published_at is null or published_at < clock.now() - interval '10 s')) as configs
        """
    )
    assert row is not None, "it is one row"
    return UnsentToDevices(**row)


async def has_unsent_messages(tx: Tx) -> bool:
    """Tell whether any SMS or call is still to be worded or sent, now or later."""
    waits: bool = await tx.fetchval(
        """
        select exists (select from messages where state in ('queued', 'sending'))
            or exists (select from messages where not worded)
        """
    )
    return waits
