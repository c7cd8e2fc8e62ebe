"""Signed request of Twilio: its fields, if the signature is right; any other is refused and counted.

https://www.twilio.com/docs/usage/security#validating-requests
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl

import structlog
from aiohttp import web
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # the SDK ships no types

from alarm_center import metrics

log = structlog.get_logger()

BODY_BYTES: Final = 64 * 1024
_FIELDS: Final = 200


async def signed_form(request: web.Request, tokens: Sequence[str], public_url: str) -> dict[str, str]:
    """Return the fields of a signed request. Of the *tokens* either may have signed it: one is rotated out.

    Twilio signs the address that it was given, so that is built from *public_url*, whatever a proxy has made of it.

    Raises:
        web.HTTPException: 413 for a body over 64 KiB, 400 for one that is no form, 403 for one that is not signed.
    """
    body = await _body(request)
    try:
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS))
    except ValueError:
        raise _count_refusal(web.HTTPBadRequest(), "not_a_form") from None
    signature = request.headers.get("X-Twilio-Signature", "")
    url = public_url.rstrip("/") + request.path_qs
    if not signature or not any(RequestValidator(token).validate(url, fields, signature) for token in tokens):
        raise _count_refusal(web.HTTPForbidden(), "unsigned")
    return fields


async def _body(request: web.Request) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_chunked(8192):
        body += chunk
        if len(body) > BODY_BYTES:
            raise _count_refusal(web.HTTPRequestEntityTooLarge(BODY_BYTES, len(body)), "too_large")
    return bytes(body)


def _count_refusal(error: web.HTTPException, why: str) -> web.HTTPException:
    metrics.REFUSED.labels("webhook", why).inc()
    log.warning("webhook_refused", of="webhook", refusal=why)
    return error
