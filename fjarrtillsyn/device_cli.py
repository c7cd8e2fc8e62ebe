"""Subcommands about devices: how one comes by its code, what the broker knows of it, and where it is judged."""

from pathlib import Path
from typing import Annotated

import typer

from fjarrtillsyn.extras import needs
from schemas.vocabulary import JudgePlace

app = typer.Typer()


@app.command("judge-at")
def judge_at(
    org: Annotated[str, typer.Argument(metavar="TOWN", help="The town's short name.")],
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="The device's name, as in its topics.")],
    place: Annotated[
        JudgePlace, typer.Argument(help="Whose findings are believed: the centre's detectors' or its own.")
    ],
) -> None:
    """Say where a device's sessions are judged. One that is judged at home runs with FJT_JUDGE=home."""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import devices

    devices.move_judge(org, device, place)


@app.command("broker-passwords")
def broker_passwords(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Mosquitto's password file.")],
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on: each second what has changed, until told to stop.")
    ] = False,
    base: Annotated[
        Path | None,
        typer.Option(
            "--base", metavar="FILE", help="Lines of everybody else, read anew each time: FILE is then written whole."
        ),
    ] = None,
    reload: Annotated[
        str | None, typer.Option("--reload", metavar="COMMAND", help="Run after a change: has the broker read it anew.")
    ] = None,
) -> None:
    """Write the passwords of devices that came by a code into the broker's file, as hashes; its other lines stay."""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import device_passwords

    device_passwords.run(path, follow=follow, base=base, reload=reload)


@app.command()
def enrol(
    url: Annotated[str, typer.Argument(metavar="URL", help="The centre's address, https://…")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the device's settings are kept.")] = Path(
        "/etc/fjarrtillsyn/device.env"
    ),
) -> None:
    """Show a code, wait until an installer has typed it, and keep the device's town, name and password."""
    with needs("gateway"):
        from gateway import enrolment

    try:
        made = enrolment.enrol(url, out, lambda code: typer.echo(f"\n  {code}\n"))
    except (enrolment.NotEnrolled, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{made.org}/{made.device}: kept in {out}")
