"""Replies that a provider has and that never reached us, fetched from its list: it tells of a reply once, or for some hours."""

from datetime import timedelta
from typing import Final

import structlog

from alarm_center.providers import Provider
from alarm_center.sms.incoming_replies import ReceivedReply, receive_reply
from alarm_center.store import replies, towns
from alarm_center.store.claims import ProviderNames
from alarm_center.store.memory import Memory, real_now

log = structlog.get_logger()

OVERLAP: Final = timedelta(minutes=15)
"""Each list goes back so far before the last one's end: a provider may list a reply some minutes late."""
AT_FIRST: Final = timedelta(hours=24)
"""A number that was never listed is asked about so far back: a case number means the same case for so long."""


async def fetch_missed_replies(memory: Memory, provider: Provider, names: ProviderNames | None = None) -> int:
    """Receive the replies that the provider has and that never reached us; return how many there were.

    *names* are the providers that are set up, *provider* among them; without them it is alone.

    Each number's list is asked for since the last one that was received whole, however long ago that was: a provider
    tells of a reply once, and while we are away there is nobody to tell. A number that fails keeps no other waiting.

    Raises:
        ProviderUnavailable, ProviderUnknown: the list of a number cannot be had now; those of the others were received.
    """
    async with memory.transaction() as tx:
        numbers = await towns.numbers_at(tx, provider.name, names or ProviderNames(provider.name))
    count, failure = 0, None
    for number in numbers:
        try:
            count += await _fetch_of(memory, provider, number)
        except ConnectionError as error:
            failure = error
    if failure is not None:
        raise failure
    return count


async def _fetch_of(memory: Memory, provider: Provider, number: str) -> int:
    async with memory.transaction() as tx:
        at, until = await real_now(tx), await replies.listed_until(tx, provider.name, number)
    since = at - AT_FIRST if until is None else min(until, at) - OVERLAP
    listed = await provider.recent_replies(number, since)
    async with memory.transaction() as tx:
        missed = await replies.unknown_ids(tx, provider.name, [reply.provider_id for reply in listed])
    for reply in listed:
        if reply.provider_id in missed:
            log.warning("missed_reply_fetched", reply=reply.provider_id)
            age = timedelta(0) if reply.at is None else max(timedelta(0), at - reply.at)
            missing = ReceivedReply.of_body(provider.name, reply.provider_id, reply.phone, number, reply.body, age)
            await receive_reply(memory, missing)
    await memory.run_statement(lambda tx: replies.set_listed(tx, provider.name, number, at))
    return len(missed)
