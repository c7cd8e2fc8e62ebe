"""Frames that a home keeps of what it has judged: until a minute after the receipt, sent where they are wanted."""

from gateway.kept_frames import KEPT_S, FrameStore
from schemas.messages import Config, Receipt
from schemas.vocabulary import JudgePlace, ReceiptState
from tests.unit.test_gateway_core import COMMITTED, at_home, attempt, looked


def kept(*, wanted: bool) -> FrameStore:
    store = FrameStore()
    store.keep("s1", b"session", wanted=wanted)
    return store


def test_a_sleepers_frames_do_not_go() -> None:
    assert kept(wanted=False).next_wanted() is None


def test_wanted_frames_go_once_and_again_after_a_loss() -> None:
    store = kept(wanted=True)
    first = store.next_wanted()
    assert first is not None and first.payload == b"session"
    store.mark_sent("s1")
    assert store.on_their_way and store.next_wanted() is None
    store.lose_link()
    assert store.next_wanted() is not None
    store.mark_sent("s1")
    store.mark_acknowledged("s1")
    assert store.next_wanted() is None and len(store) == 1


def test_the_centre_may_ask_within_a_minute() -> None:
    store = kept(wanted=False)
    store.forget_old(1e6)
    assert len(store) == 1, "no receipt has come"
    store.take_receipt("s1", 100.0, wanted=False)
    store.take_receipt("s1", 150.0, wanted=True)
    assert store.next_wanted() is not None
    store.forget_old(100.0 + KEPT_S)
    assert len(store) == 1
    store.forget_old(100.1 + KEPT_S)
    assert len(store) == 0, "the second receipt gives no second minute"


def test_frames_on_the_line_are_not_taken_from_it() -> None:
    store = kept(wanted=True)
    store.take_receipt("s1", 0.0, wanted=False)
    store.mark_sent("s1")
    store.forget_old(KEPT_S + 1)
    assert len(store) == 1
    store.mark_acknowledged("s1")
    store.forget_old(KEPT_S + 1)
    assert len(store) == 0


def test_frames_and_sessions_share_one_line() -> None:
    home = at_home(attempt(), attempt())
    looked(home, 0.0, "s1")
    looked(home, 1.0, "s2")
    home.mark_sent("s1")
    home.record_finding("s1", b"finding", wanted=True, urgent=True)
    assert home.claim_frames() is None
    home.mark_acknowledged("s1", 2.0, 0.5)
    frames = home.claim_frames()
    assert frames is not None
    home.frames.mark_sent(frames.session_id)
    assert home.claim_copy(3.0) is None


def test_what_was_judged_goes_as_its_finding_each_time() -> None:
    home = at_home(attempt())
    looked(home, 0.0)
    home.mark_sent("s1")
    home.record_finding("s1", b"finding", wanted=False, urgent=True)
    home.mark_disconnected()
    home.mark_connected()
    copy = home.claim_copy(1.0)
    assert copy is not None and copy.finding == b"finding"


def test_a_refused_sessions_frames_are_gone_at_once() -> None:
    for receipt, left in ((COMMITTED, 1), (COMMITTED.model_copy(update={"state": ReceiptState.REFUSED}), 0)):
        home = at_home(attempt())
        looked(home, 0.0)
        home.record_finding("s1", b"finding", wanted=False, urgent=True)
        home.take_receipt(Receipt.model_validate({**receipt.model_dump(), "reason": "consent_revoked"}), 5.0)
        assert len(home.frames) == left


def test_frames_of_a_dropped_session_are_gone() -> None:
    home = at_home(attempt())
    look = looked(home, 0.0)
    home.record_finding("s1", b"finding", wanted=True, urgent=True)
    home.take_pulse(look.ends_at.replace(hour=3), 100.0)
    assert home.drop_expired(100.0) == ("s1",) and len(home.frames) == 0


def test_withdrawn_consent_forgets_every_frame() -> None:
    home = at_home(attempt())
    looked(home, 0.0)
    home.record_finding("s1", b"finding", wanted=False, urgent=True)
    home.take_config(Config(version=2, withdrawn=True))
    assert len(home.frames) == 0


def test_a_config_says_whether_the_home_is_believed() -> None:
    home = at_home(attempt())
    assert not home.judged_at_home
    home.take_config(Config(version=2, judge=JudgePlace.HOME))
    assert home.judged_at_home
