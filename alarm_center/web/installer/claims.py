"""Claims of devices: one that shows its code asks here until an installer has typed it, and is told its town, name and password.

Certificates will change the answer and nothing else. The password is told once: a device that loses the answer shows a new code.
"""

import asyncio
import json
from typing import Final

from aiohttp import web

from alarm_center.core.mounting import read_code
from alarm_center.identity import broker_passwords
from alarm_center.identity.tokens import token_hash
from alarm_center.store import device_logins
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.client_address import limited_address
from alarm_center.web.failed_tries import FailedTries
from alarm_center.web.route_access import Opening, open_to

routes = web.RouteTableDef()

TRIES: Final = web.AppKey("claim_tries", FailedTries)
MOST_TRIES: Final = 600
"""Questions in five minutes from one address that no code answers: six devices that ask each 3 s, behind one router."""
MOST_BYTES: Final = 1000
"""Bytes of a question; a code with its braces is 25."""
_NO_CODE: Final = {"error": "code", "write": f'{{"code": "ABCD-EFGH-JK"}}, at most {MOST_BYTES} bytes of JSON'}


@routes.post("/device/claim")
@open_to(Opening.DEVICE)
async def claim_device(request: web.Request) -> web.StreamResponse:
    """Tell the device that shows the code its town, name and broker password; 202 as long as nobody has typed it."""
    tries, address = request.app[TRIES], limited_address(request)
    if tries.is_blocked("claim", address):
        return web.json_response({"wait": True}, status=429, headers={"Retry-After": "60"})
    code = await _code_of(request)
    if code is None:
        tries.count("claim", address)
        return web.json_response(_NO_CODE, status=400)
    memory, code_hash, claimed = request.app[MEMORY], token_hash(code), None
    # A password's hash costs tenths of a second of a processor: it is made for a code that somebody has typed, and for no other.
    if await memory.attempt(lambda tx: device_logins.is_code_typed(tx, code_hash)):
        password = broker_passwords.new_password()
        kept = await asyncio.to_thread(broker_passwords.password_hash, password)
        claimed = await memory.attempt(lambda tx: device_logins.claim(tx, code_hash, kept))
    if claimed is None:
        tries.count("claim", address)
        return web.json_response({"wait": True}, status=202)
    memory.hint()
    return web.json_response({"org": claimed.org, "device": claimed.device_id, "password": password})


async def _code_of(request: web.Request) -> str | None:
    body = bytearray()
    async for part in request.content.iter_any():
        body += part
        if len(body) > MOST_BYTES:
            return None
    try:
        said = json.loads(bytes(body))
    except (ValueError, RecursionError):
        return None
    return read_code(str(said.get("code", ""))) if isinstance(said, dict) else None
