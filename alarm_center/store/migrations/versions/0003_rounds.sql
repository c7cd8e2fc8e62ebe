-- What reconciliation found between decision, consent, device, schedule and checks; resolved when a later round no longer
-- finds it.
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

create unique index discrepancies_open on fjt.discrepancies (org, code, subject) where resolved_at is null;

alter table fjt.discrepancies enable row level security;

alter table fjt.discrepancies force row level security;

create policy worker on fjt.discrepancies to fjt_worker using (true) with check (true);

create policy own_town on fjt.discrepancies to fjt_web
    using (org = any (fjt.orgs()) and (fjt.areas() is null or area_id is null or area_id = any (fjt.areas())))
    with check (org = any (fjt.orgs()) and (fjt.areas() is null or area_id is null or area_id = any (fjt.areas())));

grant select, insert, update, delete on fjt.discrepancies to fjt_worker;

grant select on fjt.discrepancies to fjt_web;

-- When the board and the lead were told that a phone had not answered its muster.
alter table fjt.shifts add column muster_told_at timestamptz;

-- How many places each area's staff were told of, and when: {area_id: {"places": n, "at": instant}}.
alter table fjt.incidents add column told jsonb not null default '{}';

-- How many places of an incident are still to be checked, the areas included that the asker does not see: it is closed
-- only when every resident is ticked.
create function fjt.places_left(incident uuid) returns bigint
language sql stable security definer set search_path = fjt, pg_temp
as $$ select count(*) from fjt.alarms where incident_id = incident and state <> 'closed' $$;

revoke all on function fjt.places_left(uuid) from public;

grant execute on function fjt.places_left(uuid) to fjt_worker, fjt_web;
