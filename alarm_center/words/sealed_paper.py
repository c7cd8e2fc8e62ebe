"""The two papers of a sealed account, each for an envelope of its own, in the town's language."""

from typing import Final

from alarm_center.words.catalogues import SPEECHES

_LINE: Final = "-" * 64


def sealed_papers(language: str, town: str, number: int, halves: tuple[str, str], address: str) -> str:
    """Return both papers of an account, one after the other, with a line to cut at."""
    speech = SPEECHES[language]
    papers = []
    for letter, half in zip("AB", halves, strict=True):
        papers += [
            speech("RESERVKONTO %(number)s  %(town)s  KUVERT %(letter)s", number=number, town=town, letter=letter),
            "",
            f"    {half}",
            "",
            speech("Öppnas bara när inloggningen ligger nere, av två personer tillsammans, på"),
            f"    {address}/login/reserve",
            speech("Gäller ett pass. Det syns på alla tavlor i kommunen vilka som öppnade."),
            speech("Förvaras åtskilt från det andra kuvertet."),
            _LINE,
        ]
    return "\n".join(papers)
