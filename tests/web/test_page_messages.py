"""Messages that a page's decision asks for: a wording with values until the worker has made the text, with a link in it."""

from datetime import timedelta
from uuid import UUID, uuid4

from alarm_center.casework import wording
from alarm_center.store import claims, messages
from alarm_center.store.claims import ProviderNames
from schemas.vocabulary import Answer, Reason
from tests.support.night_town import NightTown
from tests.support.site import Browser


async def sent_by_page(storstad: NightTown, olle: Browser) -> UUID:
    """Let Olle take a case and send a patrol; return the message that asks it."""
    await storstad.finding(2, Answer.SOMETHING_WRONG, Reason.ON_FLOOR)
    alarm = await storstad.value("select alarm_id from alarms")
    for act in ("claim", "send"):
        assert (await olle.post(f"/alarm/{alarm}/{act}")).status == 303
    message: UUID = await storstad.value("select message_id from messages where wording = 'call_out'")
    return message


async def claimed(storstad: NightTown) -> claims.MessageClaim | None:
    async with storstad.memory.transaction() as tx:
        return await claims.claim_next(
            tx, uuid4(), timedelta(seconds=3), None, None, ProviderNames("twilio"), urgent_only=False
        )


async def test_the_worker_makes_the_text_of_a_pages_message(storstad: NightTown, olle: Browser) -> None:
    message = await sent_by_page(storstad, olle)
    asked = await storstad.value(
        "select (body, facts ? 'case_no', facts ? 'token', phone) from messages where message_id = $1", message
    )
    phone, token, case_no = await storstad.value(
        "select (n.phone, n.token, a.case_no) from messages m join notices n using (notice_id) join alarms a on a.alarm_id = m.alarm_id where message_id = $1",
        message,
    )  # fmt: skip
    assert asked == ("", True, False, phone)
    assert await claimed(storstad) is None, "no replica of any release sends a message without its text"
    await wording.word_messages(storstad.memory)
    claim = await claimed(storstad)
    assert claim is not None
    assert claim.message.message_id == message
    assert claim.message.body.startswith(f"Larm {case_no} PRIO 1 omr 3. ")
    assert claim.message.body.endswith(f"/u/{token}")


async def test_a_second_replica_words_nothing_anew(storstad: NightTown, olle: Browser) -> None:
    message = await sent_by_page(storstad, olle)
    await wording.word_messages(storstad.memory)
    async with storstad.memory.transaction() as tx:
        await messages.set_bodies(tx, {message: "another text"})
    assert str(await storstad.value("select body from messages where message_id = $1", message)).startswith("Larm ")


async def test_a_text_that_cannot_be_made_goes_out_bare(storstad: NightTown, olle: Browser) -> None:
    await sent_by_page(storstad, olle)
    await storstad.execute("update organisations set link_host = repeat('lang-', 30) || 'host.se'")
    await wording.word_messages(storstad.memory)
    body = await storstad.value("select body from messages where wording = 'call_out'")
    case_no = await storstad.value("select case_no from alarms")
    assert body.startswith(f"Larm {case_no} PRIO 1: 1 / 2")
