"""Statements of an intruder, tried as each role of the database, and the outcome that each must have.

A row is tried in a transaction of its own, which is rolled back. `{other_…}` are ids of another town, `{own_…}` of the
attacker's own, `{next_…}` of an area of their town that is not theirs.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Attacker(Enum):
    """The role of a connection, and what its transaction carries."""

    SESSION = "an operator's page"
    LINK = "a carer's link"
    NOBODY = "a page of nobody"
    PLANNER = "a planner's page"
    SIGN_IN = "the sign-in"
    WORKER = "the worker"


REFUSED: Final = "refused"
"""The database does not let the role do it."""
NOTHING: Final = "nothing"
"""It reads no row, and changes none."""
UNFIT: Final = "unfit"
"""It is let try, and a constraint or the server's own settings refuse what it says."""
SUCCEEDS: Final = "succeeds"
"""It goes on; the row says why it may."""


@dataclass(frozen=True, slots=True)
class InjectedStatement:
    """One statement, or several in order of which the last is judged; with the reason where it succeeds."""

    sql: tuple[str, ...]
    outcome: str
    what: str = ""
    """The thing that succeeds, in words."""
    reason: str = ""

    def __post_init__(self) -> None:
        if (self.outcome == SUCCEEDS) != bool(self.what and self.reason):
            raise ValueError(f"{self.sql}: what succeeds has a name and a reason, and nothing else does")


def refused(*sql: str) -> InjectedStatement:
    """Return an attempt that the database has to refuse."""
    return InjectedStatement(sql, REFUSED)


def nothing(*sql: str) -> InjectedStatement:
    """Return an attempt that has to come to nothing."""
    return InjectedStatement(sql, NOTHING)


def succeeds(what: str, reason: str, *sql: str) -> InjectedStatement:
    """Return an attempt that goes on, and why it may."""
    return InjectedStatement(sql, SUCCEEDS, what, reason)


_SERVER: Final = (
    refused("set role fjt_owner"),
    refused("set session authorization fjt_owner"),
    refused("set session_replication_role = replica"),
    refused("grant fjt_owner to current_user"),
    refused("create role intruder login"),
    refused("alter role fjt_owner password 'x'"),
    refused("create table fjt.residents2 ()"),
    refused("create table public.orgs ()"),
    refused("create temporary table residents (name text)"),
    refused("create schema before_all"),
    refused("create function pg_temp.orgs() returns text[] language sql as $$ select array['{other}'] $$"),
    refused("create or replace function fjt.orgs() returns text[] language sql as $$ select array['{other}'] $$"),
    refused("do $$ begin perform 1; end $$"),
    InjectedStatement(("create extension dblink",), UNFIT),
    refused("copy (select 1) to program 'id'"),
    refused("copy (select 1) to '/tmp/out'"),
    refused("select pg_read_file('/etc/passwd')"),
    refused("select pg_ls_dir('.')"),
    refused("select lo_import('/etc/passwd')"),
    refused("select lo_from_bytea(0, 'x')"),
    refused("select * from pg_authid"),
    refused("select * from pg_statistic"),
    refused("select pg_advisory_lock(1)"),
    refused("alter table fjt.residents disable row level security"),
    refused("alter table fjt.events disable trigger all"),
    refused("create policy mine on fjt.residents using (true)"),
    refused("drop table fjt.events"),
    refused("truncate fjt.events"),
    refused("update pg_catalog.pg_class set relrowsecurity = false"),
    refused("select setval('fjt.event_ids', 1)"),
    InjectedStatement(("prepare transaction 'x'",), UNFIT),
    nothing("select 1 from pg_stats where schemaname = 'fjt' and tablename in ('residents', 'users')"),
    nothing("select query from pg_stat_activity where usename not in (session_user, '') and query not like '<%'"),
    succeeds(
        "its own role's password and defaults",
        "PostgreSQL lets every role change these of its own; no row opens by it, and `fjarrtillsyn migrate` sets the password anew",
        "alter role current_user password 'x'",
    ),
    succeeds(
        "the end of other sessions of its own role",
        "PostgreSQL lets every role; the pool connects anew, and a server before 17 needs it (`alarm_center/store/overlong.py`)",
        "select count(*) from (select pg_terminate_backend(pid) from pg_stat_activity where usename = session_user and pid <> pg_backend_pid() limit 0) t",
    ),
    succeeds(
        "numbers about tables",
        "the catalogue says how many rows a table has, of all towns together, and no row of it",
        "select reltuples from pg_class where oid = 'pg_catalog.pg_class'::regclass",
    ),
    succeeds(
        "a session held, or the processor kept busy",
        "a use of a connection is given up after 10 s, also where the server's own limits were lifted (`alarm_center/store/memory.py`)",
        "select set_config('transaction_timeout', '0', true)",
        "select pg_sleep(0)",
    ),
    succeeds(
        "hints, heard and given",
        "a hint says nothing but that there may be something new, and each reader asks the tables",
        "listen fjt_events",
        "select pg_notify('fjt_events', 'x')",
    ),
)
"""Tried as every role that the service runs as."""

_OTHERS_ROWS: Final = (
    nothing("select * from residents where org = '{other}'"),
    nothing("select * from alarms where alarm_id = '{other_alarm}'"),
    nothing("select * from residents where resident_id = '{next_resident}'"),
    nothing("select set_config('fjt.orgs', '{other}', true)", "select * from residents where org = '{other}'"),
    nothing(
        "select set_config('fjt.areas', '{next_area}', true)", "select * from residents where area_id = '{next_area}'"
    ),
    nothing(
        "select set_config('fjt.case', '{next_resident}', true)",
        "select * from residents where area_id = '{next_area}'",
    ),
    nothing("select set_config('fjt.case', '{other_resident}', true)", "select * from residents where org = '{other}'"),
    nothing("select set_config('fjt.scope', 'users', true)", "select * from residents"),
    nothing("select set_config('fjt.scope', 'review', true)", "select * from residents"),
    nothing("select set_config('fjt.token', '{other_hash}', true)", "select * from residents where org = '{other}'"),
    nothing(
        "select set_config('fjt.token', '{other_notice}', true), set_config('fjt.scope', 'link', true)",
        "select * from residents",
    ),
    nothing("select set_config('fjt.token', '', true)", "select * from residents"),
    # The setting in which a transaction carries what it may see (fjt.carried).
    nothing(
        "select set_config('fjt.carried', replace(current_setting('fjt.carried', true), 'ost', '{other}'), true)",
        "select * from residents where org = '{other}'",
    ),
    nothing(
        "select set_config('fjt.carried', encode(sha256(''), 'hex') || array['{{{other}}}', null, null, null]::text, true)",
        "select * from residents where org = '{other}'",
    ),
    nothing("select enter('{other_hash}', 'watch')", "select * from residents"),
    refused("select secret from carry_secret"),
    refused("select carry_mark('x')"),
    nothing("select set_config('search_path', 'pg_temp, fjt', true)", "select * from residents where org = '{other}'"),
    refused("set row_security = off", "select * from fjt.residents"),
    # An error, or an order of evaluation, that would tell of a row before the policy has hidden it.
    nothing("select * from residents where org = '{other}' and name::int = 1"),
    nothing("select * from residents where 1 / (case when org = '{other}' then 0 else 1 end) = 0"),
    nothing("declare c cursor with hold for select * from residents where org = '{other}'", "fetch all from c"),
    nothing("update alarms set note = 'x' where org = '{other}'"),
    nothing("select who() where who() = '{other_user}'"),
    nothing("select * from busy('{other}', null)"),
    nothing("select * from busy_shifts('{other}', null)"),
    nothing("select * from taken_by('{other_phone}', gen_random_uuid())"),
    nothing("select 1 where places_left('{other_incident}') > 0"),
    nothing("select 1 where may_look('{other_resident}', 'camera', false)"),
    refused("select next_case_no('{other_number}', now())"),
    refused("insert into events (at, org, kind) values (now(), '{other}', 'x')"),
    refused("insert into events (at, org, kind, tx) values (now(), '{own}', 'x', '1')"),
)
"""Rows of others: tried as each kind of page."""

_SECRETS: Final = (
    refused("lock table fjt.residents in access exclusive mode"),
    refused("select password_hash from users"),
    refused("select totp_secret from users"),
    refused("select token_hash from web_sessions"),
    refused("select * from sign_ins"),
    refused("select token from notices"),
    refused("select token from messages"),
    refused("select body from messages"),
    refused("select * from try_sign_in('u-{other}', '127.0.0.1', null)"),
    refused("select open_session('x', gen_random_uuid(), now(), now(), 'x', false, null, null, 'x')"),
    refused("delete from looks"),
    refused("delete from events"),
    refused("delete from fact_log"),
    refused("delete from messages"),
    refused("update events set actor = 'x'"),
    refused("update looks set user_id = gen_random_uuid()"),
    refused("update notices set phone = '+46700000000'"),
    refused("update consents set state = 'given'"),
    refused("update memberships set roles = '{{admin}}'"),
    refused("update devices set profile = '{{}}'"),
    refused("insert into checks (check_id) values (gen_random_uuid())"),
    refused("insert into sessions (org) values ('{own}')"),
    refused(
        "insert into messages (org, alarm_id, notice_id, channel, wording, sender, phone, body, token, created_at, not_before, valid_until)"
        " values ('{own}', '{own_alarm}', '{own_notice_id}', 'sms', 'granted', '+46', '+46700000000', 'Ring mig', '', now(), now(), now())"
    ),
)
"""Secrets, and writes that no page needs: tried as each kind of page."""

_MESSAGE: Final = "insert into messages (org, alarm_id, notice_id, channel, wording, facts, rank, valid_until) values "

FORGED: Final = (
    refused("insert into events (at, org, kind, area_id, actor) values (clock.now(), '{own}', 'x', '{own_area}', gen_random_uuid()::text)"),
    refused("insert into looks (org, alarm_id, user_id, kind, began_at) values ('{own}', '{own_alarm}', '{own_user}', 'session', clock.now())"),
    refused("update looks set ended_at = clock.now() where user_id <> who()"),
    refused("insert into compared_looks (check_id, session_id, org, resident_id, night, looked_at, found, said, said_by, said_at)"
            " select check_id, 's1', org, resident_id, night, now(), 'in_bed', 'in_bed', 'x', now() from checks where check_id = '{own_check}'"),
    refused("update compared_looks set said = 'in_bed'"),
    refused("delete from green_ends"),
    refused("update checks set state = 'seen', answer = 'in_bed', seen_by = '{own_user}', next_step_at = null, ended_at = clock.now() where check_id = '{own_check}'"),
    refused("update checks set state = 'seen', answer = 'in_bed', seen_by = who()::text, next_step_at = null, ended_at = clock.now() where check_id = '{own_check}'"),
    refused("update checks set state = 'cancelled', cancel_reason = 'x', instead = 'nothing', agreed_by = 'x', next_step_at = null, ended_at = clock.now() where check_id = '{own_check}'"),
    refused("update alarms set holder = '{other_user}', body = jsonb_set(body, '{{claim,lease,holder}}', to_jsonb('{other_user}'::text)) where alarm_id = '{own_alarm}'"),
    refused("update alarms set holder = null, lease_until = null, body = jsonb_set(body, '{{claim,lease,holder}}', 'null') where alarm_id = '{own_alarm}'"),
    refused("update alarms set body = jsonb_set(body, '{{claim,lease,holder}}', to_jsonb(who()::text)) where alarm_id = '{own_alarm}'"),
    refused("update alarms set closed_by = '{own_user}' where alarm_id = '{own_alarm}'"),
    refused("insert into raisings (raising_id, org, alarm_id, user_id, priority, reason, raised_at) values (gen_random_uuid(), '{own}', '{own_alarm}', '{own_user}', 1, 'called', now())"),
    refused("update reserve_lists set fetched_at = now(), fetched_by = '{own_user}'"),
    # A course is finished on its own page, by the person themselves.
    refused("insert into course_marks (org, user_id, course, done_at) values ('{own}', '{other_user}', 'operator', clock.now())"),
    refused("update course_marks set done_at = clock.now()"),
    refused("delete from course_marks"),
    refused("insert into exercises (exercise_id, org, begun_by, begun_at, ends_at, carers) select gen_random_uuid(), '{own}', who(), clock.now(), clock.now() + interval '1 h',"
            " array[gen_random_uuid()]"),
    refused("update exercises set made_at = clock.now()"),
    # A hand-over in another's name, dated back, is the person's own, now.
    nothing("insert into hand_overs (org, taken_by, taken_at, open_cases) values ('{own}', '{other_user}', clock.now() - interval '1 day', 0)",
            "select * from hand_overs where open_cases = 0 and (taken_by <> who() or taken_at < clock.now() - interval '1 minute')"),
    refused("insert into hand_overs (org, taken_by, taken_at, open_cases) values ('{other}', who(), clock.now(), 0)"),
    refused("insert into carer_reports (org, alarm_id, notice_id, resident_id, note, said_at)"
            " select org, alarm_id, '{own_notice_id}', resident_id, 'x', clock.now() from alarms where alarm_id = '{own_alarm}'"),
    refused("update carer_reports set done_by = 'x', done_at = clock.now()"),
    refused("update incidents set closed_at = now(), closed_by = '{own_user}' where org = '{own}'"),
    refused("insert into commands (command_id, org, device_id, kind, case_id, alarm_id, seconds, show, asked_by, created_at, opens_at, expires_at)"
            " values (gen_random_uuid(), '{own}', '{own}-1', 'live', '{own_alarm}', '{own_alarm}', 10, 'always', who()::text, now(), now(), now())"),
    refused("insert into notices (notice_id, org, alarm_id, dispatch_id, round, step, who, phone, patrol, channel, wording, asked_at, state)"
            " values (gen_random_uuid(), '{own}', '{own_alarm}', gen_random_uuid(), 1, 1, 'patrol', '+46709999999', '', 'sms', 'call_out', now(), 'asked')"),
    refused("update notices set state = 'took' where notice_id = '{own_notice_id}'"),
    refused("update notices set browser = 'x', opened_at = now() where notice_id = '{own_notice_id}'"),
    refused("update notices set done_at = now() where notice_id = '{own_notice_id}'"),
    refused(_MESSAGE + "('{own}', '{own_alarm}', null, 'call', 'voice_connect', '{{\"case_no\": {own_case_no}, \"area\": \"3\", \"phone\": \"+46700000000\"}}', 1, now())"),
    refused(_MESSAGE + "('{own}', '{own_alarm}', '{own_notice_id}', 'sms', 'Ring mig', '{{}}', 3, now())"),
    refused(_MESSAGE + "('{own}', '{own_alarm}', '{own_notice_id}', 'sms', 'granted', '{{\"case_no\": 1, \"area\": \"3\"}}', 3, now())"),
    refused(_MESSAGE + "('{own}', '{own_alarm}', gen_random_uuid(), 'sms', 'granted', '{{\"case_no\": {own_case_no}, \"area\": \"3\"}}', 3, now())"),
    InjectedStatement((_MESSAGE + "('{own}', '{own_alarm}', '{own_notice_id}', 'sms', 'granted', '{{\"case_no\": {own_case_no}, \"area\": \"3\", \"patrol\": \"Ring mamma\"}}', 3, now())",), UNFIT),
    refused("insert into replies (provider, provider_id, org, phone, sender, body, received_at, meaning, notice_id)"
            " values ('page', 'x', '{own}', '+46700000000', '+46', 'x', now(), 'take', '{own_notice_id}')"),
    # A line dated back is dated now.
    nothing("insert into events (at, org, kind, area_id) values (clock.now() - interval '1 day', '{own}', 'x', '{own_area}')",
            "select * from events where kind = 'x' and at < clock.now() - interval '1 minute'"),
    succeeds(
        "what the person themselves may do at the board, without the page's own questions",
        "a line, a look, a hold or a question to a carer on duty, in that person's name, sealed with it and shown in the log of looks",
        "insert into looks (org, alarm_id, user_id, kind, began_at) values ('{own}', '{own_alarm}', who(), 'session', clock.now())",
    ),
    succeeds(
        "the list of looks that a device of their area is told to make",
        "each decision writes it anew; a device makes no look without the consent that it was told of",
        "update devices set wanted_version = wanted_version where org = '{own}'",
    ),
    nothing("select set_config('fjt.case', '{moved_resident}', true)",
            "select * from residents where area_id = '{next_area}' and resident_id <> '{moved_resident}'"),
    succeeds(
        "the whole case of a resident whom they see, also where it lies in an area that is not theirs",
        "a decision reads it (`alarm_center/store/viewer_scope.py`): the rows of that one resident, in that one town",
        "select set_config('fjt.case', '{moved_resident}', true)",
        "select * from residents where resident_id = '{moved_resident}'",
    ),
    succeeds(
        "numbers of lines and replies used up",
        "a number is not a line, and nobody counts on there being no gap",
        "select nextval('event_ids'), nextval('arrivals')",
    ),
)  # fmt: skip
"""Rows of the attacker's own town in somebody else's name: tried as an operator's page."""

_PLANNERS: Final = (
    refused("select lose_phone('{other}', '{other_phone}')"),
    refused("select lose_phone('{own}', '{other_phone}')"),
    nothing("select * from open_cases_of_phone('{other}', '{other_phone}')"),
    nothing("select o.* from carers c, open_cases_of_phone('{own}', c.phone) o"),
    nothing("select set_config('fjt.handover', '{other_alarm}', true)", "select * from alarms where alarm_id = '{other_alarm}'"),
    refused("select end_carer_sign_in((select carer_id from carers limit 1), clock.now())"),
    refused("select end_mounting('{other_resident}', 'wrong_home')"),
    refused("select end_mounting('{own_resident}', 'wrong_home')"),
    refused("select merge_area('{other_area}', '{own_area}')"),
    refused("select merge_area('{own_area}', '{next_area}')"),
    nothing("update areas set code = 'X' where org = '{other}'"),
    refused("update areas set code = 'X' where org = '{own}'"),
    refused("insert into areas (org, code) values ('{own}', 'X')"),
    refused("insert into former_areas (org, area_id, code, until_at) select org, area_id, 'X', now() from areas where org = '{own}'"),
    refused("select move_notices('{other}', '{other_phone}', '+46709999999')"),
    refused("select move_notices('{own}', '{other_phone}', '{other_phone}')"),
    refused("insert into former_carers (org, carer_id, name, phone, until_at) select org, carer_id, name, phone, now() from carers where org = '{own}'"),
    nothing("update carers set name = 'x', phone = '+46709999999' where org = '{other}'"),
    refused("update carers set name = 'x', phone = '+46709999999' where org = '{own}'"),
    refused("insert into ombudsmen (org, area_id, carer_id, from_day) select org, '{other_area}', carer_id, now() from carers limit 1"),
    nothing("update ombudsmen set until_day = '2026-01-01' where org = '{other}'"),
    refused("insert into lost_phones (org, phone, lost_at, said_by) values ('{own}', '+46709999999', clock.now(), 'x')"),
    nothing("update lost_phones set found_at = clock.now() where org = '{other}'"),
    refused("insert into pauses (org, resident_id, reason, from_at, to_at, said_by, instead)"
            " values ('{other}', '{other_resident}', 'pause_away', now(), now() + interval '1 day', 'x', 'nothing')"),
    refused("update pauses set to_at = to_at + interval '1 year'"),
    refused("update consents set state = 'given', revoked_at = null where resident_id = '{own_resident}'"),
    refused("update consents set camera = true where resident_id = '{own_resident}'"),
    refused("update residents set name = 'x' where resident_id = '{own_resident}'"),
    nothing("update residents set revision = 9 where resident_id = '{next_resident}'"),
    refused("update checks set state = 'seen', answer = 'in_bed', seen_by = who()::text, next_step_at = null, ended_at = clock.now() where check_id = '{own_check}'"),
    refused("update alarms set closed_by = '{own_user}' where alarm_id = '{own_alarm}'"),
    refused("insert into notices (notice_id, org, alarm_id, dispatch_id, round, step, who, phone, patrol, channel, wording, asked_at, state)"
            " values (gen_random_uuid(), '{own}', '{own_alarm}', gen_random_uuid(), 1, 1, 'patrol', '+46709999999', '', 'sms', 'call_out', now(), 'asked')"),
    refused("insert into looks (org, alarm_id, user_id, kind, began_at) values ('{own}', '{own_alarm}', who(), 'session', clock.now())"),
    refused("insert into deaths (org, area_id, resident_id, registered_by, registered_at)"
            " select '{other}', area_id, '{other_resident}', 'x', now() from areas limit 1"),
    refused("update deaths set registered_by = 'x'"),
    refused("delete from deaths"),
    refused("insert into night_holds (org, resident_id, first_night, last_night, from_at, to_at, reason, held_by, held_at, until_on)"
            " values ('{other}', '{other_resident}', '2026-11-22', '2026-11-22', now(), now() + interval '1 day', 'x', 'x', now(), '2030-01-01')"),
    refused("insert into follow_ups (org, resident_id, reference, wants_it, recorded_by, recorded_at)"
            " values ('{other}', '{other_resident}', 'x', 'yes', 'x', now())"),
    refused("update follow_ups set wants_it = 'no'"),
    refused("delete from follow_ups"),
    refused("update carer_reports set note = ''"),
    refused("delete from carer_reports"),
    refused("update night_holds set until_on = '2026-01-01'"),
    refused("delete from night_holds"),
    refused("insert into town_stops (org, why, proposed_by, proposed_at) values ('{other}', 'x', 'x', now())"),
    nothing("insert into town_stops (org, why, proposed_by, proposed_at) values ('{own}', 'forged', '{other_user}', now() - interval '9 days')",
            "select * from town_stops where why = 'forged' and (proposed_by = '{other_user}' or proposed_at < clock.now() - interval '1 minute')"),
    refused("insert into town_stops (org, why, proposed_by, proposed_at, confirmed_by, confirmed_at, to_at)"
            " values ('{own}', 'x', 'x', now(), 'y', now(), now())"),
    refused("update town_stops set confirmed_by = 'y', confirmed_at = clock.now(), to_at = clock.now() + interval '1 year' where org = '{own}'"),
    nothing("update town_stops set back_by = 'y', back_at = clock.now() where org = '{other}'"),
    refused("delete from town_stops"),
    refused("update organisations set stopped_at = null"),
    refused("update changes set after = null"),
    refused("delete from changes"),
    refused("insert into changes (org, resident_id, revision, part, made_by, made_at, from_at)"
            " values ('{other}', '{other_resident}', 99, 'pause', 'x', now(), now())"),
    nothing("insert into changes (org, resident_id, revision, part, made_by, made_at, from_at)"
            " values ('{own}', '{own_resident}', 99, 'pause', '{own_user}', now() - interval '1 day', now())",
            "select * from changes where revision = 99 and (made_by = '{own_user}' or made_at < clock.now() - interval '1 minute')"),
    refused("insert into slots (org, resident_id, weekdays, local_time, valid_from)"
            " values ('{other}', '{other_resident}', '{{0}}', '03:00', current_date)"),
    refused("insert into slots (org, resident_id, weekdays, local_time, valid_from)"
            " values ('{own}', '{own_resident}', '{{0}}', '03:00', (clock.now() - interval '3 days')::date)"),
    refused("update slots set valid_until = null where resident_id = '{own_resident}'"),
    refused("update slots set valid_until = (clock.now() - interval '3 days')::date where resident_id = '{own_resident}'"),
    refused("update slots set weekdays = '{{0}}' where resident_id = '{own_resident}'"),
    nothing("update slots set valid_until = (clock.now() + interval '3 days')::date where resident_id = '{next_resident}'"),
    refused("insert into checks (check_id, org, resident_id, night, slot_id, opens_at, closes_at, seconds, green_by, show, state,"
            " rechecks_left, retries_left) select gen_random_uuid(), org, resident_id, night, slot_id, opens_at, closes_at, seconds,"
            " green_by, show, 'planned', 0, 0 from checks where check_id = '{own_check}'"),
    refused("insert into consents (org, resident_id, who, state, given_at, recorded_by, camera, sensors, shown_to_people)"
            " values ('{own}', '{own_resident}', 'cohabitant', 'given', now(), 'x', true, true, true)"),
    nothing("select set_config('fjt.scope', 'decide', true)", "update consents set camera = true where resident_id = '{own_resident}'"),
    refused("update decisions set ends_on = null where resident_id = '{own_resident}'"),
    refused("update plans set green_by = 'detector', signed_by = 'x', signed_at = now() where resident_id = '{own_resident}'"),
    refused("update checks set device_id = '{other}-1' where check_id = '{own_check}'"),
    refused("update residents set died_at = now() where resident_id = '{own_resident}'"),
    refused("delete from decisions"),
    nothing("select set_config('fjt.scope', 'arrange', true)", "update residents set name = 'x' where resident_id = '{next_resident}'"),
    refused("select set_config('fjt.scope', 'enrol', true)", "update devices set resident_id = null where resident_id = '{own_resident}'"),
    nothing("select set_config('fjt.scope', 'arrange', true)", "update devices set resident_id = null where org = '{other}'"),
    refused("update residents set ended_at = clock.now() where resident_id = '{own_resident}'"),
    refused("select set_config('fjt.scope', 'arrange', true)",
            "update residents set moved_at = clock.now(), ended_at = clock.now() where resident_id = '{own_resident}'"),
    succeeds(
        "a device taken from a home of their own areas, without the page's own questions",
        "it is what the role is for; the device is dark, its profile is gone, and the resident's nights stand on the first page",
        "select set_config('fjt.scope', 'arrange', true)", "update devices set resident_id = null where resident_id = '{own_resident}'",
    ),
    nothing("select 1 where device_is_taken('{other}', '{other}-1')"),
    nothing("select 1 where reference_is_taken('{other}', 'x', null)"),
    refused("select next_resident_number('{other}')"),
    nothing("select * from resident_drafts"),
    succeeds(
        "a resident's card, plan and times of their own areas, without the page's own questions",
        "it is what the role is for, of a person with the right; the gate of each night stands in the database, and no consent is given by it",
        "select set_config('fjt.scope', 'arrange', true)", "update residents set name = 'x' where resident_id = '{own_resident}'",
    ),
    succeeds(
        "a time that ends or begins from tonight on, for a resident of their own areas, without the page's own questions",
        "it is what the role is for; no night that has been changes, and the checks are made by the worker",
        "update slots set valid_until = (clock.now() + interval '3 days')::date where resident_id = '{own_resident}'",
    ),
    succeeds(
        "a pause, a consent withdrawn or a check cancelled in their own areas, without the page's own questions",
        "it is what the role is for; each is sealed with the role and the person, and no check ends as seen by it",
        "insert into pauses (org, resident_id, reason, from_at, to_at, said_by, instead)"
        " values ('{own}', '{own_resident}', 'pause_away', now(), now() + interval '1 day', 'x', 'visit')",
    ),
)  # fmt: skip
"""Tried as a planner's page."""

_WORKERS: Final = (
    refused("delete from events"),
    refused("update events set actor = 'x'"),
    refused("update event_seals set digest = 'x'"),
    refused("delete from fact_log"),
    refused("update fact_log set kind = 'x'"),
    refused("update seals set digest = 'x'"),
    refused("select * from sign_ins"),
    refused("select totp_secret from users"),
    succeeds(
        "every town's rows, as the worker",
        "it takes the steps of every case; what it writes is sealed with its role, and it changes and removes no line",
        "select * from residents where org = '{other}'",
    ),
)
"""Tried as the worker."""

ATTEMPTS: Final = {
    Attacker.SESSION: (*_SERVER, *_OTHERS_ROWS, *_SECRETS, *FORGED),
    Attacker.LINK: (*_SERVER, *_OTHERS_ROWS, *_SECRETS),
    Attacker.NOBODY: (*_SERVER, *_OTHERS_ROWS, *_SECRETS),
    Attacker.PLANNER: (*_SERVER, *_OTHERS_ROWS, *_SECRETS, *_PLANNERS),
    Attacker.SIGN_IN: _SERVER,
    Attacker.WORKER: (*_SERVER, *_WORKERS),
}
