"""Webhooks of 46elks for carers who call: the question for their code, the digits, and the sounds of what they hear.

The account's owner writes the address of :meth:`ElksRingIn.call` as the number's ``voice_start``. Written from
https://46elks.se/docs: receive-call, voice-ivr, voice-play.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from aiohttp import web

from alarm_center.core.replies.ring_in import MOST_WRONG, CodeAnswer
from alarm_center.providers.elks import PATH, Elks, HookProof
from alarm_center.settings import ServiceSettings
from alarm_center.sms import ring_in
from alarm_center.sms.ring_in import CallAnswer, IncomingCall
from alarm_center.store.memory import Memory
from alarm_center.web.hooks.call_words import call_answer_words
from alarm_center.web.hooks.elks import CODE, HANG_UP, ID, ElksHooks, path_id
from alarm_center.web.hooks.hook_form import drop
from alarm_center.web.hooks.speech import SpeechFailed, SpeechServer
from alarm_center.web.route_access import Opening, open_to

log = structlog.get_logger()

_ATTEMPT: Final = r"{attempt:[1-3]}"
_PROMPT: Final = r"{language:sv|en}/{prompt:[a-z_]{1,20}}"
_ASK: Final = "ask"
_CODE_DIGITS: Final = 5
_KEY_WAIT_S: Final = 10
_READINGS: Final = 3
_HEARD_WITHIN: Final = timedelta(minutes=10)
"""The sound of an address is given out for so long after its code was."""


@dataclass(slots=True)
class ElksRingIn:
    """Answers calls to our numbers at 46elks. Without a server that speaks nothing can be said, and the call ends."""

    hooks: ElksHooks

    def routes(self) -> list[web.RouteDef]:
        """Return the routes, all below ``/hooks/46elks``."""
        return [
            web.post(f"{PATH}/call/{CODE}", self.call),
            web.post(f"{PATH}/call/code/{_ATTEMPT}/{CODE}", self.code),
            web.get(f"{PATH}/call/prompt/{_PROMPT}/{CODE}", self.prompt, allow_head=False),
            web.get(f"{PATH}/call/address/{ID}/{CODE}", self.address, allow_head=False),
        ]

    @open_to(Opening.PROVIDER)
    async def call(self, request: web.Request) -> web.Response:
        """Ask a carer who calls one of our numbers for their personal code."""
        incoming = _incoming(await self.hooks.form(request, "call"))
        if incoming is None:
            return drop("incomplete")
        return self._answer(await ring_in.begin_call(self.hooks.memory, incoming), 0)

    @open_to(Opening.PROVIDER)
    async def code(self, request: web.Request) -> web.Response:
        """Take a code that was given by keys."""
        attempt = int(request.match_info["attempt"])
        form = await self.hooks.form(request, f"code{attempt}")
        incoming, digits = _incoming(form), form.get("result", "")
        if incoming is None:
            return drop("incomplete")
        if not digits.isdecimal():
            # No key was pressed, or the caller has hung up.
            return web.json_response(HANG_UP)
        return self._answer(await ring_in.enter_code(self.hooks.memory, incoming, attempt, digits), attempt)

    @open_to(Opening.PROVIDER)
    async def prompt(self, request: web.Request) -> web.Response:
        """Return the sound of the question, or of what was wrong with a code."""
        language, prompt = request.match_info["language"], request.match_info["prompt"]
        self.hooks.prove(request, f"prompt-{language}-{prompt}", None)
        if prompt != _ASK and prompt not in set(CodeAnswer):
            raise web.HTTPNotFound
        answer = None if prompt == _ASK else CodeAnswer(prompt)
        return await self._sound(CallAnswer(language, answer))

    @open_to(Opening.PROVIDER)
    async def address(self, request: web.Request) -> web.Response:
        """Return the sound of an address, shortly after the code of its carer and while the case is theirs."""
        notice_id = path_id(request)
        self.hooks.prove(request, "address", notice_id)
        heard = await ring_in.heard_case(self.hooks.memory, notice_id, _HEARD_WITHIN)
        if heard is None:
            raise web.HTTPNotFound
        return await self._sound(heard)

    async def _sound(self, said: CallAnswer) -> web.Response:
        if self.hooks.speech is None:
            raise web.HTTPNotFound
        try:
            body = await self.hooks.speech.wav(call_answer_words(said), said.language)
        except SpeechFailed as error:
            log.warning("speech_failed", why=str(error))
            raise web.HTTPServiceUnavailable from None
        return web.Response(body=body, content_type="audio/wav")

    def _answer(self, answered: CallAnswer | None, attempt: int) -> web.Response:
        if answered is None or self.hooks.speech is None:
            return web.json_response(HANG_UP)
        if answered.cases:
            return web.json_response(self._played([case.notice_id for case in answered.cases] * _READINGS))
        name = _ASK if answered.answer is None else str(answered.answer)
        sound = self.hooks.url(f"prompt-{answered.language}-{name}", f"call/prompt/{answered.language}/{name}")
        if answered.answer in (None, CodeAnswer.WRONG) and attempt < MOST_WRONG:
            following = self.hooks.url(f"code{attempt + 1}", f"call/code/{attempt + 1}")
            asked = {
                "ivr": sound,
                "digits": _CODE_DIGITS,
                "timeout": _KEY_WAIT_S,
                "repeat": _READINGS,
                "next": following,
            }
            return web.json_response(asked)
        return web.json_response({"play": sound, "skippable": False})

    def _played(self, notices: Sequence[UUID]) -> dict[str, Any]:
        """Return the action that plays the addresses of cases one after the other."""
        first, rest = notices[0], notices[1:]
        action: dict[str, Any] = {"play": self.hooks.url("address", f"call/address/{first}", first), "skippable": False}
        return action | ({"next": self._played(rest)} if rest else {})


def routes(memory: Memory, settings: ServiceSettings) -> list[web.RouteDef]:
    """Return the routes of 46elks' webhooks."""
    speech = SpeechServer(settings.speech_url) if settings.speech_url else None
    proof = HookProof(settings.hook_secrets)
    hooks = ElksHooks(memory, proof, settings.public_url, speech, settings.elks_addresses, settings.proxies)
    return [*hooks.routes(), *ElksRingIn(hooks).routes()]


def _incoming(form: dict[str, str]) -> IncomingCall | None:
    call_id = form.get("callid") or form.get("id") or ""
    if not call_id or not form.get("to"):
        return None
    return IncomingCall(Elks.name, call_id, form.get("from", ""), form["to"])
