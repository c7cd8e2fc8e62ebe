-- Who has a shift's phone: carers say their personal five digits at the muster, two where a car has two.

alter table fjt.carers add column code text check (code ~ '^[1-9][0-9]{4}$');

-- The carer of a code. (store/musters.py)
create unique index carers_by_code on fjt.carers (org, code) where code is not null;

grant update (code) on fjt.carers to fjt_planner;

create table fjt.shift_people (
    shift_id uuid not null references fjt.shifts,
    carer_id uuid not null references fjt.carers,
    org text not null references fjt.organisations,
    said_at timestamptz not null,
    primary key (shift_id, carer_id)
);

alter table fjt.shift_people enable row level security;

alter table fjt.shift_people force row level security;

create policy worker on fjt.shift_people to fjt_worker using (true) with check (true);

create policy own_town on fjt.shift_people to fjt_web, fjt_planner
    using (org = any ((select fjt.orgs())::text[])) with check (org = any ((select fjt.orgs())::text[]));

grant select, insert on fjt.shift_people to fjt_worker;

grant select on fjt.shift_people to fjt_web, fjt_planner;

-- When a code that nobody has was said last. The phone counts as held all the same.
alter table fjt.shifts add column unknown_code_at timestamptz;
