"""Webhooks of Twilio: routes of replies by SMS, of the status of messages and calls, and of a call's words and keys.

The check of the signature is in `signed_request.py`, TwiML in `voice.py`. `sms/` decides what a reply does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from aiohttp import web

from alarm_center.providers import MACHINE, DeliveryStatus
from alarm_center.providers.twilio import COMPLETED, STATUSES, Twilio, is_machine
from alarm_center.settings import ServiceSettings
from alarm_center.sms import delivery, incoming_replies, pressed_keys
from alarm_center.sms.incoming_replies import ReceivedReply
from alarm_center.sms.pressed_keys import KeyOutcome
from alarm_center.store.memory import Memory
from alarm_center.web.hooks import signed_request, voice
from alarm_center.web.hooks.call_words import LANGUAGE, find_call
from alarm_center.web.hooks.hook_form import drop
from alarm_center.web.route_access import Opening, open_to

log = structlog.get_logger()

PATH: Final = "/hooks/twilio"
_ID: Final = r"{message_id:[0-9a-f-]{36}}"


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
        """Read the question out, and wait for a key."""
        await self._form(request)
        return await self._ask(_id(request))

    @open_to(Opening.PROVIDER)
    async def key(self, request: web.Request) -> web.Response:
        """Take the key that was pressed in a call."""
        form = await self._form(request)
        message_id = _id(request)
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


def _twiml(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/xml")
