"""``python -m fjarrtillsyn.judge_child``: the judge of one home, a process of its own beside the gateway.

It reads sessions from its standard input and writes findings to its output, both as on the wire, each after its length in four
bytes. An empty answer first says that it is ready, later that a session could not be read. It ends with its input.
"""

import os
import sys
from typing import BinaryIO

from detector.judge import judge_timed
from detector.threads import use_one_thread
from fjarrtillsyn.judge_pipe import LENGTH
from runtime.process import forbid_core_dumps
from schemas.messages import Session
from schemas.wire import Refused, decode, encode


def answer(payload: bytes) -> bytes:
    """Return the finding of the session in *payload*; no bytes for what is no session."""
    try:
        return encode(judge_timed(decode(Session, payload)))
    except Refused:
        return b""


def serve(sessions: BinaryIO, findings: BinaryIO) -> None:
    """Answer one session after the other until there are no more."""
    _write(findings, b"")
    while len(length := sessions.read(LENGTH)) == LENGTH:
        payload = sessions.read(int.from_bytes(length, "big"))
        _write(findings, answer(payload))


def _write(findings: BinaryIO, made: bytes) -> None:
    findings.write(len(made).to_bytes(LENGTH, "big") + made)
    findings.flush()


def main() -> None:
    """Serve on the standard streams; whatever a library prints goes to stderr."""
    forbid_core_dumps()
    use_one_thread()
    findings = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, findings)


if __name__ == "__main__":
    main()
