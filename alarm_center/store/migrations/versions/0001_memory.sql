-- The memory of the service, first form. Statements are parted by an empty line; asyncpg takes one at a time.
-- Every town's row carries its org, and row-level security shows a web connection its own towns only (design §7).

create schema fjt;

-- fjt.orgs and fjt.areas are set by the shell at the start of each transaction; unset means: no town at all.
create function fjt.orgs() returns text[] language sql stable parallel safe
as $$ select coalesce(string_to_array(nullif(current_setting('fjt.orgs', true), ''), ','), '{}') $$;

-- Unset areas mean: every area of those towns.
create function fjt.areas() returns uuid[] language sql stable parallel safe
as $$ select string_to_array(nullif(current_setting('fjt.areas', true), ''), ',')::uuid[] $$;

create table fjt.organisations (
    org text primary key check (org ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    name text not null,
    zone text not null default 'Europe/Stockholm',
    language text not null default 'sv' check (language in ('sv', 'en')),
    handled_by text not null default 'alarm_centre' check (handled_by in ('alarm_centre', 'home_care')),
    spread_seconds int not null default 60 check (spread_seconds between 0 and 3600),
    -- the town's answers over the defaults of core/plan.py
    plan jsonb not null default '{}',
    sending_number text not null,
    link_host text not null,
    fixed_number text,
    data_number text,
    stopped_at timestamptz,
    created_at timestamptz not null default now()
);

create table fjt.areas (
    area_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    -- short and neutral: it goes out by SMS
    code text not null check (code ~ '^[0-9A-ZÅÄÖ]{1,4}$'),
    plan jsonb not null default '{}',
    unique (org, code)
);

create table fjt.residents (
    resident_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    area_id uuid not null references fjt.areas,
    -- the neutral number that timelines and the simulation use
    number int not null,
    name text not null,
    address text not null,
    phone text,
    risk int not null default 2 check (risk between 1 and 3),
    pets boolean not null default false,
    cohabitant text,
    access text not null default '',
    notes text not null default '',
    moved_at timestamptz,
    died_at timestamptz,
    unique (org, number)
);

create table fjt.consents (
    consent_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    resident_id uuid not null references fjt.residents,
    who text not null check (who in ('resident', 'cohabitant')),
    state text not null check (state in ('given', 'limited', 'revoked')),
    basis text not null default '',
    given_at timestamptz not null,
    revoked_at timestamptz,
    revoked_instead text check (revoked_instead in ('visit', 'nothing')),
    recorded_by text not null,
    check ((state = 'revoked') = (revoked_at is not null))
);

-- One consent a person in force at a time.
create unique index consents_in_force on fjt.consents (resident_id, who) where revoked_at is null;

create table fjt.decisions (
    decision_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    resident_id uuid not null references fjt.residents,
    reference text not null,
    starts_on date not null,
    ends_on date,
    trial_ends_on date,
    follow_up_on date,
    unique (org, reference),
    check (ends_on is null or ends_on >= starts_on)
);

-- The resident's own answers, laid over the area's and the town's.
create table fjt.plans (
    resident_id uuid primary key references fjt.residents,
    org text not null references fjt.organisations,
    answers jsonb not null default '{}',
    green_by text not null default 'operator' check (green_by in ('operator', 'detector')),
    show text not null default 'deviation' check (show in ('always', 'deviation')),
    signed_by text,
    signed_at timestamptz,
    -- a check turns green by itself only after a planner has signed for it (design §2.2)
    check (green_by = 'operator' or (signed_by is not null and signed_at is not null))
);

create table fjt.devices (
    device_id text not null check (device_id ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    org text not null references fjt.organisations,
    resident_id uuid references fjt.residents,
    kind text not null check (kind in ('camera', 'sensors')),
    label text not null default '',
    profile jsonb not null default '{}',
    capture jsonb not null default '{}',
    -- wanted state: which config the device should have, and which it says that it has
    config jsonb,
    wanted_version int not null default 0,
    published_version int not null default 0,
    published_at timestamptz,
    reported_version int,
    link text not null default 'gone' check (link in ('up', 'gone')),
    last_heard_at timestamptz,
    gone_at timestamptz,
    camera_ok boolean,
    fault text,
    wall_offset_s double precision,
    software text,
    primary key (org, device_id)
);

-- A device belongs to one resident, and a resident has one device of a kind.
create unique index devices_of_resident on fjt.devices (resident_id, kind) where resident_id is not null;

-- What the publisher looks for: devices whose config the centre has to publish again.
create index devices_to_publish on fjt.devices (org, device_id) where wanted_version > 0 and reported_version is distinct from wanted_version;

-- A slot is never edited: it ends and a new one begins.
create table fjt.slots (
    slot_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    resident_id uuid not null references fjt.residents,
    weekdays int[] not null check (weekdays <@ '{0,1,2,3,4,5,6}' and cardinality(weekdays) > 0),
    local_time time not null,
    window_minutes int not null default 0 check (window_minutes between 0 and 480),
    seconds int not null default 10 check (seconds between 5 and 60),
    -- nobody looks from afar at this time: it is a visit from the start
    by_visit boolean not null default false,
    valid_from date not null,
    valid_until date,
    check (valid_until is null or valid_until >= valid_from)
);

create index slots_of_resident on fjt.slots (resident_id);

create table fjt.pauses (
    pause_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    resident_id uuid not null references fjt.residents,
    reason text not null check (reason in ('pause_away', 'pause_hospital', 'pause_guests', 'pause_own_wish')),
    from_at timestamptz not null,
    to_at timestamptz not null,
    said_by text not null,
    instead text not null check (instead in ('visit', 'nothing')),
    ended_at timestamptz,
    check (to_at > from_at)
);

create index pauses_of_resident on fjt.pauses (resident_id, to_at);

create table fjt.carers (
    carer_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    name text not null,
    phone text not null,
    user_id uuid,
    unique (org, phone)
);

create table fjt.shifts (
    shift_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    area_id uuid not null references fjt.areas,
    carer_id uuid not null references fjt.carers,
    patrol text not null,
    role text not null check (role in ('patrol', 'lead')),
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    mustered boolean,
    muster_asked_at timestamptz,
    check (ends_at > starts_at)
);

create index shifts_by_time on fjt.shifts (org, ends_at, starts_at);

create table fjt.incidents (
    incident_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    area_id uuid references fjt.areas,
    number int not null,
    kind text not null,
    opened_at timestamptz not null,
    closed_at timestamptz,
    closed_by text,
    unique (org, number)
);

create table fjt.alarms (
    alarm_id uuid primary key,
    org text not null references fjt.organisations,
    area_id uuid not null references fjt.areas,
    resident_id uuid references fjt.residents,
    device_id text,
    case_no int not null,
    kind text not null,
    priority int not null check (priority between 1 and 3),
    reason text,
    visit boolean not null default false,
    state text not null,
    condition text not null default 'active' check (condition in ('active', 'cleared')),
    opened_at timestamptz not null,
    -- the value of core/case.py Alarm but for its notices; the columns beside it are what queries and rules need
    body jsonb not null,
    next_step_at timestamptz,
    holder uuid,
    lease_until timestamptz,
    incident_id uuid references fjt.incidents,
    outcome text,
    note text,
    closed_by text,
    closed_at timestamptz,
    red_at timestamptz,
    -- no alarm waits for nobody: an open alarm always has a next step with a time
    check ((state = 'closed') = (next_step_at is null)),
    check ((state = 'closed') = (outcome is not null and closed_at is not null)),
    check (outcome <> 'other' or note is not null)
);

-- What is due? (clockwork)
create index alarms_due on fjt.alarms (next_step_at) where next_step_at is not null;

-- One open case a resident: later evidence joins it.
create unique index alarms_open_of_resident on fjt.alarms (resident_id) where state <> 'closed' and not visit and kind <> 'test';

-- The operator's queue.
create index alarms_open on fjt.alarms (org, priority, opened_at) where state <> 'closed';

-- A reply with a case number.
create index alarms_by_case_no on fjt.alarms (case_no, opened_at desc);

-- Case numbers are unique per sending number for 24 h: a counter that goes round, 9 000 at a time.
create table fjt.case_counters (
    sending_number text primary key,
    last int not null check (last between 1000 and 9999)
);

-- `check` is a word of SQL's own, hence the plural.
create table fjt.checks (
    check_id uuid primary key,
    org text not null references fjt.organisations,
    resident_id uuid not null references fjt.residents,
    device_id text,
    night date not null,
    slot_id uuid not null references fjt.slots,
    opens_at timestamptz not null,
    closes_at timestamptz not null,
    seconds int not null,
    green_by text not null check (green_by in ('operator', 'detector')),
    show text not null check (show in ('always', 'deviation')),
    state text not null check (state in ('planned', 'open', 'waiting', 'to_look', 'seen', 'alarmed', 'cancelled')),
    next_step_at timestamptz,
    deadline timestamptz,
    rechecks_left int not null,
    retries_left int not null,
    answer text,
    reason text,
    seen_by text,
    alarm_id uuid references fjt.alarms,
    late boolean not null default false,
    held boolean not null default false,
    fault_known boolean not null default false,
    cancel_reason text,
    instead text check (instead in ('visit', 'nothing')),
    agreed_by text,
    ended_at timestamptz,
    -- a check is owed once: making rows ahead may be repeated
    unique (resident_id, night, slot_id),
    -- no check can vanish: until it has ended somebody comes back to it
    check ((state in ('seen', 'alarmed', 'cancelled')) = (next_step_at is null)),
    check ((state in ('seen', 'alarmed', 'cancelled')) = (ended_at is not null)),
    -- green needs evidence, and a name or the detector that gave it
    check (state <> 'seen' or (answer = 'in_bed' and seen_by is not null)),
    check (state <> 'cancelled' or (cancel_reason is not null and instead is not null and agreed_by is not null))
);

-- What is due? (clockwork)
create index checks_due on fjt.checks (next_step_at) where next_step_at is not null;

-- A device's list, and a resident's coming checks.
create index checks_of_resident on fjt.checks (resident_id, opens_at);

-- The night as a picture.
create index checks_of_night on fjt.checks (org, night, opens_at);

create table fjt.attempts (
    check_id uuid not null references fjt.checks on delete cascade,
    number int not null check (number >= 1),
    org text not null references fjt.organisations,
    cause text not null,
    opens_at timestamptz not null,
    closes_at timestamptz not null,
    seconds int not null,
    state text not null check (state in ('owed', 'answered', 'missed')),
    session_id text,
    answer text,
    reason text,
    primary key (check_id, number)
);

-- Everything is idempotent on session_id: its row is its finding and its receipt.
create table fjt.sessions (
    org text not null references fjt.organisations,
    device_id text not null,
    session_id text not null,
    resident_id uuid references fjt.residents,
    check_id uuid references fjt.checks,
    attempt int,
    command_id uuid,
    alarm_id uuid references fjt.alarms,
    received_at timestamptz not null,
    started_at timestamptz,
    receipt text not null check (receipt in ('committed', 'refused')),
    refusal text,
    answer text,
    reasons text[] not null default '{}',
    people int,
    measures jsonb not null default '{}',
    evidence jsonb not null default '[]',
    detector text,
    needs_human boolean not null default false,
    pictures int not null default 0,
    primary key (org, device_id, session_id)
);

create index sessions_of_check on fjt.sessions (check_id, received_at);

create index sessions_of_alarm on fjt.sessions (alarm_id, received_at) where alarm_id is not null;

create table fjt.notices (
    notice_id uuid primary key,
    org text not null references fjt.organisations,
    alarm_id uuid not null references fjt.alarms,
    dispatch_id uuid not null,
    round int not null,
    step int not null,
    who text not null,
    shift_id uuid references fjt.shifts,
    phone text not null,
    patrol text not null,
    channel text not null check (channel in ('sms', 'call')),
    wording text not null,
    -- new for each notice; it is what is matched after a crash (design §8)
    token text not null unique check (length(token) between 6 and 24),
    asked_at timestamptz not null,
    state text not null check (state in ('asked', 'took', 'declined', 'stood_down', 'expired')),
    answered_at timestamptz,
    closed_at timestamptz
);

-- Which case does a reply from this phone mean?
create index notices_of_phone on fjt.notices (phone, asked_at desc);

create index notices_of_alarm on fjt.notices (alarm_id);

-- The outbox: one SMS or call.
create table fjt.messages (
    message_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    alarm_id uuid references fjt.alarms,
    notice_id uuid references fjt.notices,
    channel text not null check (channel in ('sms', 'call')),
    wording text not null,
    sender text not null,
    phone text not null,
    body text not null,
    -- what is looked for in the provider's list after a crash; in the body, and in no other message's
    token text not null,
    rank int not null default 5,
    state text not null default 'queued' check (state in ('queued', 'sending', 'sent', 'delivered', 'failed', 'unknown')),
    created_at timestamptz not null,
    not_before timestamptz not null,
    valid_until timestamptz not null,
    attempt_token uuid,
    claimed_at timestamptz,
    lease_until timestamptz,
    provider text,
    provider_id text,
    status_rank int not null default 0,
    error text,
    sent_at timestamptz,
    delivered_at timestamptz,
    sent_twice boolean not null default false
);

-- What is to be sent next: the first SMS of an alarm goes before reminders.
create index messages_due on fjt.messages (rank, not_before) where state in ('queued', 'sending');

create unique index messages_by_provider_id on fjt.messages (provider, provider_id) where provider_id is not null;

create index messages_of_alarm on fjt.messages (alarm_id);

-- Status callbacks that came before our own commit wait here.
create table fjt.parked_statuses (
    provider text not null,
    provider_id text not null,
    status text not null,
    status_rank int not null,
    error text,
    received_at timestamptz not null,
    primary key (provider, provider_id, status)
);

-- Replies, once each, whatever the provider repeats.
create table fjt.replies (
    provider text not null,
    provider_id text not null,
    org text references fjt.organisations,
    phone text not null,
    sender text not null,
    body text not null,
    received_at timestamptz not null,
    alarm_id uuid references fjt.alarms,
    notice_id uuid references fjt.notices,
    meaning text not null,
    seen_by text,
    seen_at timestamptz,
    primary key (provider, provider_id)
);

create index replies_of_alarm on fjt.replies (alarm_id, received_at);

-- A command is a row, published each 10 s until its session comes or it expires.
create table fjt.commands (
    command_id uuid primary key,
    org text not null references fjt.organisations,
    device_id text not null,
    kind text not null check (kind in ('attempt', 'live')),
    case_id uuid not null,
    check_id uuid references fjt.checks,
    attempt int,
    alarm_id uuid references fjt.alarms,
    seconds int not null,
    show text not null,
    asked_by text not null,
    created_at timestamptz not null,
    opens_at timestamptz not null,
    expires_at timestamptz not null,
    publish_at timestamptz,
    ended text check (ended in ('answered', 'expired', 'refused'))
);

create index commands_due on fjt.commands (publish_at) where ended is null;

-- Receipts wait here until the broker has acknowledged them.
create table fjt.receipts (
    org text not null references fjt.organisations,
    device_id text not null,
    session_id text not null,
    state text not null check (state in ('committed', 'refused')),
    reason text,
    created_at timestamptz not null,
    primary key (org, device_id, session_id)
);

-- A person seeing a picture. Written before the first byte is shown (design §2.6).
create table fjt.looks (
    look_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    resident_id uuid references fjt.residents,
    check_id uuid references fjt.checks,
    alarm_id uuid references fjt.alarms,
    session_id text,
    command_id uuid,
    user_id uuid not null,
    kind text not null check (kind in ('session', 'live')),
    clear boolean not null default false,
    reason text,
    began_at timestamptz not null,
    ended_at timestamptz,
    check (check_id is not null or alarm_id is not null)
);

create table fjt.reserve_lists (
    org text not null references fjt.organisations,
    area_id uuid not null references fjt.areas,
    night date not null,
    made_at timestamptz not null,
    body jsonb not null,
    fetched_at timestamptz,
    fetched_by text,
    primary key (area_id, night)
);

create table fjt.detectors (
    detector_id text primary key,
    version text not null,
    link text not null check (link in ('up', 'gone')),
    last_heard_at timestamptz not null
);

-- One row a job that the whole service does once: when it was last alive, planned, reconciled.
create table fjt.jobs (
    job text primary key,
    last_at timestamptz not null,
    data jsonb not null default '{}'
);

create table fjt.users (
    user_id uuid primary key default gen_random_uuid(),
    login text not null unique,
    name text not null,
    password_hash text not null,
    totp_secret text,
    language text,
    disabled_at timestamptz,
    created_at timestamptz not null default now()
);

create table fjt.memberships (
    user_id uuid not null references fjt.users,
    org text not null references fjt.organisations,
    roles text[] not null check (roles <@ '{operator,carer,lead,planner,admin,engineer}'),
    areas uuid[],
    primary key (user_id, org)
);

create table fjt.web_sessions (
    token_hash bytea primary key,
    user_id uuid not null references fjt.users,
    created_at timestamptz not null,
    seen_at timestamptz not null,
    expires_at timestamptz not null,
    csrf text not null
);

create sequence fjt.event_ids;

-- One line of the timeline. Holds ids, codes and numbers; never a name, address, phone number or free text.
create table fjt.events (
    id bigint not null default nextval('fjt.event_ids'),
    tx xid8 not null default pg_current_xact_id(),
    at timestamptz not null,
    org text not null,
    area_id uuid,
    kind text not null check (kind ~ '^[a-z0-9_]{1,60}$'),
    check_id uuid,
    alarm_id uuid,
    resident_id uuid,
    device_id text,
    session_id text,
    actor text,
    data jsonb not null default '{}',
    primary key (at, id)
) partition by range (at);

create table fjt.events_other partition of fjt.events default;

-- Readers take rows below the snapshot's horizon, in this order; the pair is the cursor.
create index events_in_order on fjt.events (tx, id);

create index events_of_check on fjt.events (check_id, id) where check_id is not null;

create index events_of_alarm on fjt.events (alarm_id, id) where alarm_id is not null;

create function fjt.refuse() returns trigger language plpgsql
as $$ begin raise exception 'table %: rows are only added, never changed or removed', tg_table_name using errcode = 'insufficient_privilege'; end $$;

create trigger events_only_grow before update or delete on fjt.events for each row execute function fjt.refuse();

create trigger events_not_emptied before truncate on fjt.events for each statement execute function fjt.refuse();

-- The hash chain beside the events, one a town, written by the sealer.
create table fjt.event_seals (
    org text not null,
    tx xid8 not null,
    event_id bigint not null,
    digest bytea not null check (length(digest) = 32),
    sealed_at timestamptz not null,
    primary key (org, tx, event_id)
);

create trigger seals_only_grow before update or delete on fjt.event_seals for each row execute function fjt.refuse();

-- Make the partition of the month that *day* is in; the worker calls it ahead of time, the owner makes the table.
create function fjt.make_event_month(day date) returns text language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    first date := date_trunc('month', day)::date;
    name text := format('events_%s', to_char(first, 'YYYY_MM'));
begin
    -- Rows that already fell into the default partition stay there: a month is made ahead of its first line, or not at all.
    if to_regclass('fjt.' || name) is null and not exists (
        select from fjt.events_other where at >= first and at < first + interval '1 month'
    ) then
        execute format('create table fjt.%I partition of fjt.events for values from (%L) to (%L)',
            name, first::timestamptz, (first + interval '1 month')::timestamptz);
        execute format('alter table fjt.%I enable row level security', name);
        execute format('alter table fjt.%I force row level security', name);
    end if;
    return name;
end $$;

-- Next case number of a sending number, skipping any that an open alarm or one of the last 24 h has. Towns may share a
-- number, so it looks past the caller's own rows.
create function fjt.next_case_no(sender text, at timestamptz) returns int language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    found int;
begin
    loop
        insert into fjt.case_counters as c (sending_number, last) values (sender, 4801)
            on conflict (sending_number) do update set last = case when c.last >= 9999 then 1000 else c.last + 1 end
            returning c.last into found;
        exit when not exists (
            select from fjt.alarms a join fjt.organisations o using (org)
            where o.sending_number = sender and a.case_no = found and (a.state <> 'closed' or a.closed_at > at - interval '24 hours')
        );
    end loop;
    return found;
end $$;

-- ---- row-level security ----

do $$
declare
    t text;
begin
    for t in select tablename from pg_tables where schemaname = 'fjt' loop
        execute format('alter table fjt.%I enable row level security', t);
        execute format('alter table fjt.%I force row level security', t);
        execute format('create policy worker on fjt.%I to fjt_worker using (true) with check (true)', t);
    end loop;
    for t in select c.table_name from information_schema.columns c join pg_tables p on p.tablename = c.table_name and p.schemaname = c.table_schema
        where c.table_schema = 'fjt' and c.column_name = 'org' and c.table_name not in ('residents', 'alarms', 'memberships', 'events_other') loop
        execute format('create policy own_town on fjt.%I to fjt_web using (org = any (fjt.orgs())) with check (org = any (fjt.orgs()))', t);
    end loop;
end $$;

create policy own_town on fjt.residents to fjt_web
    using (org = any (fjt.orgs()) and (fjt.areas() is null or area_id = any (fjt.areas())))
    with check (org = any (fjt.orgs()) and (fjt.areas() is null or area_id = any (fjt.areas())));

create policy own_town on fjt.alarms to fjt_web
    using (org = any (fjt.orgs()) and (fjt.areas() is null or area_id = any (fjt.areas())))
    with check (org = any (fjt.orgs()) and (fjt.areas() is null or area_id = any (fjt.areas())));

create policy own_town on fjt.memberships to fjt_web using (org = any (fjt.orgs())) with check (org = any (fjt.orgs()));

-- A colleague of one's own town.
create policy own_town on fjt.users for select to fjt_web
    using (exists (select from fjt.memberships m where m.user_id = users.user_id and m.org = any (fjt.orgs())));

create policy anybody on fjt.detectors for select to fjt_web using (true);

create policy anybody on fjt.jobs for select to fjt_web using (true);

create policy numbers on fjt.case_counters to fjt_owner using (true) with check (true);

create policy numbers on fjt.alarms for select to fjt_owner using (true);

create policy numbers on fjt.organisations for select to fjt_owner using (true);

create policy months on fjt.events_other for select to fjt_owner using (true);

-- Sign-in happens before any town is known, so it goes through these functions and no policy.
create policy sign_in on fjt.users to fjt_owner using (true) with check (true);

create policy sign_in on fjt.memberships to fjt_owner using (true) with check (true);

create policy sign_in on fjt.web_sessions to fjt_owner using (true) with check (true);

create function fjt.login(asked text) returns table (user_id uuid, password_hash text, totp_secret text)
language sql stable security definer set search_path = fjt, pg_temp
as $$ select u.user_id, u.password_hash, u.totp_secret from fjt.users u where u.login = lower(asked) and u.disabled_at is null $$;

create function fjt.begin_session(hash bytea, who uuid, at timestamptz, until timestamptz, csrf_token text) returns void
language sql security definer set search_path = fjt, pg_temp
as $$ insert into fjt.web_sessions (token_hash, user_id, created_at, seen_at, expires_at, csrf) values (hash, who, at, at, until, csrf_token) $$;

create function fjt.session_of(hash bytea, at timestamptz) returns table (user_id uuid, login text, name text, language text, csrf text, org text, roles text[], areas uuid[])
language sql security definer set search_path = fjt, pg_temp
as $$
    with live as (
        update fjt.web_sessions s set seen_at = at from fjt.users u
        where s.token_hash = hash and s.expires_at > at and u.user_id = s.user_id and u.disabled_at is null
        returning u.user_id, u.login, u.name, u.language, s.csrf
    )
    select l.user_id, l.login, l.name, l.language, l.csrf, m.org, m.roles, m.areas from live l left join fjt.memberships m using (user_id)
$$;

create function fjt.end_session(hash bytea) returns void language sql security definer set search_path = fjt, pg_temp
as $$ delete from fjt.web_sessions where token_hash = hash $$;

-- Is anybody who may take alarms signed in for this town? (self-dispatch is immediate when nobody is)
create function fjt.somebody_signed_in(town text, at timestamptz) returns boolean
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select exists (select from fjt.web_sessions s join fjt.memberships m using (user_id)
        where m.org = town and m.roles && '{operator}' and s.expires_at > at and s.seen_at > at - interval '3 minutes')
$$;

create function fjt.keep_user(wanted_login text, wanted_name text, hash text, wanted_org text, wanted_roles text[]) returns uuid
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    who uuid;
begin
    insert into fjt.users (login, name, password_hash) values (lower(wanted_login), wanted_name, hash)
        on conflict (login) do update set name = excluded.name, password_hash = excluded.password_hash, disabled_at = null
        returning user_id into who;
    insert into fjt.memberships (user_id, org, roles) values (who, wanted_org, wanted_roles)
        on conflict (user_id, org) do update set roles = excluded.roles;
    return who;
end $$;

-- ---- rights ----

revoke all on all functions in schema fjt from public;

grant usage on schema fjt, clock to fjt_worker, fjt_web;

grant select, insert, update, delete on all tables in schema fjt to fjt_worker;

grant select, insert, update on all tables in schema fjt to fjt_web;

revoke all on fjt.web_sessions, fjt.users from fjt_web;

grant select (user_id, login, name, language, disabled_at) on fjt.users to fjt_web;

revoke insert, update on fjt.memberships, fjt.detectors, fjt.jobs, fjt.parked_statuses from fjt_web;

revoke all on fjt.case_counters from fjt_worker, fjt_web;

revoke update, delete on fjt.events, fjt.event_seals from fjt_worker, fjt_web;

revoke insert on fjt.event_seals from fjt_web;

grant usage on sequence fjt.event_ids to fjt_worker, fjt_web;

grant execute on function fjt.orgs(), fjt.areas(), fjt.next_case_no(text, timestamptz), fjt.somebody_signed_in(text, timestamptz) to fjt_worker, fjt_web;

grant execute on function fjt.login(text), fjt.begin_session(bytea, uuid, timestamptz, timestamptz, text), fjt.session_of(bytea, timestamptz), fjt.end_session(bytea) to fjt_web;

grant execute on function fjt.make_event_month(date), fjt.keep_user(text, text, text, text, text[]) to fjt_worker;
