"""The broker of Docker Compose as its script runs it here: a device that came by a code gets in once the file is written, and out again."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.make_secrets import mosquitto_hash
from fjarrtillsyn.commands import device_passwords
from fjarrtillsyn.embedded.ports import HOST
from tests.support.mosquitto import DEPLOYED, Mosquitto
from tests.support.ports import wait_for_port
from tests.support.waiting import eventually


def hashed(password: str) -> str:
    return mosquitto_hash(password, os.urandom(12))


def lets_in(port: int, user: str, password: str) -> bool:
    """Return whether the broker takes a CONNECT of MQTT 3.1.1 with that name and password."""

    def text(said: str) -> bytes:
        return len(said).to_bytes(2, "big") + said.encode()

    body = text("MQTT") + bytes([4, 0xC2, 0, 30]) + text(user.replace("/", "-")) + text(user) + text(password)
    with socket.create_connection((HOST, port), timeout=5) as connection:
        connection.sendall(bytes([0x10, len(body)]) + body)
        answer = connection.recv(4)
    return answer == bytes([0x20, 2, 0, 0])


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[tuple[Mosquitto, subprocess.Popen[bytes]]]:
    """Run the deployed script over the deployed settings, with Debian's mosquitto and the passwords of make_secrets.py."""
    made = Mosquitto(tmp_path, {})
    (tmp_path / "secret").write_text(f"centre:{hashed('c')}\n", encoding="utf-8")
    device_passwords.write_whole(tmp_path / "passwords", {}, tmp_path / "secret")
    command = ["sh", str(DEPLOYED / "run.sh"), str(tmp_path / "mosquitto.conf"), str(tmp_path / "passwords")]
    path = f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"
    with (tmp_path / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "PATH": path})
    try:
        wait_for_port(made.port, process)
        yield made, process
    finally:
        process.terminate()
        process.wait(10)


async def test_a_claimed_device_gets_in_and_out_again(
    broker: tuple[Mosquitto, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    made, _process = broker
    passwords, secret = tmp_path / "passwords", tmp_path / "secret"
    assert lets_in(made.port, "centre", "c") and not lets_in(made.port, "vik/cam-1", "d")
    assert device_passwords.write_whole(passwords, {"vik/cam-1": hashed("d")}, secret)
    assert await eventually(lambda: lets_in(made.port, "vik/cam-1", "d"))
    assert lets_in(made.port, "centre", "c")
    assert device_passwords.write_whole(passwords, {}, secret)
    assert await eventually(lambda: not lets_in(made.port, "vik/cam-1", "d"))
    assert not device_passwords.write_whole(passwords, {}, secret), "nothing new: the broker reads nothing"


async def test_the_script_ends_with_its_broker(
    broker: tuple[Mosquitto, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    _made, process = broker
    process.terminate()
    assert process.wait(10) is not None
    assert "terminating" in (tmp_path / "log").read_text(encoding="utf-8")


def test_a_code_goes_before_a_line_of_the_secret(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("centre:a\nvik/cam-1:old\n", encoding="utf-8")
    device_passwords.write_whole(tmp_path / "passwords", {"vik/cam-1": "new"}, secret)
    assert (tmp_path / "passwords").read_text(encoding="utf-8") == "centre:a\nvik/cam-1:new\n"
