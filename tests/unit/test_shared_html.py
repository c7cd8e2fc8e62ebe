"""HTML that many are sent: the same text to each but for their token, and no compression across a token."""

import gzip
import zlib

from alarm_center.web.shared_html import TOKEN_PLACE, SharedHtml

ROWS = "<li>Astrid Lund</li>" * 200


def page(middle: str) -> SharedHtml:
    return SharedHtml.split(f"{middle}{ROWS}{TOKEN_PLACE}{ROWS}{TOKEN_PLACE}åäö")


def test_each_gets_the_same_text_with_their_own_token() -> None:
    shared = page("")
    for token in ("olles", "sivs", "x" * 40):
        whole = f"{ROWS}{token}{ROWS}{token}åäö".encode()
        assert shared.plain(token) == gzip.decompress(shared.gzipped(token)) == whole


def test_text_without_a_token_or_with_nothing_else_is_whole() -> None:
    for html in ("", "å", TOKEN_PLACE, TOKEN_PLACE * 3, f"a{TOKEN_PLACE}"):
        told = html.replace(TOKEN_PLACE, "olles").encode()
        assert gzip.decompress(SharedHtml.split(html).gzipped("olles")) == told


def test_no_length_tells_how_much_of_a_token_was_guessed() -> None:
    """BREACH: a guess that stands in the same text makes an answer shorter the more of the secret it has."""
    token = "Zk3vQx81LmWp0aYt7cRs2dUf"
    lengths = {
        len(page(f"<q>{guess}</q>").gzipped(token)) - len(page(f"<q>{guess}</q>").gzipped(other))
        for guess in (token, token[:12], "no part of it at all, sir")
        for other in (token[::-1], "N9bHj4eGk6oPi5nMl8qVw1xS")
    }
    assert lengths == {0}
    assert token.encode() in page("").gzipped(token), "it stands there as it is"
    together = [len(zlib.compress(f"{ROWS}{guess}{token}".encode())) for guess in (token, token[::-1])]
    assert together[0] < together[1], "as it would be if it were compressed"
