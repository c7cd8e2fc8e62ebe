"""A flood of wrong sign-ins against the running service: right ones get through, boards go on."""

from contextlib import AsyncExitStack
from pathlib import Path

from alarm_center.identity.passwords import hash_password
from tests.support.code_app import CodeApp
from tests.support.night_town import PASSWORD, town
from tests.support.postgres import Database
from tests.support.service import served
from tests.support.sign_in_flood import GuessFlood, RightSignIn, remote_browser

WITHIN_S = 5.0
"""Behind the whole flood a sign-in would take half a minute."""
SLOWED = 10
"""A machine that runs other tests beside this one is so much slower at most than it was a moment before."""


async def test_right_sign_ins_get_through_a_flood(database: Database, tmp_path: Path) -> None:
    """250 random logins and 60 passwords of one login at once, from the address that everybody shares."""
    async with AsyncExitStack() as up:
        await up.enter_async_context(town(database, residents=3, password_hash=hash_password(PASSWORD)))
        url = await up.enter_async_context(served(database, tmp_path, FJT_PROXIES="127.0.0.1"))
        board, fresh, known = [await up.enter_async_context(remote_browser(url)) for _ in range(3)]
        siv, olle = CodeApp(), CodeApp()
        await board.sign_in("siv", PASSWORD, siv)
        quiet = await known.sign_in("olle", PASSWORD, olle)
        quiet_board = max([await board.board_seconds() for _ in range(5)])
        right = {
            "another login, a new browser": RightSignIn(fresh, "siv", PASSWORD, siv),
            "the login that is guessed at, its known browser": RightSignIn(known, "olle", PASSWORD, olle),
        }
        seen = await GuessFlood(url, "olle").run(board, right)
    assert seen.random_logins == {403: 250}
    assert seen.wrong_passwords == {403: 5, 429: 55}
    for name, took in seen.sign_ins.items():
        assert took < max(WITHIN_S, SLOWED * quiet), (name, took, quiet)
    assert seen.board_p95 < max(1.0, SLOWED * quiet_board), (seen.boards, quiet_board)
