"""Command line of ``fjarrtillsyn``: its subcommands and their options; a subcommand's code is loaded when it is asked for."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from fjarrtillsyn import chain_cli, device_cli, person_model_cli, town_cli
from fjarrtillsyn.extras import needs
from runtime.process import forbid_core_dumps
from schemas.vocabulary import Answer, JudgePlace, Role

app = typer.Typer(
    help="Remote night supervision: a look at the agreed time, an alarm when nobody was seen, and somebody who came.",
    no_args_is_help=True,
    add_completion=False,
    # What variables hold may be a picture, a name or a password: no traceback shows it.
    pretty_exceptions_enable=False,
)
app.add_typer(chain_cli.app)
app.add_typer(town_cli.app)
app.add_typer(device_cli.app)
user = typer.Typer(help="Who may sign in.", no_args_is_help=True)
app.add_typer(user, name="user")
centre = typer.Typer(help="Alarm centres, and the people who work for one.", no_args_is_help=True)
app.add_typer(centre, name="centre")
break_glass = typer.Typer(help="Sealed accounts, for when the identity provider is away.", no_args_is_help=True)
app.add_typer(break_glass, name="break-glass")

app.add_typer(person_model_cli.app, name="person-model")

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command()
def gateway() -> None:
    """Run the device in a home: wake, take the ten seconds, send them, go dark. Settings: FJT_GATEWAY_…, FJT_MQTT_…, FJT_JUDGE"""
    with needs("gateway"):
        from fjarrtillsyn.home import main

    raise typer.Exit(main())


@app.command()
def detector() -> None:
    """Run a detector: a session in, a finding out. As many as there is load for. Settings: FJT_DETECTOR_…, FJT_MQTT_…"""
    with needs("detector"):
        from detector.__main__ import main

    raise typer.Exit(main())


@app.command()
def alarm_center() -> None:
    """Run a replica of the alarm centre: checks, alarms, SMS and the pages. Settings: FJT_DATABASE_URL…, FJT_HTTP_…, …"""
    with needs("alarm-center"):
        from alarm_center.__main__ import main

    raise typer.Exit(main())


@app.command()
def migrate(
    test_clock: Annotated[
        bool,
        typer.Option("--test-clock", help="Make a new database whose clock can be moved: for tests, never for people."),
    ] = False,
    finish: Annotated[
        bool, typer.Option("--finish", help="No replica of the release before runs any more: close what it still used.")
    ] = False,
) -> None:
    """Bring the database to the newest revision, as FJT_DATABASE_URL_OWNER; make it first with FJT_DATABASE_URL_SUPERUSER."""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import database

    database.migrate(test_clock=test_clock, finish=finish)


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
    judge_at: Annotated[
        JudgePlace, typer.Option("--judge", help="Where the homes are judged: by a detector, or beside their gateways.")
    ] = JudgePlace.CENTRE,
) -> None:
    """Play a town at night: twelve homes, a detector, an alarm centre, phones. No Docker, no root, no account."""
    with needs("demo"):
        from fjarrtillsyn.demo.play import run

    raise typer.Exit(
        run(
            headless=headless,
            as_json=as_json,
            port=port,
            browser=browser,
            alone=alone,
            night=night.date() if night else None,
            judge=judge_at,
        )
    )


@app.command()
def night(
    alarms: Annotated[int, typer.Option(min=1, help="How many alarms are raised.")] = 500,
    replicas: Annotated[int, typer.Option(min=1, max=8, help="How many processes the alarm centre has.")] = 2,
    faults: Annotated[str, typer.Option(help="What fails all night: any of sms, kill, clock, with commas.")] = "",
    seed: Annotated[int, typer.Option(help="What is drawn by chance: the same again is the same night.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Play many alarms while provider, replicas and clock fail, and print the account. The exit status is 1 if a promise broke."""
    with needs("demo"):
        from fjarrtillsyn.faulty_night.faults import NightFault
        from fjarrtillsyn.faulty_night.play import play

    try:
        chosen = frozenset(NightFault(each.strip()) for each in faults.split(",") if each.strip())
    except ValueError:
        raise typer.BadParameter(
            f"{faults}: write any of {', '.join(NightFault)}, with commas", param_hint="--faults"
        ) from None
    raise typer.Exit(play(alarms=alarms, replicas=replicas, faults=chosen, seed=seed, as_json=as_json))


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
    with needs("detector"):
        from fjarrtillsyn.commands import detector_commands

    detector_commands.explain_session(path, profile, fps=fps, as_json=as_json, drawing=drawing)


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
    moves_by_itself: Annotated[
        bool,
        typer.Option(
            "--moves-by-itself", help="Nobody was there: what moves in TAKE, as a curtain or a fan, does so by itself."
        ),
    ] = False,
) -> None:
    """Make a room's profile: its zones and the coarse structure of the room when empty. No picture is kept."""
    with needs("detector"):
        from fjarrtillsyn.commands import calibration_command

    calibration_command.write_profile(take, zones, out, fps=fps, confirmed=confirmed, moves_by_itself=moves_by_itself)


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(help="Labelled sessions in the form of the footage.")],
    network: Annotated[
        Path | None, typer.Option("--person-model", help="With the second look of this network.", exists=True)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the detector on labelled sessions. The exit status is 1 if one that must not be green was."""
    with needs("detector"):
        from fjarrtillsyn.commands import detector_commands

    detector_commands.measure_folder(folder, network, as_json=as_json)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what a service for real people still lacks, each with its remedy. The exit status is 1 if anything is missing."""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import doctor as command

    command.run(as_json=as_json)


@app.command()
def why(
    case: Annotated[
        str, typer.Argument(metavar="CHECK|ALARM", help="An id or its beginning, or an alarm's case number.")
    ],
) -> None:
    """Print a case in order: its rows, timeline, messages and leases."""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import database

    database.why(case)


@user.command("add")
def user_add(
    login: Annotated[str, typer.Argument(help="What the person signs in with.")],
    org: Annotated[str, typer.Option(help="The town's short name.")],
    role: Annotated[list[Role], typer.Option(help="May be given several times.")],
    name: Annotated[str, typer.Option(help="As colleagues see it; the login when not said.")] = "",
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")] = False,
) -> None:
    """Add somebody who signs in, or give one whom only this town knows a new password and these roles."""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import database

    database.add_user(login, name or login, org, role, from_stdin=password_stdin)


@user.command("link")
def user_link(
    login: Annotated[str, typer.Argument(help="What the person signs in with today.")],
    provider: Annotated[str, typer.Argument(help="The provider's name in FJT_OIDC.")],
) -> None:
    """Link somebody to their identity at a provider; it is read from stdin, and kept as a hash. Needs FJT_OIDC…"""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import sign_in_commands

    sign_in_commands.link_identity(login, provider)


@user.command("invite")
def user_invite(
    login: Annotated[str, typer.Argument(help="What the person signs in with, or will.")],
    org: Annotated[str, typer.Option(help="The town's short name.")],
    role: Annotated[list[Role], typer.Option(help="May be given several times.")],
    name: Annotated[str, typer.Option(help="What the town calls them; the login when not said.")] = "",
    area: Annotated[
        list[str] | None, typer.Option(help="An area's code, several times; all of the town unless said.")
    ] = None,
    performer: Annotated[
        list[str] | None, typer.Option(help="A performer's code, or town, several times; all of them unless said.")
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The last night, by the date it begins; no end unless said."),
    ] = None,
) -> None:
    """Ask somebody to be one of a town's people, and print the link at which they answer; once more makes a new link."""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import people

    scope = people.InvitationScope(area or (), performer or ())
    people.invite(login, name or login, org, role, scope, until.date() if until else None)


@break_glass.command("make")
def break_glass_make(
    org: Annotated[str, typer.Argument(help="The town's short name.")],
    count: Annotated[int, typer.Option(min=1, max=10, help="How many accounts, two papers each.")] = 2,
) -> None:
    """Make sealed accounts of a town and print their papers, once. Each is used up by one shift, or by one trial."""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import sign_in_commands

    sign_in_commands.make_sealed(org, count)


@user.command("reset")
def user_reset(
    login: Annotated[str, typer.Argument(help="What the person signs in with.")],
    factors: Annotated[
        bool, typer.Option("--factors", help="Also take the second factors: the next sign-in adds new ones.")
    ] = False,
) -> None:
    """Give somebody who has lost their password another, shown once; every session of theirs ends. Be sure who asks."""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import people

    people.reset(login, factors=factors)


@centre.command("add")
def centre_add(
    centre_id: Annotated[
        str, typer.Argument(metavar="CENTRE", help="Its short name, which towns write in an agreement.")
    ],
    name: Annotated[str, typer.Option(help="As towns and people see it.")],
) -> None:
    """Add an alarm centre, or give a known one another name."""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import people

    people.keep_centre(centre_id, name)


@centre.command("invite")
def centre_invite(
    login: Annotated[str, typer.Argument(help="What the person signs in with, or will.")],
    centre_id: Annotated[str, typer.Option("--centre", help="The alarm centre's short name.")],
    role: Annotated[list[Role], typer.Option(help="operator, supervisor or admin; may be given several times.")],
    name: Annotated[str, typer.Option(help="What the centre calls them; the login when not said.")] = "",
    host: Annotated[str, typer.Option(help="The host of the pages, for the link.")] = "localhost",
) -> None:
    """Ask somebody to work for an alarm centre, and print the link at which they answer; once more makes a new link."""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import people

    people.invite_to_centre(login, name or login, centre_id, role, host)


@centre.command("end")
def centre_end(
    login: Annotated[str, typer.Argument(help="What the person signs in with.")],
    centre_id: Annotated[str, typer.Option("--centre", help="The alarm centre's short name.")],
) -> None:
    """End a person's work for an alarm centre, or the invitation to it."""
    with needs("alarm-center"):
        from fjarrtillsyn.commands import people

    people.end_centre_member(login, centre_id)


def main() -> None:
    """Run the command; nothing that it starts leaves a core dump, which could be a picture on disk."""
    forbid_core_dumps()
    app(prog_name="fjarrtillsyn")


if __name__ == "__main__":
    main()
