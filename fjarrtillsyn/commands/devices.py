"""Command on a device: where its sessions are judged."""

import typer

from alarm_center.casework import configs
from alarm_center.store import devices
from alarm_center.store.memory import Memory
from fjarrtillsyn.commands.database import run_work
from fjarrtillsyn.commands.settings import WorkerSettings, settings
from schemas.vocabulary import JudgePlace


def move_judge(org: str, device_id: str, place: JudgePlace) -> None:
    """Let only findings from *place* be believed of the device, and tell it."""
    wanted = settings(WorkerSettings)

    async def work() -> None:
        memory = await Memory.open(wanted.database_url.get_secret_value(), size=1, application="fjarrtillsyn judge-at")
        try:
            async with memory.transaction() as tx:
                known = await devices.get(tx, org, device_id) is not None
                moved = known and await configs.set_judge(tx, org, device_id, place)
        finally:
            await memory.close()
        if not known:
            typer.echo(f"{org}/{device_id}: no such device", err=True)
            raise typer.Exit(1)
        typer.echo(f"{org}/{device_id} is judged at {place}{'' if moved else ', as before'}")

    run_work(work)
