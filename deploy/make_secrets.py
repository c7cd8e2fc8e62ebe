#!/usr/bin/env python3
"""Makes the secrets that docker-compose.yml reads, once, and a device's password in the broker's file.

    python3 deploy/make_secrets.py                make what is missing; nothing that exists is changed
    python3 deploy/make_secrets.py device vik/b27 let a device in, and print its password once

Standard library only, so that it runs before anything is installed.
"""

import argparse
import base64
import hashlib
import os
import re
import secrets
from pathlib import Path

FOLDER = Path(__file__).parent / "secrets"
DATABASE = "fjarrtillsyn"
_ITERATIONS = 101
_DEVICE = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}/[a-z0-9][a-z0-9_-]{0,62}")


def mosquitto_hash(password: str, salt: bytes) -> str:
    """Return *password* as mosquitto_passwd writes it: PBKDF2 with SHA-512, type 7 of its password file."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return f"$7${_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def make(folder: Path) -> list[str]:
    """Write each secret that *folder* lacks; return their names."""
    folder.mkdir(mode=0o700, exist_ok=True)
    made: list[str] = []

    def write(name: str, text: str) -> str:
        path = folder / name
        if not path.exists():
            _write(path, text)
            made.append(name)
        return path.read_text(encoding="utf-8")

    def word() -> str:
        return secrets.token_urlsafe(24)

    superuser = write("postgres_password", word())
    write("fjt_database_url_superuser", f"postgresql://postgres:{superuser}@postgres/postgres")
    for name, role in (
        ("_owner", "fjt_owner"),
        ("", "fjt_worker"),
        ("_web", "fjt_web"),
        ("_sign_in", "fjt_sign_in"),
        ("_planner", "fjt_planner"),
    ):
        write(f"fjt_database_url{name}", f"postgresql://{role}:{word()}@postgres/{DATABASE}")
    write("fjt_twilio_auth_token", "")
    write("fjt_elks_password", "")
    write("fjt_elks_hook_secret", word())
    write("fjt_seal_key", secrets.token_hex(32))
    write("fjt_oidc", "[]")  # nobody signs in by a provider until one is written here
    write("fjt_oidc_subject_key", word())
    users = {user: write(f"mqtt_password_{user}", word()) for user in ("centre", "detector")}
    lines = [f"{user}:{mosquitto_hash(password, os.urandom(12))}\n" for user, password in users.items()]
    write("mosquitto_passwords", "".join(lines))
    return made


def empty(folder: Path) -> list[str]:
    """Return the secrets that nobody but their owner can write: an account's with a provider."""
    return sorted(path.name for path in folder.iterdir() if not path.read_text(encoding="utf-8").strip())


def let_in(folder: Path, device: str) -> str:
    """Give *device*, ``ORG/DEVICE``, a new password in the broker's file; return it.

    Raises:
        ValueError: that is not a device's name.
    """
    if not _DEVICE.fullmatch(device):
        raise ValueError(f"device {device!r}: write ORG/DEVICE, each of a-z 0-9 _ -")
    path = folder / "mosquitto_passwords"
    password = secrets.token_urlsafe(24)
    others = [line for line in path.read_text(encoding="utf-8").splitlines() if line.split(":")[0] != device]
    _write(path, "\n".join([*others, f"{device}:{mosquitto_hash(password, os.urandom(12))}"]) + "\n")
    return password


def _write(path: Path, text: str) -> None:
    # Readable by all inside a folder that only its owner can enter: the containers' accounts are not ours.
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)


def main() -> None:
    parser = argparse.ArgumentParser(description="Secrets for docker-compose.yml.")
    parser.add_argument("what", nargs="?", choices=["device"])
    parser.add_argument("device", nargs="?", metavar="ORG/DEVICE")
    given = parser.parse_args()
    made = make(FOLDER)
    if made:
        print(f"made in {FOLDER}: {', '.join(made)}")
    for name in empty(FOLDER):
        print(f"still empty, and the alarm centre does not start without it: {FOLDER / name}")
    if given.what:
        try:
            print(let_in(FOLDER, given.device or ""))
        except ValueError as wrong:
            parser.error(str(wrong))
        print("The service broker-passwords gives it to the broker within a second or two.")


if __name__ == "__main__":
    main()
