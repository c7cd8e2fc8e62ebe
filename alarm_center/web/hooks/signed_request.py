"""Signed request of Twilio: its fields, if the signature is right; any other is refused and counted.

https://www.twilio.com/docs/usage/security#validating-requests
"""

from collections.abc import Sequence

from aiohttp import web
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # the SDK ships no types

from alarm_center.web.hooks.hook_form import count_refusal, read_form


async def signed_form(request: web.Request, tokens: Sequence[str], public_url: str) -> dict[str, str]:
    """Return the fields of a signed request. Of the *tokens* either may have signed it: one is rotated out.

    Twilio signs the address that it was given, so that is built from *public_url*, whatever a proxy has made of it.

    Raises:
        web.HTTPException: 413 for a body over 64 KiB, 400 for one that is no form, 403 for one that is not signed.
    """
    fields = await read_form(request)
    signature = request.headers.get("X-Twilio-Signature", "")
    url = public_url.rstrip("/") + request.path_qs
    if not signature or not any(RequestValidator(token).validate(url, fields, signature) for token in tokens):
        raise count_refusal(web.HTTPForbidden(), "unsigned")
    return fields
