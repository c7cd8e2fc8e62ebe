"""Documents made from the models (``schemas/json``, tables in docs): written by ``python -m fjarrtillsyn.contract``."""

from pathlib import Path

import schemas
from schemas.documents import documents, line_table, topic_table, with_table

SCHEMAS = Path(schemas.__file__).parent
DOCS = SCHEMAS.parent / "docs"
TABLES = {DOCS / "contract.md": ("topics", topic_table), DOCS / "timeline.md": ("lines", line_table)}
"""The pages that hold a table made from the models: the table's name and its maker."""


def expected() -> dict[Path, str]:
    """Return every document that is made from the models, by its path, as it should stand."""
    files = {SCHEMAS / path: text for path, text in documents().items()}
    for page, (name, table) in TABLES.items():
        files[page] = with_table(page.read_text(encoding="utf-8"), name, table())
    return files


def write() -> list[Path]:
    """Write what differs, take away the schema of a message that is no more; return what was changed."""
    wanted = expected()
    changed = [path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in changed:
        path.parent.mkdir(exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    gone = [path for path in (SCHEMAS / "json").glob("*.json") if path not in wanted]
    for path in gone:
        path.unlink()
    return [*changed, *gone]


if __name__ == "__main__":
    for path in write():
        print(path.relative_to(SCHEMAS.parent))
