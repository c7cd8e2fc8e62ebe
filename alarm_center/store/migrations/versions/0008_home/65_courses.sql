-- Courses of a town's people: each step that somebody has walked, and with no step the whole course. Rows only grow (docs/adr/0091-training-beside-the-night.md).

-- A finished course counts for so long.
alter table fjt.organisations add column course_months int not null default 12 check (course_months between 1 and 60);

create table fjt.course_marks (
    mark_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    user_id uuid not null references fjt.users,
    course text not null check (course in ('operator', 'care', 'planner')),
    -- null: all of the course's steps have been walked
    step text check (step ~ '^[a-z_]{1,30}$'),
    done_at timestamptz not null
);

-- What has a person walked, and when did they finish? (store/courses.py)
create index course_marks_of_person on fjt.course_marks (org, user_id);

alter table fjt.course_marks enable row level security;

alter table fjt.course_marks force row level security;

create policy worker on fjt.course_marks to fjt_worker using (true) with check (true);

create policy own_town on fjt.course_marks to fjt_web
    using (org = any ((select fjt.orgs())::text[]) and (select current_setting('fjt.scope', true)) is distinct from 'link')
    with check (org = any ((select fjt.orgs())::text[]) and (select current_setting('fjt.scope', true)) = 'train');

grant select, insert on fjt.course_marks to fjt_web, fjt_worker;

create trigger course_marks_only_grow before update or delete on fjt.course_marks for each row execute function fjt.refuse();

-- A page marks its own person's steps, now.
create function fjt.course_marks_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    new.user_id := fjt.who();
    new.done_at := fjt.just_now(new.done_at);
    return new;
end $$;

create trigger page_writes before insert on fjt.course_marks for each row when (session_user = 'fjt_web') execute function fjt.course_marks_of_page();

revoke all on function fjt.course_marks_of_page() from public;
