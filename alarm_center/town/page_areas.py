"""Areas of a town's file, with those that pages have renamed, merged or closed: the page's state stays, and each difference is noted."""

from collections.abc import Iterator

from alarm_center.store import areas, towns
from alarm_center.store.areas import PageArea
from alarm_center.store.town_rows import TownTable
from alarm_center.town.model import AreaEntry, TownFile
from alarm_center.town.problems import TownErrors, problem_at
from alarm_center.town.town_import import ChangeLine, ImportedChange, TownImport
from alarm_center.words import town_words
from alarm_center.words.town_words import TownSentence, sentence
from schemas import timeline
from schemas.vocabulary import ImportAction


async def refuse_closed_areas(run: TownImport, town: TownFile) -> None:
    """Refuse a file that puts somebody into an area that a page has closed.

    Raises:
        TownErrors: it does; nothing has changed.
    """
    former = await areas.former_codes(run.tx, run.org)
    used = sorted({code for code in _used_codes(town) if code in former and former[code].is_closed})
    if used:
        place = ("areas",)
        said = [problem_at(town.lines, (place, sentence(town_words.AREA_CLOSED, code=code))) for code in used]
        raise TownErrors(said, town.organisation.language)


def _used_codes(town: TownFile) -> Iterator[str]:
    yield from (one.area for one in town.residents or ())
    yield from (one.area for one in town.shifts or ())
    for user in town.users or ():
        yield from user.areas or ()


async def apply_areas(run: TownImport, town: TownFile) -> None:
    """Apply the file's areas; the codes that a page has taken from an area mean what the page made of it."""
    former = await areas.former_codes(run.tx, run.org)
    named = {area.code for area in town.areas}
    for area in town.areas:
        page = former.get(area.code)
        if page is None:
            await _apply_area(run, area, area.code)
            continue
        run.areas[area.code] = page.area_id
        await run.note_change(ImportedChange("area", area.code, ImportAction.LEFT, _difference(page)))
        if not page.is_closed and not page.is_merged and page.code not in named:
            await _apply_area(run, area, page.code)
    known = set(run.areas.values())
    for code, area_id in (await towns.area_ids(run.tx, run.org)).items():
        if area_id not in known:
            said = sentence(town_words.NOT_IN_FILE)
            await run.note_change(ImportedChange("area", code, ImportAction.LEFT, said))


def _difference(page: PageArea) -> TownSentence:
    if page.is_closed:
        return sentence(town_words.AREA_STAYS_CLOSED)
    said = town_words.AREA_MERGED if page.is_merged else town_words.AREA_RENAMED
    return sentence(said, code=page.code)


async def _apply_area(run: TownImport, area: AreaEntry, code: str) -> None:
    kept = await run.keep(TownTable.AREAS, {"org": run.org, "code": code}, {"plan": area.plan})
    assert kept.id is not None, "an area has an id"
    run.areas[area.code] = kept.id
    if kept.action:
        payload = timeline.AreaImported(kept.action)
        await run.note_change(
            ImportedChange("area", code, kept.action, kept.detail), ChangeLine(payload, area_id=kept.id)
        )
