"""Enrolment of a device: it shows a code, asks the centre with it until an installer has typed it, and keeps what it is told."""

import json
import os
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from schemas import topics

ALPHABET: Final = "ACDEFGHJKMNPQRTUVWXY346789"
"""Without letters and digits that look alike on a small screen."""
LETTERS: Final = 10
"""47 bits; a code opens nothing before an installer has typed it, and then for ten minutes."""
EVERY_S: Final = 3.0
_ANSWER_BYTES: Final = 4096
_ANSWERS_WITHIN_S: Final = 10.0
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class NotEnrolled(Exception):
    """The centre cannot be asked, or answers what no centre answers; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The town and name of a device, with its password at the broker."""

    org: str
    device: str
    password: str

    def lines(self) -> str:
        """Return the settings of a gateway that follow from it, as an environment file has them."""
        return f"FJT_GATEWAY_ORG={self.org}\nFJT_GATEWAY_DEVICE={self.device}\nFJT_MQTT_PASSWORD={self.password}\n"


def new_code() -> str:
    """Return a code to show: ``ACDE-FGHJ-KM``."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def claim(url: str, code: str) -> Enrolment | None:
    """Ask the centre at *url* once; None: no installer has typed the code yet.

    Raises:
        NotEnrolled: *url* is no https, or there is no centre of ours.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise NotEnrolled(f"{url}: write the centre's https address; a password goes over it")
    asked = urllib.request.Request(  # noqa: S310 -- its scheme was looked at above
        f"{url.rstrip('/')}/device/claim",
        data=json.dumps({"code": code}).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(asked, timeout=_ANSWERS_WITHIN_S) as answer:  # noqa: S310
            if answer.status == 202:
                return None
            said = json.loads(answer.read(_ANSWER_BYTES))
    except urllib.error.HTTPError as error:
        if error.code in (429, 503):
            return None
        raise NotEnrolled(f"{url} answers {error.code}: is that the centre's address?") from None
    except (OSError, ValueError):
        return None  # no network yet: asked again
    return _enrolment(url, said)


def _enrolment(url: str, said: object) -> Enrolment:
    try:
        assert isinstance(said, dict)
        made = Enrolment(**{name: str(said[name]) for name in ("org", "device", "password")})
        topics.of(made.org, made.device, "status")
    except (AssertionError, KeyError, topics.BadTopic):
        raise NotEnrolled(f"{url} answers what no centre answers: is that its address?") from None
    if not made.password or not made.password.isprintable() or " " in made.password:
        raise NotEnrolled(f"{url} answers with a password that no file can hold")
    return made


def keep(made: Enrolment, path: Path) -> None:
    """Write the settings to *path*, which its owner alone may read, whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(made.lines())
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def enrol(url: str, path: Path, show: Callable[[str], None], wait: Callable[[float], object] = time.sleep) -> Enrolment:
    """Show a code, ask until it is claimed, and keep the settings in *path*; return them.

    Raises:
        NotEnrolled: as :func:`claim`.
        OSError: *path* cannot be written.
    """
    code = new_code()
    show(code)
    made = ask_until_claimed(url, code, wait)
    keep(made, path)
    return made


def ask_until_claimed(url: str, code: str, wait: Callable[[float], object] = time.sleep) -> Enrolment:
    """Ask each 3 s until an installer has typed the code. Raises as :func:`claim`; whatever *wait* raises ends it."""
    while (made := claim(url, code)) is None:
        wait(EVERY_S)
    return made
