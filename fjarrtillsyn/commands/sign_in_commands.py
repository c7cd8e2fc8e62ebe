"""Commands of the sign-in: link somebody to their identity at a provider, and make sealed accounts."""

import sys

import typer

from alarm_center.identity.oidc import subject_hash
from alarm_center.identity.sealed_halves import half_hash, new_half
from alarm_center.store import oidc, sealed_accounts, towns
from alarm_center.store.memory import Memory, now
from alarm_center.words.sealed_paper import sealed_papers
from fjarrtillsyn.commands.database import run_work
from fjarrtillsyn.commands.settings import IdentitySettings, SealedSettings, settings
from runtime.process import BAD_SETTINGS


def link_identity(login: str, provider_name: str) -> None:
    """Read the subject, such as an HSA id or a personal number, from stdin, and link it to the user of *login*."""
    wanted = settings(IdentitySettings)
    provider = next((each for each in wanted.oidc if each.name == provider_name), None)
    if provider is None:
        names = ", ".join(each.name for each in wanted.oidc) or "none"
        typer.echo(f"FJT_OIDC has no provider {provider_name}; it has: {names}", err=True)
        raise typer.Exit(BAD_SETTINGS)
    subject = _read_subject(provider.subject_claim)
    if not subject.strip():
        typer.echo(f"write the person's {provider.subject_claim} on stdin", err=True)
        raise typer.Exit(BAD_SETTINGS)

    async def work() -> None:
        memory = await Memory.open(wanted.database_url.get_secret_value(), size=1, application="fjarrtillsyn user")
        try:
            async with memory.transaction() as tx:
                hashed = subject_hash(wanted.subject_key, provider.issuer, subject)
                if await oidc.link_identity(tx, provider.issuer, hashed, login) is None:
                    typer.echo(f"there is no user {login}; add or invite them first", err=True)
                    raise typer.Exit(1)
        finally:
            await memory.close()

    run_work(work)
    typer.echo(f"{login}: signs in by {provider.title}")


def make_sealed(org: str, count: int) -> None:
    """Make *count* sealed accounts of the town, and print their papers, once: the database keeps hashes."""
    wanted = settings(SealedSettings)
    made = [(new_half(), new_half()) for _ in range(count)]

    async def work() -> None:
        memory = await Memory.open(
            wanted.database_url.get_secret_value(), size=1, application="fjarrtillsyn break-glass"
        )
        try:
            async with memory.transaction() as tx:
                town = next((each for each in await towns.towns(tx) if each.org == org), None)
                if town is None:
                    typer.echo(f"there is no town {org}; import its file first", err=True)
                    raise typer.Exit(BAD_SETTINGS)
                hashes = [(half_hash(first), half_hash(second)) for first, second in made]
                numbers = await sealed_accounts.make_accounts(tx, org, hashes, await now(tx))
            for number, halves in zip(numbers, made, strict=True):
                typer.echo(sealed_papers(town.language, town.name, number, halves, wanted.public_url.rstrip("/")))
        finally:
            await memory.close()

    run_work(work)
    typer.echo(
        "Put each paper into an envelope of its own, and keep the two apart. They are not shown again.", err=True
    )


def _read_subject(claim: str) -> str:
    """Return the value that is typed unseen, or that another program writes: no shell keeps it in its history."""
    if sys.stdin.isatty():
        return str(typer.prompt(claim, hide_input=True))
    return sys.stdin.readline()
