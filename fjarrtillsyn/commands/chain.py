"""Commands on a town's chain: verify it, tell its head, and erase the words of a row without breaking it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import asyncpg
import typer

from alarm_center import chain_heads
from alarm_center.chain_heads import BadHeads, ExportedHead
from alarm_center.preparation import old_months
from alarm_center.store import facts, months, overlong, seals, verification
from alarm_center.store.memory import Memory
from alarm_center.store.verification import ChainReport, Fault, FoundFault
from fjarrtillsyn.commands.database import run_work
from fjarrtillsyn.commands.settings import ChainSettings, WorkerSettings, settings
from runtime.process import BAD_SETTINGS


def verify(
    org: str, heads: Sequence[str], files: Sequence[Path], public_key: str | None, since: str | None = None
) -> None:
    """Verify a town's chain and rows, and that heads known from elsewhere are in the chain; print the head."""
    try:
        exported = [head for path in files for head in chain_heads.read_heads(path, org)]
    except BadHeads as bad:
        typer.echo(str(bad), err=True)
        raise typer.Exit(BAD_SETTINGS) from None
    wanted = settings(WorkerSettings)
    known = {head.strip().lower() for head in heads} | {head.head for head in exported}
    begin = since.strip().lower() if since else None

    async def work() -> None:
        memory = await Memory.open(
            wanted.database_url.get_secret_value(), size=2, application=overlong.VERIFY, limit_seconds=None
        )
        try:
            report = await verification.verify(memory, org, known, begin)
            async with memory.transaction() as tx:
                head = await seals.head(tx, org)
        finally:
            await memory.close()
        report.faults += _badly_signed(exported, public_key)
        _say(org, report, head, begin)

    run_work(work)


def _badly_signed(heads: Sequence[ExportedHead], public_key: str | None) -> list[FoundFault]:
    if public_key is None:
        return []
    wrong = [head for head in heads if not head.is_signed_by(public_key)]
    return [FoundFault(Fault.BAD_SIGNATURE, subject=head.cursor, head=head.head) for head in wrong]


def _say(org: str, report: ChainReport, head: seals.Head | None, since: str | None) -> None:
    for fault in report.faults:
        typer.echo(f"{org}: {fault}", err=True)
    if report.faults:
        raise typer.Exit(1)
    if head is None:
        typer.echo(f"{org}: nothing is sealed; is the town's name right?", err=True)
        raise typer.Exit(1)
    erased = f", the words of {report.erased} of them erased" if report.erased else ""
    if report.expired:
        erased += f", {report.expired} erased after five years"
    if report.dropped:
        erased += f", {report.dropped} more dropped with their months"
    typer.echo(
        f"{org}: whole{f' since {since}' if since else ''}, {report.lines} lines and facts{erased};"
        f" head {head.digest} at {head.cursor}, sealed {head.sealed_at:%Y-%m-%d %H:%M:%SZ}"
    )


def tell_head(org: str, *, public_key: bool) -> None:
    """Print a town's head as a line of JSON, signed if there is a key; or the public half of that key."""
    wanted = settings(ChainSettings)
    key = wanted.seal_key.get_secret_value() if wanted.seal_key else None
    if public_key:
        if key is None:
            typer.echo("FJT_SEAL_KEY: is not set, and there is no file fjt_seal_key among the secrets", err=True)
            raise typer.Exit(BAD_SETTINGS)
        typer.echo(chain_heads.public_half(key))
        return

    async def work() -> None:
        memory = await Memory.open(wanted.database_url.get_secret_value(), size=1, application="fjarrtillsyn heads")
        try:
            async with memory.transaction() as tx:
                head = await seals.head(tx, org)
        finally:
            await memory.close()
        if head is None:
            typer.echo(f"{org}: nothing is sealed; is the town's name right?", err=True)
            raise typer.Exit(1)
        typer.echo(chain_heads.export_head(org, head, key).to_line())

    run_work(work)


def erase_words(org: str, kind: str, key: str) -> None:
    """Erase the free text of one row, and every copy of it in the log of facts."""
    wanted = settings(WorkerSettings)
    if kind not in facts.WORDED:
        typer.echo(f"{kind}: has no words; write one of {', '.join(facts.WORDED)}", err=True)
        raise typer.Exit(BAD_SETTINGS)

    async def work() -> None:
        memory = await Memory.open(wanted.database_url.get_secret_value(), size=1, application="fjarrtillsyn erase")
        try:
            erased = await memory.attempt(lambda tx: facts.erase_words(tx, org, kind, key))
        finally:
            await memory.close()
        if erased is None:
            typer.echo(f"{org} has no row {key} in {kind}", err=True)
            raise typer.Exit(1)
        typer.echo(f"{org}: the words of {kind} {key} are erased, and {erased} copies of them in the log")

    run_work(work)


def drop_month(month: date, *, keep_table: bool) -> None:
    """Drop a month of the timeline that is older than five years; the exit status is 1 if it is kept, with the reason."""
    wanted = settings(WorkerSettings)

    async def work() -> None:
        memory = await Memory.open(
            wanted.database_url.get_secret_value(), size=2, application=overlong.VERIFY, limit_seconds=None
        )
        try:
            done = await old_months.drop_month(memory, month, keep_table=keep_table)
        except (asyncpg.InsufficientPrivilegeError, asyncpg.LockNotAvailableError, months.DifferentDigest) as error:
            typer.echo(f"{month:%Y-%m}: {error}", err=True)
            raise typer.Exit(1) from None
        finally:
            await memory.close()
        for org, report in done.broken.items():
            for fault in report.faults:
                typer.echo(f"{org}: {fault}", err=True)
        if done.broken:
            typer.echo(f"{month:%Y-%m}: nothing is dropped, as a chain is not whole", err=True)
            raise typer.Exit(1)
        typer.echo(f"{month:%Y-%m}: {done.lines} lines are dropped, and their digests kept")

    run_work(work)
