"""A device's right to look and its debts until the receipt, by example and by every path that hypothesis finds."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.core import GRACE, GatewayState, Ignored
from gateway.pending import Copy, IllegalStep
from gateway.waking import Waking
from schemas.messages import Command, Config, Receipt, ScheduledAttempt
from schemas.vocabulary import LinkState, ReceiptState, Show

NIGHT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
COMMITTED = Receipt(session_id="s1", state=ReceiptState.COMMITTED)


def attempt(
    opens: datetime = NIGHT, *, number: int = 1, check_id: UUID | None = None, lasts: int = 10
) -> ScheduledAttempt:
    return ScheduledAttempt(
        check_id=check_id or uuid4(),
        attempt=number,
        opens_at=opens,
        closes_at=opens + lasts * MINUTE,
        seconds=10,
        show=Show.DEVIATION,
    )


def command(
    kind: str = "attempt", *, expires: datetime = NIGHT + 2 * MINUTE, of: ScheduledAttempt | None = None
) -> Command:
    return Command.model_validate(
        {
            "command_id": uuid4(),
            "kind": kind,
            "case": uuid4(),
            "check_id": of.check_id if of else uuid4(),
            "attempt": of.attempt if of else 2,
            "seconds": 10,
            "expires_at": expires,
        }
    )


def at_home(*attempts: ScheduledAttempt, now: datetime = NIGHT, t: float = 0.0) -> GatewayState:
    """Return a gateway that is linked and has heard pulse and config."""
    home = GatewayState()
    home.mark_connected()
    home.take_pulse(now, t)
    home.take_config(Config(version=1, attempts=attempts))
    return home


def looked(home: GatewayState, t: float, session_id: str = "s1") -> Waking:
    look = home.next_waking(t)
    assert look is not None
    home.begin_waking(look, t)
    assert home.end_waking(session_id, b"pictures")
    return look


def test_wakes_for_its_attempt_once_within_its_time() -> None:
    first = attempt(NIGHT + MINUTE)
    home = at_home(first)
    assert home.next_waking(59.9) is None
    home.take_pulse(NIGHT + MINUTE, 60.0)
    assert looked(home, 60.0).key == (first.check_id, 1)
    assert home.next_waking(61.0) is None


def test_does_not_wake_when_the_time_has_passed() -> None:
    home = at_home(attempt(NIGHT - 11 * MINUTE))
    assert home.next_waking(0.0) is None


def test_it_wakes_only_within_a_minute_of_a_pulse() -> None:
    home = at_home(attempt(NIGHT + 2 * MINUTE))
    assert home.next_waking(130.0) is None
    home.take_pulse(NIGHT + 3 * MINUTE, 180.0)
    assert home.next_waking(180.0) is not None


def test_after_a_reconnect_it_waits_for_a_new_config() -> None:
    first = attempt()
    home = at_home(first)
    home.mark_disconnected()
    assert home.next_waking(1.0) is None
    home.mark_connected()
    home.take_pulse(NIGHT, 2.0)
    assert home.next_waking(2.0) is None
    home.take_config(Config(version=1, attempts=(first,)))
    assert home.next_waking(2.0) is not None


def test_consent_revoked_leaves_nothing_to_wake_for() -> None:
    first = attempt()
    home = at_home(first)
    home.take_config(Config(version=2, withdrawn=True, attempts=(first,)))
    assert home.next_waking(1.0) is None


def test_consent_revoked_while_offline_the_old_list_is_not_used() -> None:
    home = at_home(attempt(NIGHT + MINUTE))
    home.mark_disconnected()
    home.mark_connected()
    home.take_pulse(NIGHT + MINUTE, 60.0)
    home.take_config(Config(version=2, withdrawn=True))
    assert home.next_waking(60.0) is None


@pytest.mark.parametrize("config", [None, Config(version=2, withdrawn=True)])
def test_consent_revoked_in_a_look_ends_it_and_keeps_nothing(config: Config | None) -> None:
    home = at_home(attempt())
    look = home.next_waking(0.0)
    assert look is not None
    home.begin_waking(look, 0.0)
    home.take_config(config)
    assert home.withdrawn
    assert not home.end_waking("s1", b"pictures")
    assert home.pending == ()


@pytest.mark.parametrize("config", [None, Config(version=2, withdrawn=True)])
def test_consent_revoked_ends_a_live_look_and_its_commands(config: Config | None) -> None:
    home = at_home()
    home.take_command(command("live"), 0.0)
    home.take_command(command(), 0.0)
    look = home.next_waking(0.0)
    assert look is not None
    home.begin_waking(look, 0.0)
    home.take_config(config)
    assert home.withdrawn
    home.end_waking()
    home.take_config(Config(version=3))
    assert home.next_waking(1.0) is None


def test_an_empty_list_ends_no_look_and_forgets_no_command() -> None:
    home = at_home(attempt())
    look = home.next_waking(0.0)
    assert look is not None
    home.begin_waking(look, 0.0)
    recheck = command()
    home.take_command(recheck, 0.0)
    home.take_config(Config(version=2))
    assert not home.withdrawn
    assert home.end_waking("s1", b"pictures")
    assert looked(home, 1.0, "s2").command_id == recheck.command_id


def test_commands_are_taken_only_while_somebody_may_look() -> None:
    home = at_home()
    home.take_config(Config(version=2, withdrawn=True))
    wish = command()
    with pytest.raises(Ignored, match="nobody may look"):
        home.take_command(wish, 0.0)
    home.take_config(Config(version=3))
    home.take_command(wish, 0.0)
    assert looked(home, 0.0).command_id == wish.command_id


def test_an_older_config_does_not_bring_back_what_was_taken_away() -> None:
    first = attempt()
    home = at_home(first)
    home.take_config(Config(version=3))
    with pytest.raises(Ignored):
        home.take_config(Config(version=2, attempts=(first,)))
    assert home.next_waking(0.0) is None


def test_a_new_binding_may_begin_its_versions_again() -> None:
    home = at_home()
    home.take_config(Config(version=40))
    home.mark_disconnected()
    home.mark_connected()
    home.take_config(Config(version=1, attempts=(attempt(),)))
    home.take_pulse(NIGHT, 5.0)
    assert home.next_waking(5.0) is not None


def test_a_command_is_done_once_however_often_it_comes() -> None:
    home = at_home()
    again = command()
    home.take_command(again, 0.0)
    assert looked(home, 1.0).command_id == again.command_id
    with pytest.raises(Ignored):
        home.take_command(again, 10.0)
    assert home.next_waking(10.0) is None


def test_an_expired_command_is_not_carried_out() -> None:
    home = at_home()
    with pytest.raises(Ignored, match="expired"):
        home.take_command(command(expires=NIGHT), 0.0)
    home.take_command(command(expires=NIGHT + timedelta(seconds=30)), 0.0)
    assert home.next_waking(30.0) is None


def test_a_command_for_a_listed_attempt_makes_it_once() -> None:
    first = attempt()
    home = at_home(first)
    home.take_command(command(of=first), 0.0)
    looked(home, 0.0)
    assert home.next_waking(0.0) is None
    with pytest.raises(Ignored, match="made"):
        home.take_command(command(of=first), 0.0)


def test_a_live_look_makes_no_attempt_and_waits_for_the_list() -> None:
    first = attempt()
    home = at_home(first)
    home.take_command(command("live", of=first), 0.0)
    assert looked(home, 0.0).kind == "attempt"
    live = home.next_waking(0.0)
    assert live is not None and live.kind == "live" and live.key is None


def test_only_one_look_at_a_time_and_only_what_is_due() -> None:
    home = at_home(attempt(), attempt())
    look = home.next_waking(0.0)
    assert look is not None
    home.begin_waking(look, 0.0)
    assert home.next_waking(0.0) is None
    with pytest.raises(IllegalStep):
        home.begin_waking(look, 0.0)
    home.end_waking()
    with pytest.raises(IllegalStep):
        home.end_waking()


def test_the_clock_follows_the_pulse_when_it_jumps() -> None:
    home = at_home()
    assert home.clock(7.0) == NIGHT + timedelta(seconds=7)
    home.take_pulse(NIGHT + 30 * MINUTE, 8.0)
    assert home.clock(9.0) == NIGHT + 30 * MINUTE + timedelta(seconds=1)


def test_a_session_goes_again_20_40_80_s_after_each_ack() -> None:
    home = at_home(attempt())
    looked(home, 0.0)
    t = 0.0
    for wait in (20, 40, 80, 80):
        kept = home.claim_copy(t)
        assert kept is not None
        home.mark_sent(kept.session_id)
        assert home.claim_copy(t + 500) is None, "a copy is on its way"
        home.mark_acknowledged(kept.session_id, t, 0.5)
        assert home.claim_copy(t + wait - 0.1) is None
        t += wait + 0.1
    home.take_receipt(COMMITTED, 9.0)
    assert home.claim_copy(t) is None and home.pending == ()


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 20 * 2 / 3), (1.0, 20 * 4 / 3)])
def test_resending_is_spread_by_a_third(chance: float, seconds: float) -> None:
    home = at_home(attempt())
    looked(home, 0.0)
    home.mark_sent("s1")
    home.mark_acknowledged("s1", 0.0, chance)
    assert home.pending[0].again_at == pytest.approx(seconds)


@pytest.mark.parametrize("acknowledged", [False, True])
def test_a_session_goes_again_after_a_reconnect(acknowledged: bool) -> None:
    home = at_home(attempt())
    looked(home, 0.0)
    home.mark_sent("s1")
    if acknowledged:
        home.mark_acknowledged("s1", 1.0, 0.5)
    home.mark_disconnected()
    assert home.claim_copy(2.0) is None
    home.mark_connected()
    kept = home.claim_copy(2.0)
    assert kept is not None and kept.session_id == "s1"


def test_a_session_is_dropped_a_minute_after_its_attempt_closed() -> None:
    home = at_home(attempt(lasts=1))
    looked(home, 0.0)
    assert home.drop_expired(120.0) == ()
    assert home.drop_expired(120.1) == ("s1",)
    with pytest.raises(Ignored):
        home.take_receipt(COMMITTED, 9.0)


def test_an_acknowledgement_after_the_receipt_is_let_be() -> None:
    home = at_home(attempt())
    looked(home, 0.0)
    home.mark_sent("s1")
    home.take_receipt(COMMITTED, 9.0)
    home.mark_acknowledged("s1", 1.0, 0.5)
    assert home.pending == ()


def test_the_camera_is_tried_ten_and_two_minutes_before() -> None:
    first = attempt(NIGHT + 11 * MINUTE)
    home = at_home(first)
    key = frozenset({(first.check_id, 1)})

    def due(minutes: float) -> frozenset[tuple[UUID, int]]:
        home.take_pulse(NIGHT + minutes * MINUTE, minutes * 60)
        return home.preflights_due(minutes * 60)

    assert due(0.9) == frozenset()
    assert due(1) == key
    home.record_preflight(key, None, 60.0)
    assert due(1) == due(8.9) == frozenset()
    assert due(9) == key
    home.record_preflight(key, "camera does not open", 540.0)
    assert due(10.9) == frozenset()
    assert due(11) == frozenset()
    status = home.make_status(660.0, camera_ok=False, fault="camera does not open", software="x", wall=NIGHT)
    assert status is not None and status.preflight[0].fault == "camera does not open"


def test_a_list_that_comes_late_gives_one_preflight_at_once() -> None:
    first = attempt(NIGHT + MINUTE)
    home = at_home(first)
    due = home.preflights_due(0.0)
    assert due == {(first.check_id, 1)}
    home.record_preflight(due, None, 0.0)
    assert home.preflights_due(0.0) == frozenset()


def test_each_connection_and_its_will_have_a_number_of_their_own() -> None:
    home = GatewayState("b1")
    seen = []
    for _ in range(2):
        will = home.dial("x")
        home.mark_connected()
        status = home.make_status(0.0, camera_ok=True, fault=None, software="x", wall=NIGHT)
        assert status is not None
        seen += [(one.link, one.boot, one.connection, one.sequence) for one in (will, status)]
        home.mark_disconnected()
    assert seen == [
        (LinkState.GONE, "b1", 1, 0), (LinkState.UP, "b1", 1, 1), (LinkState.GONE, "b1", 2, 1), (LinkState.UP, "b1", 2, 2),
    ]  # fmt: skip
    assert home.goodbye("x").connection == 2


def test_a_status_is_sent_each_minute_and_on_change() -> None:
    home = GatewayState()

    def report(t: float, fault: str | None = None) -> int | None:
        status = home.make_status(t, camera_ok=not fault, fault=fault, software="x", wall=NIGHT + MINUTE)
        return None if status is None else status.sequence

    assert report(0.0) is None
    home.mark_connected()
    assert report(0.0) == 1
    assert report(59.9) is None
    assert report(60.0) == 2
    home.take_pulse(NIGHT, 61.0)
    home.take_config(Config(version=7))
    assert report(61.0) == 3
    assert report(62.0, "camera does not open") == 4
    home.mark_disconnected()
    home.mark_connected()
    status = home.make_status(63.0, camera_ok=True, fault=None, software="x", wall=NIGHT + MINUTE)
    assert status is not None
    assert status.config_version is None, "a broker that forgot our config must hear so"
    assert status.wall_offset_s == 58.0


class AnyNight(RuleBasedStateMachine):
    """Everything that may happen, in any order. What is kept here is told apart from what the gateway keeps."""

    @initialize()
    def begin(self) -> None:
        self.home = GatewayState()
        self.t = 0.0
        self.now: datetime | None = None
        self.pulse_t: float | None = None
        self.linked = False
        self.listed: dict[tuple[UUID, int], ScheduledAttempt] | None = None
        self.version = 0
        self.nobody_may_look = False
        self.commands: dict[UUID, Command] = {}
        self.keys = [(UUID(int=n), 1 + n % 2) for n in range(4)]
        self.made: list[tuple[UUID, int]] = []
        self.done: list[UUID] = []
        self.owed: dict[str, datetime] = {}
        self.on_its_way: set[str] = set()
        self.sessions = 0

    def clock(self) -> datetime:
        assert self.now is not None and self.pulse_t is not None
        return self.now + timedelta(seconds=self.t - self.pulse_t)

    @rule(seconds=st.sampled_from([0.5, 5, 19, 21, 59, 61, 200]))
    def time_passes(self, seconds: float) -> None:
        self.t += seconds

    @rule(jump=st.sampled_from([0, 0, 0, 60, 600, -30]))
    def pulse(self, jump: int) -> None:
        base = self.clock() if self.now else NIGHT
        self.now, self.pulse_t = base + timedelta(seconds=jump), self.t
        self.home.take_pulse(self.now, self.t)

    @rule()
    def connect(self) -> None:
        if not self.linked:
            self.linked, self.listed = True, None
            self.home.mark_connected()

    @rule()
    def disconnect(self) -> None:
        if self.linked:
            self.linked, self.listed = False, None
            self.on_its_way.clear()
            self.home.mark_disconnected()

    @precondition(lambda self: self.linked)
    @rule(chosen=st.sets(st.integers(0, 3)), offset=st.integers(-5, 5), withdrawn=st.sampled_from([False, False, True]))
    def config(self, chosen: set[int], offset: int, withdrawn: bool) -> None:
        base = (self.clock() if self.now else NIGHT) + offset * MINUTE
        attempts = [attempt(base, check_id=self.keys[n][0], number=self.keys[n][1], lasts=3) for n in sorted(chosen)]
        self.version += 1
        self.home.take_config(Config(version=self.version, withdrawn=withdrawn, attempts=tuple(attempts)))
        self.nobody_may_look = withdrawn
        self.listed = {(a.check_id, a.attempt): a for a in attempts}

    @precondition(lambda self: self.linked)
    @rule()
    def unbound(self) -> None:
        self.home.take_config(None)
        self.listed = None

    @rule(kind=st.sampled_from(["attempt", "live"]), lasts=st.sampled_from([-1, 30, 120]), key=st.integers(0, 3))
    def command(self, kind: str, lasts: int, key: int) -> None:
        wish = command(kind, expires=(self.clock() if self.now else NIGHT) + timedelta(seconds=lasts))
        wish = wish.model_copy(update={"check_id": self.keys[key][0], "attempt": self.keys[key][1]})
        self.commands[wish.command_id] = wish
        for _ in range(2):
            try:
                self.home.take_command(wish, self.t)
            except Ignored:
                continue

    @rule()
    def wake(self) -> None:
        look = self.home.next_waking(self.t)
        if look is None:
            return
        assert self.linked and self.listed is not None, "no config on this connection"
        assert not self.nobody_may_look, "woke while nobody may look"
        assert self.pulse_t is not None and self.t - self.pulse_t <= 60, "the centre is silent"
        if look.command_id is None:
            assert look.key is not None
            wanted = self.listed[look.key]
            assert wanted.opens_at <= self.clock() <= wanted.closes_at
        else:
            assert self.clock() < self.commands[look.command_id].expires_at
            assert look.command_id not in self.done
            self.done.append(look.command_id)
        if look.key:
            assert look.key not in self.made, "looked twice for one attempt"
            self.made.append(look.key)
        self.home.begin_waking(look, self.t)

    @precondition(lambda self: self.home.waking is not None)
    @rule()
    def dark_again(self) -> None:
        look, withdrawn = self.home.waking, self.home.withdrawn
        assert look is not None
        if look.kind == "live":
            self.home.end_waking()
            return
        self.sessions += 1
        session_id = f"s{self.sessions}"
        assert self.home.end_waking(session_id, b"x") is not withdrawn
        if not withdrawn:
            self.owed[session_id] = look.ends_at + GRACE

    @rule()
    def send(self) -> None:
        kept = self.home.claim_copy(self.t)
        if kept:
            assert self.linked
            assert kept.session_id not in self.on_its_way, "a second copy while one is on its way"
            self.home.mark_sent(kept.session_id)
            self.on_its_way.add(kept.session_id)

    @precondition(lambda self: self.on_its_way)
    @rule(chance=st.floats(0, 1))
    def acknowledge(self, chance: float) -> None:
        session_id = sorted(self.on_its_way)[0]
        self.on_its_way.discard(session_id)
        self.home.mark_acknowledged(session_id, self.t, chance)

    @precondition(lambda self: self.owed)
    @rule(data=st.data())
    def receipt(self, data: st.DataObject) -> None:
        session_id = data.draw(st.sampled_from(sorted(self.owed)))
        self.home.take_receipt(Receipt(session_id=session_id, state=ReceiptState.COMMITTED), self.t)
        del self.owed[session_id]

    @rule()
    def sweep(self) -> None:
        for session_id in self.home.drop_expired(self.t):
            assert self.clock() > self.owed.pop(session_id), "dropped before its limit"
        if self.now:
            assert all(end >= self.clock() for end in self.owed.values()), "kept past its limit"

    @invariant()
    def every_session_is_receipted_or_still_kept(self) -> None:
        if hasattr(self, "owed"):
            assert {kept.session_id for kept in self.home.pending} == set(self.owed)
            here = {kept.session_id for kept in self.home.pending if kept.copy is Copy.ON_ITS_WAY}
            assert here == self.on_its_way & set(self.owed)


TestAnyNight = AnyNight.TestCase
TestAnyNight.settings = settings(max_examples=120, stateful_step_count=60, deadline=None)
