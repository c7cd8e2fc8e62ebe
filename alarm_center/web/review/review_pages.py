"""Parts that the review pages share: the town and month that an address names, the place in a paged list, and notes."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from alarm_center.casework.cases import NotFound
from alarm_center.core import look_review
from alarm_center.core.logged_looks import ListedLook
from alarm_center.core.roles import Right
from alarm_center.store import look_log
from alarm_center.store.look_log import ListHead, LogPlace, ReviewedTown
from alarm_center.store.memory import Tx, now
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.page import PERSON
from alarm_center.words import page_words
from alarm_center.words.catalogues import Speech


@dataclass(frozen=True, slots=True)
class ReviewContext:
    """The town that a page of the review is about, the others that the person may review, and the service's time."""

    town: ReviewedTown
    towns: list[ReviewedTown]
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The town's zone."""
        return ZoneInfo(self.town.zone)

    @property
    def month(self) -> date:
        """The first day of the current month in the town."""
        return self.now.astimezone(self.zone).date().replace(day=1)

    def context(self) -> dict[str, Any]:
        """Return the values that every template of a review needs."""
        return {"town": self.town, "towns": self.towns, "zone": self.town.zone, "now": self.now}


async def reviewed_town(request: web.Request, tx: Tx, named: str | None = None) -> ReviewContext:
    """Return the town that the address names as ``?town=`` (or *named*, by a form), or the first one.

    Raises:
        NotFound: the person may not review that town, or any.
    """
    towns = await look_log.towns_to_review(tx)
    asked = named or request.query.get("town")
    found = next((town for town in towns if asked in (None, town.org)), None)
    if found is None:
        raise NotFound(f"town {asked}")
    return ReviewContext(found, towns, await now(tx))


def reviews_whole_town(request: web.Request, org: str, right: Right) -> bool:
    """Tell whether the person has *right* in all of the town."""
    return any(m.org == org and right in m.rights and m.is_whole for m in request[PERSON].memberships)


def month_of(request: web.Request, reviewed: ReviewContext) -> date:
    """Return the month that the address names as ``?month=2026-11``, or the current one.

    Raises:
        NotFound: the address names no month.
    """
    asked = request.query.get("month")
    if asked is None:
        return reviewed.month
    day = day_of(f"{asked}-01")
    if day is None:
        raise NotFound(f"month {asked}")
    return day


@dataclass(frozen=True, slots=True)
class HandedList:
    """Looks at a resident in a month, by people and devices, for that resident."""

    head: ListHead
    reviewed: ReviewContext
    month: date
    looks: list[ListedLook]

    def context(self, resident_id: UUID, speech: Speech) -> dict[str, Any]:
        """Return the values that both of its pages need."""
        who = {"resident_id": resident_id, "name": self.head.name or speech(page_words.PROTECTED)}
        return self.reviewed.context() | month_context(self.month, self.reviewed) | who


async def handed_list(request: web.Request, resident_id: UUID) -> HandedList:
    """Return the resident's list of the month that the address names; that it was shown is written.

    Raises:
        NotFound: there is no such resident whose list the person may hand out.
    """
    async with request.app[MEMORY].transaction(request[PERSON].viewer(Right.HAND_OUT)) as tx:
        head = await look_log.list_head(tx, resident_id)
        if head is None:
            raise NotFound(f"resident {resident_id}")
        names = {town.org: town.name for town in await look_log.towns_to_review(tx)}
        town = ReviewedTown(head.org, names.get(head.org, ""), head.zone)
        reviewed = ReviewContext(town, [], await now(tx))
        month = month_of(request, reviewed)
        looks = await look_log.looks_at_resident(tx, resident_id, *look_review.month_span(month, reviewed.zone))
    request.app[MEMORY].hint()
    return HandedList(head, reviewed, month, looks)


def day_of(text: str) -> date | None:
    """Return the day that *text* names; ``None`` if it names no day between 2000 and 2999."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 3000 else None


def beginning_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which *day* begins in *zone*."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def month_context(month: date, reviewed: ReviewContext) -> dict[str, Any]:
    """Return the month, the one before and the one after; ``None`` for one that is to come or older than five years."""
    oldest = (reviewed.now - timedelta(days=5 * 365)).date().replace(day=1)
    before, after = look_review.month_before(month), look_review.month_after(month)
    return {
        "month": month,
        "month_before": before if before >= oldest else None,
        "month_after": after if after <= reviewed.month else None,
    }


def place_of(request: web.Request) -> LogPlace | None:
    """Return the place that the address names as ``?before=``; ``None`` without one, or if it is malformed."""
    at, _, row = request.query.get("before", "").partition("_")
    try:
        instant = datetime.fromisoformat(at)
        return LogPlace(instant, UUID(row)) if instant.tzinfo is not None else None
    except ValueError:
        return None


def place_text(at: datetime, row_id: UUID) -> str:
    """Return a place as an address writes it."""
    return f"{at.astimezone(UTC).isoformat()}_{row_id}"


def address(path: str, **query: object) -> str:
    """Return *path* with the values of *query* that are neither empty nor false."""
    said = urlencode({name: str(value) for name, value in query.items() if value not in (None, "", False)})
    return f"{path}?{said}" if said else path


def note_of(text: object) -> str | None:
    """Return a note of a form, at most 500 characters; ``None`` for an empty one."""
    return str(text).replace("\0", "").strip()[:500] or None
