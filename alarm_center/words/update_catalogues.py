"""Catalogues brought up to date with the texts of words and templates: ``python -m alarm_center.words.update_catalogues``."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from alarm_center.core.replies import carer_actions
from alarm_center.words.catalogues import FOLDER, LANGUAGES, SOURCE_LANGUAGE

TRANSLATED: Final = tuple(language for language in LANGUAGES if language != SOURCE_LANGUAGE)
"""The languages that have a catalogue."""
_ALARM_CENTER: Final = Path(__file__).parents[1]
_METHODS: Final = [("words/**.py", "python"), ("web/templates/**.html", "jinja2")]
_KEYWORDS: Final = {"_": None, "mark": None, "gettext": None, "ngettext": (1, 2), "speech": None}


_CREATED: Final = datetime(2026, 11, 26, tzinfo=UTC)


def source_texts() -> Catalog:
    """Return every text of the words and the templates, with the file that it stands in."""
    catalogue = Catalog(project="fjarrtillsyn", fuzzy=False)
    for file, _line, message, comments, context in extract_from_dir(
        _ALARM_CENTER, method_map=_METHODS, keywords=_KEYWORDS, options_map={}
    ):
        catalogue.add(message, None, [(file, 0)], auto_comments=comments, context=context)
    for row in carer_actions.TABLE:
        if row.button is not None:
            catalogue.add(row.button.label, None, [("core/replies/carer_actions.py", 0)])
    return catalogue


def path_of(language: str) -> Path:
    """Return the file of *language*."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def catalogue_of(language: str) -> Catalog:
    """Return the catalogue of *language* as it is checked in."""
    with path_of(language).open("rb") as source:
        return read_po(source, locale=language)


def main() -> None:
    """Write every catalogue anew."""
    for language in TRANSLATED:
        catalogue = catalogue_of(language) if path_of(language).exists() else Catalog(locale=language)
        catalogue.update(source_texts(), no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        catalogue.project, catalogue.version, catalogue.fuzzy = "fjarrtillsyn", "1", False
        # A time of its own in each change would set every two changes against each other.
        catalogue.creation_date = _CREATED
        catalogue.header_comment = f"# The interface in {language}; see alarm_center/words/update_catalogues.py."
        path_of(language).parent.mkdir(parents=True, exist_ok=True)
        with path_of(language).open("wb") as target:
            write_po(target, catalogue, width=110, omit_header=False, include_lineno=False, sort_output=True)


if __name__ == "__main__":
    main()
