"""Writes the contract's documents beside the models: ``python -m fjarrtillsyn.contract``, from a source tree."""

from pathlib import Path

import schemas
from schemas.documents import documents, with_table

SCHEMAS = Path(schemas.__file__).parent
PROSE = SCHEMAS.parent / "docs" / "contract.md"


def expected() -> dict[Path, str]:
    """Return every document that is made from the models, by its path, as it should stand."""
    files = {SCHEMAS / path: text for path, text in documents().items()}
    files[PROSE] = with_table(PROSE.read_text(encoding="utf-8"))
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
