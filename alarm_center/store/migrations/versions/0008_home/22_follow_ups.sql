-- What was said at a follow-up, and the task that a lack of company makes (docs/planning-data.md#follow-up).

create table fjt.follow_ups (
    follow_up_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    resident_id uuid not null references fjt.residents,
    -- the decision that was followed up
    reference text not null,
    sleeps_better text check (sleeps_better in ('yes', 'no', 'unsure')),
    wants_it text check (wants_it in ('yes', 'no', 'unsure')),
    understands_it text check (understands_it in ('yes', 'no', 'unsure')),
    misses_company text check (misses_company in ('yes', 'no', 'unsure')),
    recorded_by text not null,
    recorded_at timestamptz not null,
    -- whose task it is, and by which day, where it is company that is missing
    task_owner uuid references fjt.users,
    task_due_on date,
    task_done_by text,
    task_done_at timestamptz,
    check ((coalesce(misses_company, '') = 'yes') = (task_owner is not null) and (task_owner is null) = (task_due_on is null)),
    check ((task_done_by is null) = (task_done_at is null))
);

-- The newest of a resident, and the open tasks. (store/follow_ups.py)
create index follow_ups_of_resident on fjt.follow_ups (resident_id, recorded_at desc);

create index follow_ups_to_do on fjt.follow_ups (org) where task_owner is not null and task_done_at is null;

alter table fjt.follow_ups enable row level security;

alter table fjt.follow_ups force row level security;

create policy worker on fjt.follow_ups to fjt_worker using (true) with check (true);

create policy own_town on fjt.follow_ups to fjt_web, fjt_planner
    using (org = any ((select fjt.orgs())::text[]) and exists (select from fjt.residents r where r.resident_id = follow_ups.resident_id))
    with check (org = any ((select fjt.orgs())::text[]) and exists (select from fjt.residents r where r.resident_id = follow_ups.resident_id));

grant select on fjt.follow_ups to fjt_web;

grant select, insert, update (task_done_by, task_done_at) on fjt.follow_ups to fjt_planner;

grant select, insert on fjt.follow_ups to fjt_worker;

-- A page records and ends a task as its own person, now; a task ends once.
create function fjt.follow_ups_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        new.recorded_by := fjt.page_actor();
        new.recorded_at := fjt.just_now(new.recorded_at);
        new.task_done_by := null;
        new.task_done_at := null;
    else
        if old.task_done_at is not null or old.task_owner is null then
            perform fjt.refuse_write('a task ended twice');
        end if;
        new.task_done_by := fjt.page_actor();
        new.task_done_at := fjt.just_now(new.task_done_at);
    end if;
    return new;
end $$;

create trigger planner_writes before insert or update on fjt.follow_ups for each row when (session_user = 'fjt_planner') execute function fjt.follow_ups_of_page();

revoke all on function fjt.follow_ups_of_page() from public;
