"""A person's code app, and the recovery codes that they have on paper: what a test answers a second factor's question with."""

import time
from dataclasses import dataclass, field

import pyotp


@dataclass
class CodeApp:
    """An app that was given a secret. It gives each code once, as the service takes it once."""

    secret: str = ""
    """Empty until it is enrolled."""
    paper: list[str] = field(default_factory=list)
    """Recovery codes that are not used yet."""
    _given: set[int] = field(default_factory=set)

    def code(self) -> str:
        """Return a code that is good now: of this half minute, else of the next, else from paper."""
        totp = pyotp.TOTP(self.secret)
        step = int(time.time()) // totp.interval
        for each in (step, step + 1):
            if each not in self._given:
                self._given.add(each)
                return totp.generate_otp(each)
        return self.paper.pop()

    def wrong_code(self) -> str:
        """Return six digits that are no code of now."""
        totp = pyotp.TOTP(self.secret)
        now = int(time.time()) // totp.interval
        near = {totp.generate_otp(step) for step in range(now - 2, now + 3)}
        return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555") if code not in near)
