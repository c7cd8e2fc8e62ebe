"""Uploaded files: read and reviewed as soon as they are there, and brought in when their person has confirmed the review.

One replica is at a file, by a lease that it renews after each batch. One that dies leaves whole residents behind it, and
another goes on: what is as in the file already is not changed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import structlog

from alarm_center.core import calendar
from alarm_center.core.uploaded_file import FileKind, FileState
from alarm_center.store import file_imports, overlong, record_decisions, towns
from alarm_center.store.file_imports import ClaimedImport
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.town import file_review
from alarm_center.town.bring_in import BrokenOff, ForeseenImport, bring_in_foreseen, foresee
from alarm_center.town.csv_reader import read_sheet
from alarm_center.town.export import ExportedTown, export_town
from alarm_center.town.model import TownFile
from alarm_center.town.problems import Problem, TownErrors
from alarm_center.town.reader import read_file
from alarm_center.town.record_reader import read_record
from alarm_center.town.town_import import Importer
from alarm_center.town.undoing import WouldUndo
from alarm_center.words import file_words
from alarm_center.words.town_words import sentence
from schemas.vocabulary import Role

log = structlog.get_logger()

EDITED_WITHIN: Final = timedelta(days=31)
"""A table does not say how old it is: what people have changed on pages within a month counts as later than it."""
_LEASE: Final = timedelta(minutes=2)
"""Longer than reading the largest file takes. A replica that has died is taken over from after it."""
_ATTEMPTS: Final = 3
"""A file that has ended its reader, or a process that read it, so often is given up: it would do so again."""
_KEPT: Final = timedelta(days=7)
"""A file that nobody brings in is forgotten after this."""


Comparison = Callable[[str], Awaitable[object]]
"""Compares a town's own rows with what has been read of its care record."""


async def work_on_files(memory: Memory, compare: Comparison | None = None) -> int:
    """Read the files that wait, and bring in those that are confirmed; return how many were worked on.

    A file of the care record's decisions is compared at once by *compare*, and else at the town's next reconciliation.
    """
    async with memory.transaction() as tx:
        await file_imports.erase_old(tx, await now(tx) - _KEPT)
        for import_id in await file_imports.give_up(tx, _ATTEMPTS):
            log.error("file_given_up", file_import=str(import_id), attempts=_ATTEMPTS)
    count = 0
    while (claimed := await memory.attempt(lambda tx: file_imports.claim(tx, _LEASE))) is not None:
        # As the command imports: its dry run may last longer than a page's limit.
        importing = await Memory.open(memory.dsn, size=2, application=overlong.IMPORT, limit_seconds=None)
        try:
            if claimed.kind is FileKind.DECISIONS:
                await _read_record(importing, claimed, compare)
            else:
                await _work_on(importing, claimed)
        finally:
            await importing.close()
        memory.hint()
        count += 1
    return count


async def _work_on(memory: Memory, file: ClaimedImport) -> None:
    """Review the file, or bring it in; one that cannot be brought in now has another review."""
    try:
        town, stored = await _read(memory, file)
        importer = Importer(str(file.uploaded_by), str(file.uploaded_by))
        foreseen = await foresee(memory, town, importer, EDITED_WITHIN)
        async with memory.snapshot() as tx:
            person = await file_imports.person_in(tx, file.org, file.uploaded_by)
        problems = file_review.limit_problems(foreseen, town, stored, person)
        if problems:
            raise TownErrors(problems)
        if file.state is FileState.CONFIRMED:
            await _bring_in(memory, file, town, importer, foreseen)
            return
    except TownErrors as errors:
        review, refused = file_review.problems_review(errors.problems), True
    except WouldUndo:
        # Somebody has changed something since the review: it is shown to the person, and asked about, anew.
        review, refused = file_review.changes_review(foreseen, town) | {"again": True}, False
    else:
        review, refused = file_review.changes_review(foreseen, town), False
    await memory.attempt(lambda tx: file_imports.keep_review(tx, file.import_id, review, refused=refused))
    log.info("file_reviewed", org=file.org, file_import=str(file.import_id), refused=refused)


async def _read_record(memory: Memory, file: ClaimedImport, compare: Comparison | None) -> None:
    """Keep the care record's decisions in the place of those that were read before."""
    async with memory.snapshot() as tx:
        language = (await towns.town(tx, file.org)).language
        person = await file_imports.person_in(tx, file.org, file.uploaded_by)
    try:
        rows = await asyncio.to_thread(read_record, file.body, language)
        if not person.is_whole or not person.roles & {Role.CASE_OFFICER, Role.COORDINATOR}:
            raise TownErrors([Problem(1, "", sentence(file_words.RECORD_OF_WHOLE_TOWN))])
    except TownErrors as errors:
        review = file_review.problems_review(errors.problems)
        await memory.attempt(lambda tx: file_imports.keep_review(tx, file.import_id, review, refused=True))
        return

    async def keep(tx: Tx) -> None:
        await record_decisions.replace_all(tx, file.org, rows, str(file.uploaded_by), await now(tx))
        await file_imports.finish(tx, file.import_id, len(rows))

    await memory.attempt(keep)
    log.info("record_received", org=file.org, decisions=len(rows))
    if compare is not None:
        await compare(file.org)


async def _read(memory: Memory, file: ClaimedImport) -> tuple[TownFile, ExportedTown | None]:
    """Return the file as a town, and the town as it is; a file of another town is refused.

    It is read in a thread: a large file takes seconds, and boards are drawn by this process.
    """
    async with memory.snapshot() as tx:
        await overlong.lift_limit(tx)
        at = await now(tx)
        stored = await export_town(tx, file.org, at, protected=True)
        zone = (await towns.town(tx, file.org)).zone
    if file.kind is FileKind.TABLE:
        return await asyncio.to_thread(read_sheet, file.body, stored, calendar.night_of(at, zone)), stored
    town = await asyncio.to_thread(read_file, file.body)
    if town.organisation.id != file.org:
        told = sentence(file_words.OTHER_TOWN, other=town.organisation.id, own=file.org)
        raise TownErrors([Problem(1, "", told)])
    return town, stored


async def _bring_in(
    memory: Memory, file: ClaimedImport, town: TownFile, importer: Importer, foreseen: ForeseenImport
) -> None:
    async def keep(done: int, everybody: int) -> None:
        await memory.attempt(lambda tx: file_imports.keep_progress(tx, file.import_id, done, everybody, _LEASE))

    await keep(0, len(town.residents or ()))
    try:
        made = await bring_in_foreseen(memory, town, importer, foreseen, file.undo, keep)
    except BrokenOff as broken:
        log.warning("file_import_stopped", org=file.org, file_import=str(file.import_id), residents=broken.done)
        raise
    await memory.attempt(lambda tx: file_imports.finish(tx, file.import_id, len(made)))
    log.info("file_imported", org=file.org, file_import=str(file.import_id), changes=len(made))
