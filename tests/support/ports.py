"""Waiting until a server that was just started answers on its port."""

import socket
import subprocess
import time

from fjarrtillsyn.embedded.ports import HOST
from tests.support.waiting import DEADLINE_S


def wait_for_port(port: int, server: subprocess.Popen[bytes], deadline_s: float = DEADLINE_S) -> None:
    """Return when *server* accepts connections on *port*.

    Raises:
        RuntimeError: the server has ended, or nobody answered within *deadline_s* seconds.
    """
    end = time.monotonic() + deadline_s
    while True:
        try:
            socket.create_connection((HOST, port), timeout=0.2).close()
            return
        except OSError as refused:
            try:
                status = server.wait(timeout=0.01)
            except subprocess.TimeoutExpired:
                if time.monotonic() > end:
                    raise RuntimeError(f"nobody answered on {HOST}:{port} within {deadline_s} s") from refused
            else:
                raise RuntimeError(f"the server for {HOST}:{port} ended with status {status}") from refused
