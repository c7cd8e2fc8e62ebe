"""Runner of a revision's SQL: the files in its folder, one statement a call, since the asyncpg driver takes no more."""

from pathlib import Path

from alembic import op


def statements(text: str) -> list[str]:
    """Return the statements of *text*, which are parted by a semicolon and an empty line."""
    return [part for part in (piece.strip() for piece in text.split(";\n\n")) if part]


def run(statement: str) -> None:
    """Run one statement as it stands: no placeholders, so colons and per cent signs mean themselves."""
    op.get_bind().exec_driver_sql(statement)


def run_folder(revision_file: str) -> None:
    """Run every statement of the ``.sql`` files, in the order of their names, in the folder named like the revision."""
    for file in sorted(Path(revision_file).with_suffix("").glob("*.sql")):
        for statement in statements(file.read_text(encoding="utf-8")):
            run(statement)
