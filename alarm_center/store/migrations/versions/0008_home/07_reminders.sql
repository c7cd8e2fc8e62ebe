-- Phones at which planners have asked to be told, in the morning and in the afternoon, that something waits for them.

create table fjt.reminder_phones (
    org text not null references fjt.organisations,
    user_id uuid not null references fjt.users,
    phone text not null,
    asked_at timestamptz not null,
    primary key (org, user_id)
);

alter table fjt.reminder_phones enable row level security;

alter table fjt.reminder_phones force row level security;

create policy worker on fjt.reminder_phones to fjt_worker using (true) with check (true);

-- A person's own number is read by that person alone.
create policy own_phone on fjt.reminder_phones to fjt_web, fjt_planner
    using (org = any ((select fjt.orgs())::text[]) and user_id = (select fjt.who()))
    with check (org = any ((select fjt.orgs())::text[]) and user_id = (select fjt.who()));

grant select, insert, delete on fjt.reminder_phones to fjt_worker;

grant select on fjt.reminder_phones to fjt_web;

grant select, insert, delete, update (phone, asked_at) on fjt.reminder_phones to fjt_planner;
