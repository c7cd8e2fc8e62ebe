-- Phones whose carers take no SMS: they wrote STOP, or the provider says so. (sms/sms_stops.py)

create table fjt.sms_stops (
    org text not null references fjt.organisations,
    phone text not null,
    stopped_at timestamptz not null,
    -- when START came
    started_at timestamptz,
    -- who said so
    by_provider boolean not null,
    primary key (org, phone, stopped_at)
);

-- Does this phone take SMS? Asked of each shift on duty. (store/rosters.py)
create unique index sms_stops_now on fjt.sms_stops (org, phone) where started_at is null;

alter table fjt.sms_stops enable row level security;

alter table fjt.sms_stops force row level security;

create policy worker on fjt.sms_stops to fjt_worker using (true) with check (true);

-- Of the whole town, as carers and shifts are: where an area's own patrol is out, a page asks the next one, and by the way it can be told.
create policy own_town on fjt.sms_stops for select to fjt_web, fjt_planner using (org = any ((select fjt.orgs())::text[]));

grant select, insert, update on fjt.sms_stops to fjt_worker;

grant select on fjt.sms_stops to fjt_web, fjt_planner;
