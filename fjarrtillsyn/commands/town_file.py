"""Commands on a town's file: bring it in, or say what that would change."""

import getpass
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from alarm_center.core import calendar
from alarm_center.identity.tokens import invite_link
from alarm_center.settings import ProviderSettings
from alarm_center.store import overlong, record_decisions, simulated_night, towns, users
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.town import reader
from alarm_center.town.apply import ACTOR
from alarm_center.town.bring_in import BrokenOff, bring_in, foresee
from alarm_center.town.csv_reader import read_sheet
from alarm_center.town.export import export_town, town_text
from alarm_center.town.model import TownFile
from alarm_center.town.problems import TownErrors
from alarm_center.town.record_reader import read_record
from alarm_center.town.town_import import ImportedChange, Importer
from alarm_center.town.undoing import UndoneChange, WouldUndo
from alarm_center.words import town_words
from alarm_center.words.catalogues import SPEECHES, Speech
from alarm_center.words.town_words import TownSentence
from fjarrtillsyn.commands.database import run_work
from fjarrtillsyn.commands.settings import WorkerSettings, settings
from runtime.errors import error_words
from runtime.process import BAD_SETTINGS
from runtime.settings import BadSettings, read_settings
from schemas.vocabulary import ImportAction


@dataclass(frozen=True, slots=True)
class Way:
    """Options of an import: only said, in which language, as whom, and what of an exported file may change back."""

    dry_run: bool
    language: str | None
    login: str | None
    undo: Collection[str] = ()


def import_town(path: Path, way: Way) -> None:
    """Bring a town's file into the memory, and plan the checks that it owes.

    Its residents count on somebody who comes, so a town is brought in only where the service has a provider that reaches
    carers. A dry run needs none, and neither does a database that was made for tests. An exported file that would change back
    what somebody has changed since is refused.
    """
    data = _bytes_of(path)
    try:
        town = reader.read_file(data)
    except TownErrors as errors:
        raise _say_problems(path, errors, way.language) from None
    wanted = settings(WorkerSettings)

    async def work() -> None:
        memory = await _open(wanted)
        try:
            await _bring_in(memory, path, town, way)
        finally:
            await memory.close()

    run_work(work)


def import_sheet(org: str, path: Path, way: Way) -> None:
    """Bring a table of residents or of times into the town, laid over what it has; as :func:`import_town` otherwise."""
    data = _bytes_of(path)
    wanted = settings(WorkerSettings)

    async def work() -> None:
        memory = await _open(wanted)
        try:
            async with memory.snapshot() as tx:
                at = await now(tx)
                stored = await export_town(tx, org, at, protected=True)
            zone = ZoneInfo(stored.tables["organisation"]["zone"])
            sheet = read_sheet(data, stored, calendar.night_of(at, zone))
            await _bring_in(memory, path, sheet, way)
        except LookupError as error:
            typer.echo(f"{error}", err=True)
            raise typer.Exit(1) from None
        except TownErrors as errors:
            raise _say_problems(path, errors, way.language) from None
        finally:
            await memory.close()

    run_work(work)


def compare_decisions(org: str, path: Path, language: str | None) -> None:
    """Keep the care record's decisions in *path*, compare them with the town's, and print how many of each code differ."""
    data = _bytes_of(path)
    wanted = settings(WorkerSettings)

    async def work() -> None:
        from alarm_center.preparation import reconciliation

        memory = await _open(wanted)
        try:
            async with memory.snapshot() as tx:
                town = await towns.town(tx, org)
            rows = read_record(data, town.language)

            async def keep(tx: Tx) -> None:
                await record_decisions.replace_all(tx, org, rows, f"{ACTOR}:{getpass.getuser()}", await now(tx))

            await memory.attempt(keep)
            counts = await reconciliation.reconcile_town(memory, org)
            speech = SPEECHES[language or town.language]
            differing = {code: count for code, count in counts.items() if "record" in code}
            typer.echo(speech(town_words.COMPARED, count=len(rows), differing=sum(differing.values())))
            for code, count in differing.items():
                typer.echo(f"  {code}: {count}")
        except LookupError as error:
            typer.echo(f"{error}", err=True)
            raise typer.Exit(1) from None
        except TownErrors as errors:
            raise _say_problems(path, errors, language) from None
        finally:
            await memory.close()

    run_work(work)


async def _bring_in(memory: Memory, path: Path, town: TownFile, way: Way) -> None:
    from alarm_center.preparation import planning

    org, zone = town.organisation.id, town.organisation.zone
    speech = SPEECHES[way.language or town.organisation.language]
    for note in town.notes:
        typer.echo(speech(town_words.NOTE, words=note.words(speech.language)), err=True)
    try:
        importer = await _importer(memory, org, way.login)
        if way.dry_run:
            foreseen = await foresee(memory, town, importer)
            _say_changes(foreseen.changes, speech)
            _say_undone(foreseen.undone, speech, zone)
            typer.echo(speech(town_words.WOULD_CHANGE, count=_count(foreseen.changes)))
            return
        if not await memory.attempt(simulated_night.has_test_clock):
            _need_provider()
        told = await bring_in(memory, town, importer, way.undo)
        _say_changes(told, speech)
        _print_links(town.organisation.link_host, told, speech)
        made = await planning.plan_town(memory, org)
        typer.echo(speech(town_words.HAS_CHANGED, count=_count(told), checks=made))
    except TownErrors as errors:
        raise _say_problems(path, errors, way.language) from None
    except WouldUndo as refused:
        _say_undone(refused.undone, speech, zone)
        raise typer.Exit(1) from None
    except BrokenOff as broken:
        _say_changes(broken.changes, speech)
        _print_links(town.organisation.link_host, broken.changes, speech)
        if broken.__cause__ is not None:
            typer.echo(error_words(broken.__cause__), err=True)
        typer.echo(speech(town_words.BROKEN_OFF, done=broken.done, everybody=broken.everybody), err=True)
        raise typer.Exit(1) from None


async def _open(wanted: WorkerSettings) -> Memory:
    return await Memory.open(
        wanted.database_url.get_secret_value(), size=2, application=overlong.IMPORT, limit_seconds=None
    )


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        typer.echo(f"{path}: {error}", err=True)
        raise typer.Exit(BAD_SETTINGS) from None


def export(org: str, *, protected: bool) -> None:
    """Print the town as a file; residents and carers of *protected* identity only if asked for."""
    wanted = settings(WorkerSettings)

    async def work() -> None:
        memory = await _open(wanted)
        try:
            async with memory.snapshot() as tx:
                await overlong.lift_limit(tx)
                town = await export_town(tx, org, await now(tx), protected=protected)
        except LookupError as error:
            typer.echo(f"{error}", err=True)
            raise typer.Exit(1) from None
        finally:
            await memory.close()
        # The bytes themselves: a terminal's letters or line ends would make another file of it.
        sys.stdout.buffer.write(town_text(town).encode())

    run_work(work)


def _say_undone(undone: Iterable[UndoneChange], speech: Speech, zone: str) -> None:
    for each in undone:
        if each.change is None:
            typer.echo(speech(town_words.UNDOES, part=each.part), err=True)
        else:
            time = f"{each.change.made_at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
            who = each.change.made_by
            typer.echo(speech(town_words.UNDOES_CHANGE, part=each.part, time=time, who=who), err=True)


async def _importer(memory: Memory, org: str, login: str | None) -> Importer:
    """Return who imports: the town's own user, or the one who is signed in to this machine."""
    if login is None:
        return Importer(ACTOR, f"{ACTOR}:{getpass.getuser()}")
    user_id = (await memory.attempt(lambda tx: users.logins_in(tx, org))).get(login)
    if user_id is None:
        typer.echo(f"--as {login}: not one of the town's people", err=True)
        raise typer.Exit(BAD_SETTINGS)
    return Importer(str(user_id), str(user_id))


def _count(changes: Iterable[ImportedChange]) -> int:
    return sum(change.action is not ImportAction.LEFT for change in changes)


def _say_changes(changes: Iterable[ImportedChange], speech: Speech) -> None:
    for change in changes:
        detail = change.detail.words(speech) if isinstance(change.detail, TownSentence) else change.detail
        text = town_words.CHANGE_WITH_DETAIL if detail else town_words.CHANGE
        thing, action = speech(town_words.THINGS[change.what]), speech(town_words.ACTIONS[change.action])
        typer.echo(speech(text, thing=thing, name=change.name, action=action, detail=detail))


def _print_links(host: str, changes: Iterable[ImportedChange], speech: Speech) -> None:
    """Print each new invitation's link, which is shown nowhere again."""
    made = [change for change in changes if change.invite_token is not None]
    if made:
        typer.echo(speech(town_words.LINKS))
    for change in made:
        typer.echo(f"  {change.name}: {invite_link(host, change.invite_token or '')}")


def _need_provider() -> None:
    """End the command, with the reasons, where the settings of the service's provider are not there or not complete."""
    try:
        read_settings(ProviderSettings)
    except BadSettings as bad:
        typer.echo(str(bad), err=True)
        typer.echo(
            "a town is people who count on somebody who comes: give the import the provider's settings that the service "
            "has, or try the file with --dry-run, which needs none",
            err=True,
        )
        raise typer.Exit(BAD_SETTINGS) from None


def _say_problems(path: Path, errors: TownErrors, language: str | None) -> typer.Exit:
    for problem in errors.problems:
        typer.echo(f"{path}: {problem.words(language or errors.language)}", err=True)
    return typer.Exit(BAD_SETTINGS)
