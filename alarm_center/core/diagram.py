"""Drawings of the core's machines and tables, in Mermaid and Markdown, for the pages in docs/ that show them.

`python -m alarm_center.core.diagram < docs/check.md` prints the page with its drawings redrawn.
"""

import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeVar

from alarm_center.core.alarm.alarm_kinds import POLICY, KindPolicy
from alarm_center.core.alarm.alarm_table import SCREEN_TABLE, TRANSITIONS
from alarm_center.core.alarm.state import AlarmState
from alarm_center.core.alarm.trouble_ladders import LADDERS
from alarm_center.core.check import check_decisions
from alarm_center.core.check.late_sessions import LATE, Circumstance, SessionSays
from alarm_center.core.check.state import ENDED, CheckState
from alarm_center.core.reason_table import REASON_TABLE
from alarm_center.core.replies import carer_actions
from schemas.vocabulary import AlarmKind

State = TypeVar("State", bound=StrEnum)


def state_diagram(
    transitions: Mapping[tuple[State, type], Collection[State]], *, start: State, ended: Collection[State]
) -> str:
    """Return the machine as a Mermaid state diagram: an arrow for each two states, with the events that take it.

    An event that leaves the state as it is, as nearly every event after the end does, is not drawn.
    """
    arrows: dict[tuple[State, State], list[str]] = {}
    for (state, event), becomes in transitions.items():
        for to in becomes:
            if to is not state:
                arrows.setdefault((state, to), []).append(_words(event.__name__))
    order = list(type(start))
    lines = [f"    [*] --> {start}"]
    for state, to in sorted(arrows, key=lambda arrow: (order.index(arrow[0]), order.index(arrow[1]))):
        lines.append(f"    {state} --> {to}: {', '.join(sorted(arrows[state, to]))}")
    lines += [f"    {state} --> [*]" for state in order if state in ended]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def redraw_page(page: str, drawings: Mapping[str, Callable[[], str]]) -> str:
    """Return *page* with the text between each ``<!-- drawn: name -->`` and ``<!-- end -->`` drawn again.

    Raises:
        ValueError: the page names an unknown drawing; the message lists the known ones.
    """

    def redraw(block: re.Match[str]) -> str:
        name = block["name"]
        if name not in drawings:
            raise ValueError(f"no drawing {name!r}; there are {', '.join(sorted(drawings))}")
        return f"<!-- drawn: {name} -->\n{drawings[name]()}\n<!-- end -->"

    return re.sub(r"<!-- drawn: (?P<name>\S+) -->\n.*?<!-- end -->", redraw, page, flags=re.DOTALL)


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _check_states() -> str:
    return state_diagram(check_decisions.TRANSITIONS, start=CheckState.PLANNED, ended=ENDED)


def _reasons() -> str:
    rows = [
        [key, rule.reaction, rule.kind or "", str(int(rule.priority)) if rule.priority else ""]
        for key, rule in REASON_TABLE.items()
    ]
    return markdown_table(["answer or reason", "does", "alarm", "priority"], rows)


def _late() -> str:
    rows = [[when, *(LATE[when, comes] for comes in SessionSays)] for when in Circumstance]
    return markdown_table(["when", *SessionSays], rows)


def _alarm_states() -> str:
    return state_diagram(TRANSITIONS, start=AlarmState.OPEN, ended={AlarmState.CLOSED})


def _screen() -> str:
    """Return a row for each action at a screen: the alarm's next state from each open state, or ``refused``."""
    open_states = [state for state in AlarmState if state is not AlarmState.CLOSED]
    rows = [
        [_words(event.__name__), *(" or ".join(sorted(row.get(state, ["refused"]))) for state in open_states)]
        for event, row in SCREEN_TABLE.items()
    ]
    return markdown_table(["", *open_states], rows)


def _alarm_kinds() -> str:
    header = ["kind", "priority", "lane", "joins an incident", "held", "camera calls it off", "at once", "drives"]
    return markdown_table(header, [_kind_row(kind, policy) for kind, policy in POLICY.items()])


def _kind_row(kind: AlarmKind, policy: KindPolicy) -> list[str]:
    last = policy.last_of_night
    floods = [policy.flood or "never", *(["our absence"] if policy.of_our_absence else [])]
    return [
        kind,
        str(int(policy.priority)) if last is None else f"{int(policy.priority)} / {int(last)}",
        policy.lane,
        ", ".join(floods),
        _yes(policy.held_for_likes),
        _yes(policy.camera_calls_off),
        _yes(policy.at_once),
        "never" if not policy.real else "if agreed" if policy.needs_agreed_visit else "yes",
    ]


def _yes(holds: bool) -> str:
    return "yes" if holds else ""


def _carer_actions() -> str:
    rows = [
        [row.digit or "", row.name, row.label.said("sv") if row.label else "", row.label.said("en") if row.label else "",
         _yes(row.from_the_site), row.button.label if row.button else "", row.answer or "", row.line.kind]
        for row in carer_actions.TABLE
    ]  # fmt: skip
    header = ["digit", "action", "Swedish", "English", "from the site", "button", "acknowledged with", "line"]
    return markdown_table(header, rows)


def _ladders() -> str:
    """Return a row for each step of each ladder: when, who is told, how and by which text, and whether the heartbeat fails."""
    rows = [
        [kind if place == 0 else "", f"{int(rung.after.total_seconds())} s", rung.who.replace("_", " "), rung.channel,
         rung.text, "red, heartbeat fails, again each 5 min" if rung.loud else ""]
        for kind, ladder in LADDERS.items() for place, rung in enumerate(ladder.rungs)
    ]  # fmt: skip
    return markdown_table(["trouble", "after", "tells", "by", "text", "board"], rows)


DRAWINGS: Final[Mapping[str, Callable[[], str]]] = {
    "check-states": _check_states,
    "reasons": _reasons,
    "late": _late,
    "alarm-states": _alarm_states,
    "trouble": _ladders,
    "alarm-screen": _screen,
    "alarm-kinds": _alarm_kinds,
    "carer-actions": _carer_actions,
}
"""Every drawing that a page can show, by name."""


if __name__ == "__main__":
    sys.stdout.write(redraw_page(sys.stdin.read(), DRAWINGS))
