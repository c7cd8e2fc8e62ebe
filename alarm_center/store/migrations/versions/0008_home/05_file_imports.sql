-- Files that a planner has uploaded: read by the service, reviewed by the person, and brought in a resident at a time
-- (town/file_imports.py). The file's text and its review are erased when it is done, withdrawn, or some days old.

create table fjt.file_imports (
    import_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    file_name text not null check (length(file_name) <= 120),
    -- a table as Excel saves it, or a town's whole file
    kind text not null check (kind in ('table', 'town')),
    body bytea,
    uploaded_by uuid not null references fjt.users,
    uploaded_at timestamptz not null,
    state text not null check (state in ('uploaded', 'refused', 'reviewed', 'confirmed', 'done', 'withdrawn')),
    -- what is wrong, or what would change and what would be undone (town/file_review.py)
    review jsonb,
    -- the number of the review: whoever confirms says which one was read
    reviews int not null default 0,
    -- parts that may be changed back although somebody has changed them since
    undo text[] not null default '{}',
    residents_done int not null default 0,
    residents_all int not null default 0,
    changes int not null default 0,
    ended_at timestamptz,
    -- a replica is at it until then; one that has died is taken over from
    lease_until timestamptz,
    check (body is not null or state in ('refused', 'done', 'withdrawn'))
);

-- The next to read or to bring in (store/file_imports.py).
create index file_imports_waiting on fjt.file_imports (uploaded_at) where state in ('uploaded', 'confirmed');

-- Whose text is to be erased.
create index file_imports_kept on fjt.file_imports (uploaded_at) where body is not null or review is not null;

-- A person's own, the newest first.
create index file_imports_of_person on fjt.file_imports (uploaded_by, uploaded_at);

alter table fjt.file_imports enable row level security;

alter table fjt.file_imports force row level security;

create policy worker on fjt.file_imports to fjt_worker using (true) with check (true);

-- A file has whole homes in it: it is its person's own.
create policy own_file on fjt.file_imports to fjt_web, fjt_planner
    using (org = any ((select fjt.orgs())::text[]) and uploaded_by = (select fjt.who()))
    with check (org = any ((select fjt.orgs())::text[]) and uploaded_by = (select fjt.who()));

grant select, insert, update (body, state, review, reviews, residents_done, residents_all, changes, ended_at, lease_until) on fjt.file_imports to fjt_worker;

-- The text itself is read by nobody but the service.
grant select (import_id, org, file_name, kind, uploaded_by, uploaded_at, state, review, reviews, undo, residents_done, residents_all, changes,
    ended_at) on fjt.file_imports to fjt_web, fjt_planner;

grant insert (import_id, org, file_name, kind, body, uploaded_by, uploaded_at, state), update (state, undo) on fjt.file_imports to fjt_planner;

-- A page uploads, confirms what was reviewed, and withdraws, as its own person and now.
create function fjt.file_imports_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        if new.state <> 'uploaded' then
            perform fjt.refuse_write('a file that nobody has read');
        end if;
        new.uploaded_by := fjt.who();
        new.uploaded_at := clock.now();
        return new;
    end if;
    if not (old.state = 'reviewed' and new.state = 'confirmed' or old.state in ('uploaded', 'reviewed', 'refused') and new.state = 'withdrawn') then
        perform fjt.refuse_write('a file that is brought in without its review');
    end if;
    if new.state = 'withdrawn' then
        new.body := null;
        new.review := null;
        new.ended_at := clock.now();
    end if;
    return new;
end $$;

revoke all on function fjt.file_imports_of_page() from public;

create trigger planner_writes before insert or update on fjt.file_imports for each row when (session_user = 'fjt_planner') execute function fjt.file_imports_of_page();
