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

-- The case's page, and the carer's.
create index raisings_of_alarm on fjt.raisings (alarm_id, raised_at);

alter table fjt.raisings enable row level security;

alter table fjt.raisings force row level security;

create policy worker on fjt.raisings to fjt_worker using (true) with check (true);

create policy own_town on fjt.raisings to fjt_web
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null
        or exists (select from fjt.alarms a where a.alarm_id = raisings.alarm_id)))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null
        or exists (select from fjt.alarms a where a.alarm_id = raisings.alarm_id)));

grant select, insert, update, delete on fjt.raisings to fjt_worker;

-- What was said stands as it was said.
grant select, insert on fjt.raisings to fjt_web;
