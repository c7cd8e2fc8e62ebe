"""Fetch the pose detector: pip downloads the one wheel that carries it, and a single file is taken out of it."""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

import typer

from runtime.process import BAD_SETTINGS

_WHEEL: Final = "mediapipe==0.10.14"
_WHEEL_SHA256: Final = "a807328339e7356fda0bb14df12fedbf1d33bdf81649c5f8666b0026b1cc30b4"
_PLATFORM: Final = ("--python-version=3.11", "--implementation=cp", "--abi=cp311", "--platform=manylinux_2_17_x86_64")
"""The wheel that was looked at, whatever runs here: nothing in it is run, and the file is the same in each."""
_MEMBER: Final = "mediapipe/modules/pose_detection/pose_detection.tflite"
_MODEL_SHA256: Final = "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c"
_MOST_BYTES: Final = 16_000_000


class NotFetched(Exception):
    """The file could not be had, or is another; the message says which."""


def fetch_model(out: Path) -> None:
    """Write the pose detector to *out* and say how it is used; end with a reason when it cannot be had."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            model = take_out(download(Path(folder)))
        beside = out.with_name(f".{out.name}.part")
        beside.write_bytes(model)
        beside.replace(out)
    except (NotFetched, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(BAD_SETTINGS) from None
    typer.echo(f"{out}: BlazePose's detector, of MediaPipe 0.10.14, Apache License 2.0 (sha256 {_MODEL_SHA256})")
    typer.echo(f"Use it with: pip install 'fjarrtillsyn[person]', and FJT_PERSON_MODEL={out.resolve()}")


def download(folder: Path) -> Path:
    """Return the wheel, downloaded into *folder* by pip as it is configured here; its digest is pip's to check.

    Raises:
        NotFetched: pip is not there, cannot have it, or it is another wheel.
    """
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{_WHEEL} --hash=sha256:{_WHEEL_SHA256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", *_PLATFORM]
    done = subprocess.run(  # noqa: S603 - our own arguments, no shell
        [*command, "--require-hashes", f"--dest={folder}", f"--requirement={wanted}"],
        capture_output=True,
        text=True,
        check=False,
    )
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        last = (done.stderr.strip().splitlines() or ["no wheel came"])[-1]
        raise NotFetched(f"pip cannot download {_WHEEL}: {last}")
    return wheels[0]


def take_out(wheel: Path, digest: str = _MODEL_SHA256) -> bytes:
    """Return the pose detector in *wheel*; nothing else of it is unpacked.

    Raises:
        NotFetched: there is none, or its SHA-256 is not *digest*.
    """
    try:
        with zipfile.ZipFile(wheel) as packed:
            if packed.getinfo(_MEMBER).file_size > _MOST_BYTES:
                raise NotFetched(f"{wheel.name}: {_MEMBER} is larger than {_MOST_BYTES} bytes")
            model = packed.read(_MEMBER)
    except (KeyError, zipfile.BadZipFile) as error:
        raise NotFetched(f"{wheel.name}: no {_MEMBER} in it: {error}") from None
    found = hashlib.sha256(model).hexdigest()
    if found != digest:
        raise NotFetched(f"{wheel.name}: {_MEMBER} has the SHA-256 {found}, not {digest}")
    return model
