"""Webhooks of 46elks: routes of replies by SMS, of the status of messages and calls, and of a call's sounds and keys.

46elks signs nothing. Each address that it is given ends in a code over its purpose and its message
(:class:`~alarm_center.providers.elks.HookProof`), which a request must show; with ``FJT_ELKS_ADDRESSES`` it must also come
from one of those. Written from https://46elks.se/docs: receive-sms, sms-delivery-reports, call-actions, voice-play, voice-ivr,
ip-addresses. `sms/` decides what a reply does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import structlog
from aiohttp import web

from alarm_center.providers import DeliveryStatus
from alarm_center.providers.elks import ENDED, PATH, STATUSES, Elks, HookProof, made_at
from alarm_center.sms import connected_calls, delivery, incoming_replies, pressed_keys
from alarm_center.sms.incoming_replies import ReceivedReply
from alarm_center.sms.pressed_keys import KeyOutcome
from alarm_center.store.memory import Memory, real_now
from alarm_center.web.client_address import find_client
from alarm_center.web.hooks.call_words import LANGUAGE, CallWords, answer_words, find_call, find_resident_call
from alarm_center.web.hooks.hook_form import count_refusal, drop, read_form
from alarm_center.web.hooks.speech import SpeechFailed, SpeechMaker
from alarm_center.web.route_access import Opening, open_to

log = structlog.get_logger()

Network = IPv4Network | IPv6Network

ID: Final = r"{message_id:[0-9a-f-]{36}}"
CODE: Final = r"{code:[0-9a-f]{40}}"
_SOUND: Final = r"{sound:[a-z_]{1,20}}"
_QUESTION: Final = "question"
_KEY_WAIT_S: Final = 6
_READINGS: Final = 3
_RING_S: Final = 5
"""A ring and the pause after it, in Sweden."""
_CONNECTED: Final = MappingProxyType({"success": "answered", "busy": "busy", "failed": "no_answer"})
HANG_UP: Final[Mapping[str, Any]] = {"hangup": "reject"}


@dataclass(slots=True)
class ElksHooks:
    """Answers 46elks. Without a secret nothing can be proven, and everything is refused.

    *addresses* alone may call, where there are any; *proxies* are our own in front, whose word on an address is believed.
    """

    memory: Memory
    proof: HookProof
    public_url: str
    speech: SpeechMaker | None = None
    addresses: Sequence[Network] = ()
    proxies: Sequence[Network] = ()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes, all below ``/hooks/46elks``."""
        return [
            web.post(f"{PATH}/sms/{CODE}", self.sms),
            web.post(f"{PATH}/status/{ID}/{CODE}", self.status),
            web.post(f"{PATH}/voice/{ID}/{CODE}", self.voice),
            web.post(f"{PATH}/key/{ID}/{CODE}", self.key),
            web.post(f"{PATH}/connected/{ID}/{CODE}", self.connected),
            web.get(f"{PATH}/sound/{ID}/{_SOUND}/{CODE}", self.sound, allow_head=False),
        ]

    @open_to(Opening.PROVIDER)
    async def sms(self, request: web.Request) -> web.Response:
        """Take a reply. 46elks would send the words of this response on as an SMS, so it has none."""
        form = await self.form(request, "sms")
        provider_id, phone, number = form.get("id", ""), form.get("from", ""), form.get("to", "")
        if not provider_id or not phone:
            return drop("incomplete")
        # It is sent for hours until it is taken, so that it may be an old one.
        at, made = await self.memory.run_statement(real_now), made_at(form)
        age = timedelta(0) if made is None else max(timedelta(0), at - made)
        reply = ReceivedReply.of_body(Elks.name, provider_id, phone, number, form.get("message", ""), age)
        await incoming_replies.receive_reply(self.memory, reply)
        return web.Response(status=204)

    @open_to(Opening.PROVIDER)
    async def status(self, request: web.Request) -> web.Response:
        """Take the status of a message, or of a call that has ended; a status that is new to us changes nothing."""
        form = await self.form(request, "status")
        provider_id = form.get("id") or form.get("callid") or ""
        status = STATUSES.get(form.get("status") or form.get("state") or "")
        if not provider_id or status is None:
            return drop("unknown_status")
        if form.get("state") == ENDED:
            await delivery.record_call_end(self.memory, Elks.name, provider_id, path_id(request))
            return web.Response(status=204)
        await delivery.record_status(self.memory, Elks.name, provider_id, status, message_id=path_id(request))
        return web.Response(status=204)

    @open_to(Opening.PROVIDER)
    async def voice(self, request: web.Request) -> web.Response:
        """Play the question of a call that has just been answered, and wait for a key.

        A call whose words nobody can hear has failed: the dispatch goes on at once.
        """
        form = await self.form(request, "voice")
        message_id = path_id(request)
        to = await find_resident_call(self.memory, message_id)
        if to is not None and to.phone is None:
            return web.json_response(HANG_UP)
        asked = await self._ask(message_id)
        heard = DeliveryStatus.FAILED if asked is None else DeliveryStatus.DELIVERED
        if call_id := form.get("callid") or form.get("id"):
            error = "no_speech" if asked is None else None
            await delivery.record_status(self.memory, Elks.name, call_id, heard, error, message_id=message_id)
        return web.json_response(asked or HANG_UP)

    async def _connect(self, message_id: UUID, form: Mapping[str, str], digit: str) -> Mapping[str, Any]:
        """Return the action that calls a resident, once the operator's key asks for it: https://46elks.se/docs/voice-connect."""
        if digit != connected_calls.CONNECT_KEY:
            return await self._ask(message_id) or HANG_UP
        call_id = form.get("callid") or form.get("id") or ""
        to = await connected_calls.take_key(self.memory, Elks.name, call_id, message_id)
        if to is None or to.phone is None:
            return HANG_UP
        url = self.url("connected", f"connected/{message_id}", message_id)
        return {"connect": to.phone, "callerid": form.get("from", ""), "timeout": to.rings * _RING_S, "next": url}

    @open_to(Opening.PROVIDER)
    async def connected(self, request: web.Request) -> web.Response:
        """Take what came of the call to a resident."""
        form = await self.form(request, "connected")
        call_id = form.get("callid") or form.get("id") or ""
        answer = _CONNECTED.get(form.get("result", ""), "no_answer")
        await connected_calls.record_outcome(self.memory, Elks.name, call_id, path_id(request), answer)
        return web.json_response(HANG_UP)

    @open_to(Opening.PROVIDER)
    async def key(self, request: web.Request) -> web.Response:
        """Take the key that was pressed in a call; ``result`` is another word where none was."""
        form = await self.form(request, "key")
        message_id, digit = path_id(request), form.get("result", "")
        if len(digit) != 1:
            if call_id := form.get("callid") or form.get("id"):
                await delivery.record_call_end(self.memory, Elks.name, call_id, message_id)
            return web.json_response(HANG_UP)
        if await find_resident_call(self.memory, message_id) is not None:
            return web.json_response(await self._connect(message_id, form, digit))
        try:
            pressed = await pressed_keys.apply_key(
                self.memory, Elks.name, form.get("callid") or form.get("id") or "", message_id, digit
            )
        except Exception:
            # The carer hears that it was not taken, and can answer the SMS instead.
            log.exception("key_failed", message_id=str(message_id))
            pressed = KeyOutcome.UNKNOWN
        if pressed is KeyOutcome.AGAIN:
            return web.json_response(await self._ask(message_id) or HANG_UP)
        # The answer is heard to its end, and the call ends with it.
        return web.json_response({"play": self._sound_url(message_id, pressed), "skippable": False})

    @open_to(Opening.PROVIDER)
    async def sound(self, request: web.Request) -> web.Response:
        """Return the sound of a call's question, or of an answer."""
        message_id, name = path_id(request), request.match_info["sound"]
        self.prove(request, f"sound-{name}", message_id)
        found = await find_call(self.memory, message_id)
        words = _words(name, found)
        if words is None or self.speech is None:
            raise web.HTTPNotFound
        try:
            body = await self.speech.wav(words, found.language if found else LANGUAGE)
        except SpeechFailed as error:
            log.warning("speech_failed", why=str(error))
            raise web.HTTPServiceUnavailable from None
        return web.Response(body=body, content_type="audio/wav")

    async def _ask(self, message_id: UUID) -> dict[str, Any] | None:
        """Return the action that asks the question, once there is a sound of it; ``None`` where there is none."""
        found = await find_call(self.memory, message_id)
        if found is None or self.speech is None:
            return None
        try:
            await self.speech.wav(found.question, found.language)
        except SpeechFailed as error:
            log.warning("speech_failed", why=str(error))
            return None
        return {
            "ivr": self._sound_url(message_id, _QUESTION),
            "digits": 1,
            "timeout": _KEY_WAIT_S,
            "repeat": _READINGS,
            "next": self.url("key", f"key/{message_id}", message_id),
        }

    def _sound_url(self, message_id: UUID, name: str) -> str:
        return self.url(f"sound-{name}", f"sound/{message_id}/{name}", message_id)

    def url(self, of: str, path: str, message_id: UUID | None = None) -> str:
        """Return an address below ``/hooks/46elks`` with the proof that it is ours, for *of*."""
        return f"{self.public_url.rstrip('/')}{PATH}/{path}/{self.proof.code(of, message_id)}"

    async def form(self, request: web.Request, of: str) -> dict[str, str]:
        """Return the fields of a request to the address for *of*, whose proof holds."""
        self.prove(request, of, path_id(request) if "message_id" in request.match_info else None)
        return await read_form(request)

    def prove(self, request: web.Request, of: str, message_id: UUID | None) -> None:
        """Refuse a request whose address was not made by us for *of*, or that comes from elsewhere."""
        if not self.proof.holds(request.match_info["code"], of, message_id):
            raise count_refusal(web.HTTPForbidden(), "unproven")
        if self.addresses and not self._is_theirs(request):
            raise count_refusal(web.HTTPForbidden(), "unknown_address")

    def _is_theirs(self, request: web.Request) -> bool:
        written = ",".join(request.headers.getall("X-Forwarded-For", ()))
        try:
            client = ip_address(find_client(request.remote or "", written, self.proxies))
        except ValueError:
            return False
        return any(client in network for network in self.addresses if network.version == client.version)


def _words(name: str, found: CallWords | None) -> str | None:
    """Return the words of the sound *name*; ``None`` where there is no such sound."""
    if name == _QUESTION:
        return found.question if found else None
    if name not in list(KeyOutcome) or name == KeyOutcome.AGAIN:
        return None
    return answer_words(KeyOutcome(name), found.language if found else LANGUAGE)


def path_id(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["message_id"])
    except ValueError:
        raise web.HTTPNotFound from None
