"""Debian's Mosquitto as a town runs it: the deployed settings and rights, on a free port."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from deploy.make_secrets import mosquitto_hash
from fjarrtillsyn.embedded.ports import HOST, free_port
from tests.support.ports import wait_for_port
from tests.support.waiting import DEADLINE_S

DEPLOYED: Final = Path(__file__).parents[2] / "deploy" / "mosquitto"
_SBIN: Final = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"  # where an ordinary user's PATH does not look


class Mosquitto:
    """A broker that can be stopped, killed and started again on its port, having forgotten everything.

    ``passwords[user]`` are those who may sign in: the centre, the detector and devices as ``ORG/DEVICE``.
    """

    host = HOST

    def __init__(self, folder: Path, passwords: Mapping[str, str]) -> None:
        self.port = free_port()
        self.passwords = dict(passwords)
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        deployed = (DEPLOYED / "mosquitto.conf").read_text(encoding="utf-8")
        settings = "log_type information\n" + deployed.replace("/config/logins/", "/config/").replace(
            "/mosquitto/config/", f"{folder}/"
        ).replace("listener 1883\n", f"listener {self.port} {HOST}\n")
        if os.geteuid() == 0:
            settings += "user root\n"  # else it would give up root and could not read the folder of the test
        (folder / "mosquitto.conf").write_text(settings, encoding="utf-8")
        shutil.copyfile(DEPLOYED / "acl", folder / "acl")
        (folder / "acl").chmod(0o600)

    @property
    def pid(self) -> int:
        """The running broker's process."""
        assert self._process is not None, "this Mosquitto does not run"
        return self._process.pid

    def allow(self, user: str, password: str | None = None) -> str:
        """Let *user* sign in from now on, on a running broker too; return the password."""
        password = self.passwords[user] = password or f"{user}-password"
        self._write_passwords()
        if self._process is not None:
            reloads = self.log().count("Reloading config")
            self._until_written("Reloading config", reloads, ask=lambda: self.signal(signal.SIGHUP))
        return password

    def start(self) -> None:
        """Start it; return when it answers."""
        if self._process is not None:
            raise RuntimeError("this Mosquitto runs already")
        self._write_passwords()
        starts = self.log().count(" running")
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [_program("mosquitto"), "-c", str(self.folder / "mosquitto.conf")],
                stdout=log,
                stderr=log,
            )
        try:
            wait_for_port(self.port, self._process)
            self._until_written(" running", starts)  # it answers before it can be told to read its files again
        except RuntimeError as failed:
            self.kill()
            raise RuntimeError(f"{failed}; it wrote:\n{self.log()}") from failed

    def stop(self) -> None:
        """Stop it in good order; return when it has ended."""
        self._end(lambda process: process.terminate())

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(lambda process: process.kill())

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal: SIGSTOP makes it a broker that is there and answers nobody, SIGCONT wakes it."""
        if self._process is None:
            raise RuntimeError("this Mosquitto does not run")
        self._process.send_signal(number)

    def log(self) -> str:
        """Return what it has written so far."""
        path = self.folder / "log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _until_written(self, text: str, before: int, ask: Callable[[], None] = lambda: None) -> None:
        """Return once it has written *text* once more than *before* times.

        It is asked again each time: Mosquitto forgets a signal that comes while it still answers the one before.
        """
        assert self._process is not None
        end = time.monotonic() + DEADLINE_S
        while self.log().count(text) <= before:
            ask()
            try:
                status = self._process.wait(timeout=0.01)
            except subprocess.TimeoutExpired:
                if time.monotonic() < end:
                    continue
                status = None
            ended = "" if status is None else f" and ended with {status}"
            raise RuntimeError(f"Mosquitto did not write {text.strip()!r}{ended}; it wrote:\n{self.log()}")

    def _end(self, how: Callable[[subprocess.Popen[bytes]], None]) -> None:
        if self._process is None:
            return
        how(self._process)
        self._process.send_signal(signal.SIGCONT)  # a test that fails between SIGSTOP and SIGCONT would leave it here
        self._process.wait(timeout=10)
        self._process = None

    def _write_passwords(self) -> None:
        path = self.folder / "passwords"
        lines = [f"{user}:{mosquitto_hash(word, os.urandom(12))}\n" for user, word in self.passwords.items()]
        path.write_text("".join(lines), encoding="utf-8")
        path.chmod(0o600)


def _program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *_SBIN.split(":")]))
    if found is None:
        raise RuntimeError(f"{name} is not on this machine: make setup, or apt-get install mosquitto")
    return found
