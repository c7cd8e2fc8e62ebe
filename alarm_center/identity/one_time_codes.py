"""One-time codes of an app (TOTP, RFC 6238): the secret, its address for the app, and the time step that a code is of."""

from datetime import datetime
from typing import Final

import pyotp
from pyotp.utils import strings_equal

from alarm_center.words import page_words

_BESIDE: Final = (0, -1, 1)
"""Time steps that a code may be of: a phone's clock is up to half a minute off, and a code is typed late."""


def new_secret() -> str:
    """Return a secret of 160 random bits, as apps take it: base32."""
    return pyotp.random_base32()


def app_address(secret: str, login: str) -> str:
    """Return the ``otpauth:`` address that an app on the same phone opens."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=page_words.SERVICE)


def matching_step(secret: str, code: str, at: datetime) -> int | None:
    """Return the time step whose code this is at the instant *at*; ``None`` if it is of none that may be.

    The step is what is used up: the same code is the same step at every replica.
    """
    totp = pyotp.TOTP(secret)
    step = totp.timecode(at)
    for offset in _BESIDE:
        if strings_equal(code, totp.generate_otp(step + offset)):
            return step + offset
    return None
