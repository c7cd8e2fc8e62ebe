-- The cases: checks and alarms, the sessions and commands that belong to them, and what reconciliation found.

create table fjt.incidents (
    incident_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    area_id uuid references fjt.areas,
    -- what people call it: each town counts its own
    number int not null,
    -- its place in an address (/d/…), short enough for an SMS: of no other town's, and it names none. No secret, since its
    -- page wants a sign-in; it begins with a letter, so that it is never taken for a number
    link text not null unique default 'i' || left(gen_random_uuid()::text, 8),
    kind text not null,
    opened_at timestamptz not null,
    closed_at timestamptz,
    closed_by text,
    -- how many places each area's staff were told of, and when: {area_id: {"places": n, "at": instant}}
    told jsonb not null default '{}',
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
    -- a visit: the check in whose stead it is made
    instead_of uuid,
    state text not null,
    condition text not null default 'active' check (condition in ('active', 'cleared')),
    opened_at timestamptz not null,
    -- the value of core/alarm/state.py Alarm but for its notices; no SQL reads it. Every column that a query or a rule needs is
    -- written beside it, from the same value in the same statement (store/alarms.py)
    body jsonb not null,
    -- a test shares no queue with real alarms, and nothing joins it
    lane text not null default 'real' check (lane in ('real', 'test')),
    -- a carer is still sought
    seeks boolean not null default false,
    arrive_by timestamptz,
    accepted_at timestamptz,
    -- somebody is with the resident: no device of theirs wakes
    staff_inside boolean not null default false,
    -- the carer has said done; how it ended is still owed
    done_at timestamptz,
    next_step_at timestamptz,
    holder uuid,
    lease_until timestamptz,
    incident_id uuid references fjt.incidents,
    outcome text,
    note text,
    closed_by text,
    closed_at timestamptz,
    red_at timestamptz,
    -- when people were told that the service cannot step it
    stuck_told_at timestamptz,
    -- no alarm waits for nobody: an open alarm always has a next step with a time
    check ((state = 'closed') = (next_step_at is null)),
    check ((holder is null) = (lease_until is null)),
    check (not seeks or state <> 'closed'),
    check (not staff_inside or state = 'on_site'),
    check ((state = 'closed') = (outcome is not null and closed_at is not null)),
    check (outcome <> 'other' or note is not null),
    check (instead_of is null or visit)
);

-- Which alarms are due? (clockwork)
create index alarms_due on fjt.alarms (next_step_at) where next_step_at is not null;

-- One open case a resident: later evidence joins it. Also: which case is open of this resident? (store/alarms.py)
create unique index alarms_open_of_resident on fjt.alarms (resident_id) where state <> 'closed' and not visit and lane = 'real';

-- The operator's queue. (store/board.py)
create index alarms_open on fjt.alarms (org, priority, opened_at) where state <> 'closed';

-- Which case has this number? (store/case_history.py)
create index alarms_by_case_no on fjt.alarms (case_no, opened_at desc);

-- Which open visits are made in this check's stead? (store/cancelled_checks.py) Which case is a check's? (store/case_history.py)
create index alarms_instead_of on fjt.alarms (instead_of) where instead_of is not null;

-- The cases of a resident: the policy of residents, and fjt.areas_around.
create index alarms_of_resident on fjt.alarms (resident_id);

-- Case numbers are unique per sending number for 24 h: a counter that goes round, 9 000 at a time.
create table fjt.case_counters (
    sending_number text primary key,
    last int not null check (last between 1000 and 9999)
);

-- An alarm that somebody raised by hand, or added to: why, and their own words, which stand in no event. The id is the
-- form's: what is sent twice raises once.
create table fjt.raisings (
    raising_id uuid primary key,
    org text not null references fjt.organisations,
    alarm_id uuid not null references fjt.alarms,
    user_id uuid not null,
    priority int not null check (priority between 1 and 3),
    reason text not null check (reason ~ '^[a-z_]{1,40}$'),
    note text check (length(note) between 1 and 500),
    raised_at timestamptz not null,
    check (reason <> 'other' or note is not null)
);

-- The case's page, and the carer's. (store/manual_alarms.py)
create index raisings_of_alarm on fjt.raisings (alarm_id, raised_at);

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
    -- when people were told that the service cannot step it
    stuck_told_at timestamptz,
    -- a check is owed once: making rows ahead may be repeated
    unique (resident_id, night, slot_id),
    -- no check can vanish: until it has ended somebody comes back to it
    check ((state in ('seen', 'alarmed', 'cancelled')) = (next_step_at is null)),
    check ((state in ('seen', 'alarmed', 'cancelled')) = (ended_at is not null)),
    -- green needs evidence, and a name or the detector that gave it
    check (state <> 'seen' or (answer = 'in_bed' and seen_by is not null)),
    check (state <> 'cancelled' or (cancel_reason is not null and instead is not null and agreed_by is not null))
);

alter table fjt.alarms add foreign key (instead_of) references fjt.checks;

-- Which checks are due? (clockwork)
create index checks_due on fjt.checks (next_step_at) where next_step_at is not null;

-- A resident's checks in order: the device's list, the next check that is owed. (casework/configs.py)
create index checks_of_resident on fjt.checks (resident_id, opens_at);

-- The night as a picture. (store/board.py)
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

-- The sessions of a check, on the case's page. (store/case_pages.py)
create index sessions_of_check on fjt.sessions (check_id, received_at);

-- The sessions of an alarm, on the case's page. (store/case_pages.py)
create index sessions_of_alarm on fjt.sessions (alarm_id, received_at) where alarm_id is not null;

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

-- Which commands are to be published now? (store/commands.py)
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

-- A person seeing a picture. Written before the first byte is shown (docs/guarantees.md#6-nobody-looks-unseen-nobody-looks-without-a-case).
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
    check (check_id is not null or alarm_id is not null),
    constraint looks_reason_of_clear check (reason is null or clear)
);

-- A difference between decision, consent, device, schedule and checks, found by reconciliation; resolved when a later round
-- no longer finds it.
create table fjt.discrepancies (
    discrepancy_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    code text not null check (code ~ '^[a-z0-9_]{1,60}$'),
    -- the one thing that it is about, as text, so that it is open once a thing
    subject text not null,
    area_id uuid references fjt.areas,
    resident_id uuid references fjt.residents,
    device_id text,
    carer_id uuid references fjt.carers,
    -- ids, codes and numbers only
    data jsonb not null default '{}',
    -- somebody is owed supervision tonight and could go without
    endangers boolean not null default false,
    alarm_id uuid references fjt.alarms,
    night date not null,
    found_at timestamptz not null,
    last_found_at timestamptz not null,
    resolved_at timestamptz
);

-- One open discrepancy a thing and code; also the open ones of a town. (store/discrepancies.py)
create unique index discrepancies_open on fjt.discrepancies (org, code, subject) where resolved_at is null;

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
