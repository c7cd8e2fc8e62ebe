"""The town's rota: its patterns as the file has them, and the rows of the nights that are laid from them."""

from collections import Counter, defaultdict
from dataclasses import replace
from functools import partial
from uuid import UUID, uuid4

from alarm_center.casework import shift_laying
from alarm_center.core.shift_patterns import DutyPost, LaidShifts, ShiftPattern
from alarm_center.store import shift_patterns, town_rows, towns
from alarm_center.town.model import ShiftEntry, TownFile
from alarm_center.town.rota import DAY, pattern_of
from alarm_center.town.town_import import ChangeLine, ImportedChange, TownImport
from alarm_center.words import town_words
from alarm_center.words.town_words import sentence
from schemas import timeline
from schemas.vocabulary import Duty, ImportAction


async def apply_shifts(run: TownImport, town: TownFile) -> None:
    """Apply the file's patterns from now on, and lay the nights from them; a file that has none leaves them alone."""
    if town.shifts is None:
        return
    if run.writes:
        await shift_patterns.lock_rota(run.tx, run.org)
    wanted = [pattern for entry in town.shifts if not _is_over(pattern := _pattern(run, entry))]
    stored = await shift_patterns.patterns_from(run.tx, run.org, run.tonight - DAY)
    patterns = await _change_patterns(run, wanted, stored)
    laid = await shift_laying.foresee_laying(
        run.tx, run.org, run.zone, patterns, run.now, lock=run.writes, whole_rota=True
    )
    await run.write(partial(shift_laying.write_laid, org=run.org, laid=laid))
    await _note(run, laid)


def _pattern(run: TownImport, entry: ShiftEntry) -> ShiftPattern:
    post = DutyPost(run.areas[entry.area], run.carers[entry.carer], entry.patrol, Duty(entry.role))
    return pattern_of(entry, post, run.tonight)


def _is_over(pattern: ShiftPattern) -> bool:
    """Tell whether *pattern* ends before it begins, as one of an older file that was over before tonight."""
    return pattern.until_night is not None and pattern.until_night <= pattern.from_night


async def _change_patterns(
    run: TownImport, wanted: list[ShiftPattern], stored: list[ShiftPattern]
) -> list[ShiftPattern]:
    """End the patterns that the file lacks and begin those that are new, in the same lines; return what holds then."""
    left, holds, begin = list(stored), [], []
    for pattern in wanted:
        same = next((each for each in left if _is_same(each, pattern, run)), None)
        if same is None:
            begin.append(pattern)
            continue
        left.remove(same)
        holds.append(replace(same, until_night=pattern.until_night))
        if same.until_night != pattern.until_night:
            await run.write(
                partial(shift_patterns.end_pattern, pattern_id=same.pattern_id, until_night=pattern.until_night)
            )
    lines = defaultdict(list)
    for gone in left:
        lines[gone.post].append(gone.line_id)
        await run.write(partial(shift_patterns.end_pattern, pattern_id=gone.pattern_id, until_night=run.tonight - DAY))
    new = [_in_line(each, lines[each.post].pop(0) if lines[each.post] else uuid4()) for each in begin]
    await run.write(lambda tx: shift_patterns.add_patterns(tx, run.org, new))
    return holds + new


def _in_line(pattern: ShiftPattern, line_id: UUID) -> ShiftPattern:
    return replace(pattern, pattern_id=uuid4(), line_id=line_id)


def _is_same(stored: ShiftPattern, wanted: ShiftPattern, run: TownImport) -> bool:
    """Tell whether the two make the same nights from now on, but for the last."""
    begin = stored.from_night == wanted.from_night or max(stored.from_night, wanted.from_night) <= run.tonight
    alike = replace(
        stored, pattern_id=wanted.pattern_id, line_id=wanted.line_id, from_night=wanted.from_night,
        until_night=wanted.until_night, week_of=wanted.week_of,
    )  # fmt: skip
    return begin and alike == wanted and stored.has_weeks_of(wanted)


async def _note(run: TownImport, laid: LaidShifts) -> None:
    """Note the nights that are added, changed and ended, by the carer and the place."""
    names = await town_rows.carer_names_by_id(run.tx, run.org)
    names |= {carer_id: name for name, carer_id in run.carers.items()}
    stored = await towns.area_ids(run.tx, run.org)
    codes = {area_id: code for areas in (run.areas, stored) for code, area_id in areas.items()}

    def label(post: DutyPost) -> str:
        return f"{codes[post.area_id]} {post.patrol} ({post.duty}), {names[post.carer_id]}"

    done: Counter[tuple[str, ImportAction]] = Counter()
    done.update((label(one.row.post), ImportAction.ENDED) for one in laid.ended)
    done.update((label(one.post), ImportAction.ENDED) for one in laid.deleted)
    done.update((label(one.row.post), ImportAction.CHANGED) for one in laid.moved if one.moves_times)
    done.update((label(one.post), ImportAction.ADDED) for one in laid.added)
    for (said, action), count in sorted(done.items()):
        await run.note_change(
            ImportedChange("shift", said, action, sentence(town_words.NIGHTS, count=count)),
            ChangeLine(timeline.ShiftImported(action, count)),
        )
