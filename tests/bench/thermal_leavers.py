"""``python -m tests.bench.thermal_leavers``: recorded sleepers who leave or sit up during the look, before a thermal array.

The first part of a window of somebody in bed, then the rest of a window of the same volunteer and day with nobody there,
or with them sitting or standing. None may be green. Needs the footage.
"""

import os
import sys
from collections import Counter, defaultdict
from itertools import product
from pathlib import Path

from detector.evaluate import LabelledSession, thermal_rows
from detector.judge import judge
from schemas.messages import Session
from schemas.vocabulary import Answer

SHARES = (0.4, 0.6, 0.8)
EACH = 3
"""One in so many of the sleepers' windows: the night of one of them has a hundred that are alike."""
AFTER = ("bed_empty", "bed_just_left", "sitting_or_standing")


def main() -> int:
    """Run; return 1 when more than one in a hundred was green."""
    folder = Path(os.environ.get("FJT_FOOTAGE", Path(__file__).parents[2] / ".." / "shared" / "footage")) / "thermal"
    if not folder.is_dir():
        print(f"no footage in {folder}; set FJT_FOOTAGE", file=sys.stderr)
        return 0
    by: defaultdict[tuple[str, str], list[LabelledSession]] = defaultdict(list)
    for row in thermal_rows(folder):
        day, volunteer = row.session.session_id.split("-")[1:3]
        by[day + volunteer, row.label].append(row)
    asked, green = Counter[tuple[str, float]](), Counter[tuple[str, float]]()
    for (who, label), lying in list(by.items()):
        for after in AFTER if label == "in_bed_ok" else ():
            for lay, then, share in product(lying[::EACH], by[who, after][::EACH], SHARES):
                asked[after, share] += 1
                green[after, share] += judge(cut(lay.session, then.session, share)).answer is Answer.IN_BED
    for kind in sorted(asked):
        print(*kind, f"green {green[kind]} of {asked[kind]}")
    print(f"green {green.total()} of {asked.total()}")
    return int(green.total() > 0.01 * asked.total())


def cut(lay: Session, then: Session, share: float) -> Session:
    """Return *share* of *lay*, and the rest as in *then*, as long as the shorter of them."""
    channels = []
    for first, second in zip(lay.channels, then.channels, strict=True):
        length = min(len(first.ms), len(second.ms))
        values = first.values[: int(length * share)] + second.values[int(length * share) : length]
        channels.append(first.model_copy(update={"ms": first.ms[:length], "values": values}))
    return lay.model_copy(update={"channels": tuple(channels), "seconds": max(5, channels[0].ms[-1] // 1000)})


if __name__ == "__main__":
    sys.exit(main())
