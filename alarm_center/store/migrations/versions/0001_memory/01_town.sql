-- The towns: the residents that they supervise, with which devices, when and on what grounds.
--
-- Every town's row carries its org; row-level security shows a page its own towns only (07_row_level_security.sql).

create schema fjt;

-- fjt.orgs and fjt.areas are set by the shell at the start of each transaction; unset means: no town at all.
create function fjt.orgs() returns text[] language sql stable parallel safe
as $$ select coalesce(string_to_array(nullif(current_setting('fjt.orgs', true), ''), ','), '{}') $$;

-- Unset areas mean: every area of those towns.
create function fjt.areas() returns uuid[] language sql stable parallel safe
as $$ select string_to_array(nullif(current_setting('fjt.areas', true), ''), ',')::uuid[] $$;

-- The one form in which words are searched for, of what is kept and of what is asked: letters composed, lower case, every
-- dash and space one space, no apostrophes or invisible marks. The backslashes are the regular expressions' own.
create function fjt.search_form(said text) returns text language sql immutable strict parallel safe
as $$
    select trim(regexp_replace(
        lower(normalize(regexp_replace(said, '[''`\u00B4\u02BC\u2018\u2019\u201B\u2032\u00AD\u200B-\u200D\uFEFF]', '', 'g'), NFKC)),
        '[\s\u2010-\u2015\u2212-]+', ' ', 'g'))
$$;

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
    created_at timestamptz not null default now(),
    -- How the holder of a case first sees its pictures: clear, or blurred until they ask for the clear ones with a reason.
    -- A clear look that was asked for is a row of looks with its reason.
    first_view text not null default 'clear' check (first_view in ('clear', 'blurred'))
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
    -- where the cohabitant sleeps, seen from the room that the resident's device looks into; the import demands
    -- 'elsewhere' where the device expects one person (town/crosschecks.py)
    cohabitant_sleeps text check (cohabitant_sleeps in ('same_bed', 'same_room', 'elsewhere')),
    access text not null default '',
    notes text not null default '',
    moved_at timestamptz,
    died_at timestamptz,
    -- what the search by words reads (store/residents.py)
    search_form text not null generated always as (fjt.search_form(name || ' ' || address)) stored,
    unique (org, number),
    check (cohabitant is not null or cohabitant_sleeps is null)
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
    -- what is agreed to: a device with a camera, one with sensors only, and that people see the pictures
    camera boolean not null default true,
    sensors boolean not null default true,
    shown_to_people boolean not null default true,
    check ((state = 'revoked') = (revoked_at is not null)),
    -- a limited consent says what it allows; one that is given allows all
    check (state = 'revoked' or (state = 'given') = (camera and sensors and shown_to_people))
);

-- One consent a person in force at a time; also the consents of a resident (store/residents.py).
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
    -- a check turns green by itself only after a planner has signed for it (docs/guarantees.md#2-green-needs-evidence)
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
    -- since when the device has been behind what it should have, without confirming anything newer
    behind_since timestamptz,
    link text not null default 'gone' check (link in ('up', 'gone')),
    last_heard_at timestamptz,
    gone_at timestamptz,
    camera_ok boolean,
    fault text,
    wall_offset_s double precision,
    software text,
    -- the connection that link is of, and the newest status of it that was written (docs/adr/0015); a gateway of before
    -- 0.2.0 names no boot
    boot text,
    connection bigint not null default 0,
    sequence bigint not null default 0,
    -- other boots that were heard lately, in the form of core/device_connections.py
    other_boots jsonb not null default '[]',
    primary key (org, device_id)
);

-- A device belongs to one resident, and a resident has one device of a kind; also the device that a resident's check asks
-- (store/plans.py).
create unique index devices_of_resident on fjt.devices (resident_id, kind) where resident_id is not null;

-- Which configs does the publisher have to publish again? (store/devices.py)
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

-- A resident's slots, when a night is planned. (store/plans.py)
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

-- A resident's pauses that are not over, when a night is planned. (store/plans.py)
create index pauses_of_resident on fjt.pauses (resident_id, to_at);

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
