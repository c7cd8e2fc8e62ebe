"""Webhooks of Twilio: routes of replies by SMS, of the status of messages and calls, of a call's words and keys, and of carers who call.

The check of the signature is in `signed_request.py`, TwiML in `voice.py`. `sms/` decides what a reply does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from uuid import UUID

import structlog
from aiohttp import web

from alarm_center.core.replies.ring_in import MOST_WRONG, CodeAnswer
from alarm_center.providers import MACHINE, DeliveryStatus
from alarm_center.providers.twilio import COMPLETED, STATUSES, Twilio, is_machine
from alarm_center.settings import ServiceSettings
from alarm_center.sms import connected_calls, delivery, incoming_replies, pressed_keys, ring_in
from alarm_center.sms.incoming_replies import ReceivedReply
from alarm_center.sms.pressed_keys import KeyOutcome
from alarm_center.sms.ring_in import CallAnswer, IncomingCall
from alarm_center.store.connected_calls import ResidentCall
from alarm_center.store.memory import Memory
from alarm_center.web.hooks import signed_request, voice
from alarm_center.web.hooks.call_words import LANGUAGE, call_answer_words, find_call, find_resident_call
from alarm_center.web.hooks.hook_form import drop
from alarm_center.web.route_access import Opening, open_to
from alarm_center.words import voice_words
from alarm_center.words.catalogues import SPEECHES

log = structlog.get_logger()

PATH: Final = "/hooks/twilio"
_ID: Final = r"{message_id:[0-9a-f-]{36}}"
_DIALLED: Final = MappingProxyType(
    {"completed": "answered", "answered": "answered", "busy": "busy", "no-answer": "no_answer", "canceled": "no_answer"}
)
_ATTEMPT: Final = r"{attempt:[1-3]}"
_CODE_DIGITS: Final = 5
_READINGS: Final = 3
"""Of an address: a call has no other way to hear it again."""


@dataclass(slots=True)
class TwilioHooks:
    """Answers Twilio. Without a token nothing can be signed, and everything is refused."""

    memory: Memory
    tokens: Sequence[str]
    public_url: str

    def routes(self) -> list[web.RouteDef]:
        """Return the routes, all below ``/hooks/twilio``."""
        return [
            web.post(f"{PATH}/sms", self.sms),
            web.post(f"{PATH}/status/{_ID}", self.status),
            web.post(f"{PATH}/answered/{_ID}", self.answered),
            web.post(f"{PATH}/voice/{_ID}", self.voice),
            web.post(f"{PATH}/voice/{_ID}/key", self.key),
            web.post(f"{PATH}/connected/{_ID}", self.connected),
            web.post(f"{PATH}/call", self.call),
            web.post(f"{PATH}/call/code/{_ATTEMPT}", self.code),
        ]

    @open_to(Opening.PROVIDER)
    async def sms(self, request: web.Request) -> web.Response:
        """Take a reply; its answer goes out through the outbox, so this response is empty."""
        form = await self._form(request)
        sid, phone, sender = form.get("MessageSid", ""), form.get("From", ""), form.get("To", "")
        if not sid or not phone:
            return drop("incomplete")
        reply = ReceivedReply.of_body(Twilio.name, sid, phone, sender, form.get("Body", ""))
        await incoming_replies.receive_reply(self.memory, reply)
        return _twiml("<Response/>")

    @open_to(Opening.PROVIDER)
    async def status(self, request: web.Request) -> web.Response:
        """Take the status of a message or a call; a status that is new to us changes nothing."""
        form = await self._form(request)
        sid = form.get("MessageSid") or form.get("CallSid") or ""
        status = STATUSES.get(form.get("MessageStatus") or form.get("CallStatus") or "")
        if not sid or status is None:
            return drop("unknown_status")
        if form.get("CallStatus") == COMPLETED:
            await delivery.record_call_end(self.memory, Twilio.name, sid, _id(request))
            return web.Response(status=204)
        code = form.get("ErrorCode", "")
        error = code if code.isdecimal() else None
        await delivery.record_status(self.memory, Twilio.name, sid, status, error, message_id=_id(request))
        return web.Response(status=204)

    @open_to(Opening.PROVIDER)
    async def answered(self, request: web.Request) -> web.Response:
        """Take who answered a call, a few seconds into it: what a machine was told nobody has heard."""
        form = await self._form(request)
        sid = form.get("CallSid", "")
        if not sid:
            return drop("incomplete")
        if is_machine(form.get("AnsweredBy", "")):
            status = DeliveryStatus.FAILED
            await delivery.record_status(self.memory, Twilio.name, sid, status, MACHINE, message_id=_id(request))
        return web.Response(status=204)

    @open_to(Opening.PROVIDER)
    async def voice(self, request: web.Request) -> web.Response:
        """Read the question out, and wait for a key: also the operator's, since a machine may have answered their phone."""
        await self._form(request)
        to = await find_resident_call(self.memory, _id(request))
        if to is not None and to.phone is None:
            return _nobody_to_call(to)
        return await self._ask(_id(request))

    async def _connect(self, message_id: UUID, form: Mapping[str, str]) -> web.Response:
        """Call the resident, once the operator has asked for it by their key; any other key is asked about again."""
        if form.get("Digits", "") != connected_calls.CONNECT_KEY:
            return await self._ask(message_id)
        to = await connected_calls.take_key(self.memory, Twilio.name, form.get("CallSid", ""), message_id)
        if to is None:
            return _twiml(voice.answer_twiml(KeyOutcome.UNKNOWN, LANGUAGE))
        if to.phone is None:
            return _nobody_to_call(to)
        url = f"{self.public_url.rstrip('/')}{PATH}/connected/{message_id}"
        dialled = voice.Dialled(to.phone, form.get("From", ""), to.rings, url)
        return _twiml(voice.connecting_twiml(SPEECHES[to.language](voice_words.CONNECTING), to.language, dialled))

    @open_to(Opening.PROVIDER)
    async def connected(self, request: web.Request) -> web.Response:
        """Take what came of the call to a resident."""
        form, message_id = await self._form(request), _id(request)
        answer = _DIALLED.get(form.get("DialCallStatus", ""), "failed")
        await connected_calls.record_outcome(self.memory, Twilio.name, form.get("CallSid", ""), message_id, answer)
        return _twiml("<Response><Hangup/></Response>")

    @open_to(Opening.PROVIDER)
    async def key(self, request: web.Request) -> web.Response:
        """Take the key that was pressed in a call."""
        form = await self._form(request)
        message_id = _id(request)
        if await find_resident_call(self.memory, message_id) is not None:
            return await self._connect(message_id, form)
        try:
            pressed = await pressed_keys.apply_key(
                self.memory, Twilio.name, form.get("CallSid", ""), message_id, form.get("Digits", "")
            )
        except Exception:
            # The carer hears that it was not taken, and can answer the SMS instead.
            log.exception("key_failed", message_id=str(message_id))
            pressed = KeyOutcome.UNKNOWN
        if pressed is KeyOutcome.AGAIN:
            return await self._ask(message_id)
        found = await find_call(self.memory, message_id)
        return _twiml(voice.answer_twiml(pressed, found.language if found else LANGUAGE))

    @open_to(Opening.PROVIDER)
    async def call(self, request: web.Request) -> web.Response:
        """Ask a carer who calls one of our numbers for their personal code."""
        form = await self._form(request)
        incoming = _incoming(form)
        if incoming is None:
            return drop("incomplete")
        return self._answer_call(await ring_in.begin_call(self.memory, incoming), 0)

    @open_to(Opening.PROVIDER)
    async def code(self, request: web.Request) -> web.Response:
        """Take a code that was given by keys, and read the address of the case that is the carer's."""
        form = await self._form(request)
        incoming, attempt = _incoming(form), int(request.match_info["attempt"])
        if incoming is None:
            return drop("incomplete")
        answered = await ring_in.enter_code(self.memory, incoming, attempt, form.get("Digits", ""))
        return self._answer_call(answered, attempt)

    def _answer_call(self, answered: CallAnswer | None, attempt: int) -> web.Response:
        """Read the answer after so many codes; another is asked for where it was wrong and was not the third."""
        if answered is None:
            return _twiml(voice.spoken_twiml(SPEECHES[LANGUAGE](voice_words.NO_NUMBER), LANGUAGE))
        words = call_answer_words(answered)
        if answered.answer in (None, CodeAnswer.WRONG) and attempt < MOST_WRONG:
            url = f"{self.public_url.rstrip('/')}{PATH}/call/code/{attempt + 1}"
            return _twiml(voice.question_twiml(words, answered.language, url, _CODE_DIGITS))
        readings = _READINGS if answered.cases else 1
        return _twiml(voice.spoken_twiml(words, answered.language, readings))

    async def _ask(self, message_id: UUID) -> web.Response:
        found = await find_call(self.memory, message_id)
        if found is None:
            return _twiml(voice.answer_twiml(KeyOutcome.UNKNOWN, LANGUAGE))
        key_url = f"{self.public_url.rstrip('/')}{PATH}/voice/{message_id}/key"
        return _twiml(voice.question_twiml(found.question, found.language, key_url))

    async def _form(self, request: web.Request) -> dict[str, str]:
        return await signed_request.signed_form(request, self.tokens, self.public_url)


def routes(memory: Memory, settings: ServiceSettings) -> list[web.RouteDef]:
    """Return the routes of Twilio's webhooks."""
    tokens = [t.get_secret_value() for t in (settings.twilio_auth_token, settings.twilio_auth_token_old) if t]
    return TwilioHooks(memory, tokens, settings.public_url).routes()


def _id(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["message_id"])
    except ValueError:
        raise web.HTTPNotFound from None


def _incoming(form: Mapping[str, str]) -> IncomingCall | None:
    """Return the call that a request is of; ``None`` where it names none. A number that is withheld is no phone's."""
    if not form.get("CallSid") or not form.get("To"):
        return None
    return IncomingCall(Twilio.name, form["CallSid"], form.get("From", ""), form["To"])


def _nobody_to_call(to: ResidentCall) -> web.Response:
    return _twiml(voice.spoken_twiml(SPEECHES[to.language](voice_words.NOBODY_TO_CALL), to.language))


def _twiml(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/xml")
