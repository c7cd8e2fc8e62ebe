"""Fields of a webhook's request, within limits; a request that is refused, or of no use, is counted and logged by its reason."""

from typing import Final
from urllib.parse import parse_qsl

import structlog
from aiohttp import web

from alarm_center import metrics

log = structlog.get_logger()

BODY_BYTES: Final = 64 * 1024
_FIELDS: Final = 200


async def read_form(request: web.Request) -> dict[str, str]:
    """Return the fields of a request.

    Raises:
        web.HTTPException: 413 for a body over 64 KiB, 400 for one that is no form.
    """
    body = await _body(request)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS))
    except ValueError:
        raise count_refusal(web.HTTPBadRequest(), "not_a_form") from None


async def _body(request: web.Request) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_chunked(8192):
        body += chunk
        if len(body) > BODY_BYTES:
            raise count_refusal(web.HTTPRequestEntityTooLarge(BODY_BYTES, len(body)), "too_large")
    return bytes(body)


def count_refusal(error: web.HTTPException, why: str) -> web.HTTPException:
    """Count a refusal for the reason *why*, and return its *error* to be raised."""
    _count(why)
    return error


def drop(why: str) -> web.Response:
    """Count a request that is proven but of no use; return an answer that says that it need not come again."""
    _count(why)
    return web.Response(status=204)


def _count(why: str) -> None:
    metrics.REFUSED.labels("webhook", why).inc()
    log.warning("webhook_refused", of="webhook", refusal=why)
