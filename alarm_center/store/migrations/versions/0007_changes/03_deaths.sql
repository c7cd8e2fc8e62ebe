-- Deaths that a carer or an operator registers at night: the camera is dark at once, and a lead confirms by voice. One that was
-- registered by mistake is corrected by somebody else, and its row stays.

create table fjt.deaths (
    death_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    area_id uuid not null references fjt.areas,
    resident_id uuid not null references fjt.residents,
    alarm_id uuid references fjt.alarms,
    -- a user's id, or a notice's (a carer by their link)
    registered_by text not null,
    registered_at timestamptz not null,
    -- when a lead was asked to ring, and when it had waited too long
    asked_at timestamptz,
    overdue_at timestamptz,
    confirmed_by text,
    confirmed_at timestamptz,
    corrected_by text,
    corrected_at timestamptz,
    check ((confirmed_by is null) = (confirmed_at is null)),
    check ((corrected_by is null) = (corrected_at is null)),
    check (corrected_by is distinct from registered_by)
);

-- The resident's own, and those that nobody has confirmed (store/deaths.py).
create index deaths_of_resident on fjt.deaths (resident_id);

create index deaths_unconfirmed on fjt.deaths (org, registered_at) where confirmed_at is null and corrected_at is null;

alter table fjt.deaths enable row level security;

alter table fjt.deaths force row level security;

create policy worker on fjt.deaths to fjt_worker using (true) with check (true);

create policy own_town on fjt.deaths to fjt_web, fjt_planner
    using (org = any ((select fjt.orgs())::text[]) and exists (
        select from fjt.residents r where r.resident_id = deaths.resident_id))
    with check (org = any ((select fjt.orgs())::text[]) and exists (
        select from fjt.residents r where r.resident_id = deaths.resident_id));

grant select, insert, update (asked_at, overdue_at) on fjt.deaths to fjt_worker;

grant select, insert, update (confirmed_by, confirmed_at, corrected_by, corrected_at) on fjt.deaths to fjt_planner;

grant select on fjt.deaths to fjt_web;

grant update (died_at) on fjt.residents to fjt_planner;

-- A page registers, confirms and corrects as its own person, now.
create function fjt.deaths_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        new.registered_by := fjt.page_actor();
        new.registered_at := fjt.just_now(new.registered_at);
    elsif new.confirmed_at is distinct from old.confirmed_at then
        new.confirmed_by := fjt.page_actor();
        new.confirmed_at := fjt.just_now(new.confirmed_at);
    elsif new.corrected_at is distinct from old.corrected_at then
        new.corrected_by := fjt.page_actor();
        new.corrected_at := fjt.just_now(new.corrected_at);
    end if;
    return new;
end $$;

revoke all on function fjt.deaths_of_page() from public;

create trigger planner_writes before insert or update on fjt.deaths for each row when (session_user = 'fjt_planner') execute function fjt.deaths_of_page();
