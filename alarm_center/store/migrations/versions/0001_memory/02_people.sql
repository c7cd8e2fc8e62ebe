-- The people who work: carers and their shifts, users and their sessions.

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
    -- when the board and the lead were told that the phone had not answered its muster
    muster_told_at timestamptz,
    check (ends_at > starts_at)
);

-- Which shifts of a town are on duty now? (store/rosters.py)
create index shifts_by_time on fjt.shifts (org, ends_at, starts_at);

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

-- ---- sign-in ----

-- The proof of a sign-in under way: fjt.login gives it with the hash to check, and fjt.begin_session takes it, once. Nobody's
-- session begins by their id alone. Its life is real time, which no test and no demo moves.
create table fjt.sign_ins (
    proof_hash bytea primary key,
    user_id uuid not null references fjt.users,
    asked_at timestamptz not null
);
