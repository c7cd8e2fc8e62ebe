-- The log of changes: each edit of what people have decided by day, with the person, the part, what it was and what it is, and from
-- when it holds. Rows only grow. Before, after and the reason can be erased; the chain of seals keeps their digest (0005_seals).

create table fjt.changes (
    change_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    -- null: it is about the whole town, or one of its areas
    resident_id uuid references fjt.residents,
    -- the resident's number of changes with this one, by which a form tells whether somebody else has changed something meanwhile
    revision int not null,
    part text not null,
    -- a user's id, a notice's (a carer by their link), or the name of what brought it in
    made_by text not null,
    made_at timestamptz not null,
    from_at timestamptz not null,
    before jsonb,
    after jsonb,
    reason text
);

-- A resident's history, the newest first (store/changes.py); also the number of the next.
create unique index changes_of_resident on fjt.changes (resident_id, revision);

create index changes_of_town on fjt.changes (org, made_at);

create function fjt.keep_change() returns trigger language plpgsql
as $$
begin
    if (new.change_id, new.org, new.resident_id, new.revision, new.part, new.made_by, new.made_at, new.from_at)
        is distinct from (old.change_id, old.org, old.resident_id, old.revision, old.part, old.made_by, old.made_at, old.from_at)
        or (new.before, new.after, new.reason) is distinct from (null::jsonb, null::jsonb, null::text)
    then
        raise exception 'a change stays as it is; its words can be erased' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;

create trigger changes_only_grow before update on fjt.changes for each row execute function fjt.keep_change();

create trigger changes_stay before delete on fjt.changes for each row execute function fjt.refuse();

create trigger changes_not_emptied before truncate on fjt.changes for each statement execute function fjt.refuse();

alter table fjt.changes enable row level security;

alter table fjt.changes force row level security;

create policy worker on fjt.changes to fjt_worker using (true) with check (true);

create policy own_town on fjt.changes to fjt_web, fjt_planner
    using (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null or exists (
        select from fjt.residents r where r.resident_id = changes.resident_id)))
    with check (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null or exists (
        select from fjt.residents r where r.resident_id = changes.resident_id)));

grant select, insert, update (before, after, reason) on fjt.changes to fjt_worker;

grant select, insert on fjt.changes to fjt_planner;

grant select on fjt.changes to fjt_web;

-- A page changes as its own person, now.
create function fjt.changes_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    new.made_by := fjt.page_actor();
    new.made_at := fjt.just_now(new.made_at);
    return new;
end $$;

create trigger planner_writes before insert on fjt.changes for each row when (session_user = 'fjt_planner') execute function fjt.changes_of_page();

-- The number of the resident's last change. Two who change the same resident take turns by this row.
alter table fjt.residents add column revision int not null default 0;

grant update (revision) on fjt.residents to fjt_planner;

-- ---- sealed ----

create function fjt.fact_of(r fjt.changes) returns table (org text, key text, fact jsonb, words text) language sql stable
as $$
    select r.org, r.change_id::text, jsonb_build_object(
        'resident_id', r.resident_id, 'revision', r.revision, 'part', r.part, 'made_by', r.made_by,
        'made_at', r.made_at at time zone 'UTC', 'from_at', r.from_at at time zone 'UTC'),
        case when (r.before, r.after, r.reason) is distinct from (null::jsonb, null::jsonb, null::text)
            then jsonb_build_object('before', r.before, 'after', r.after, 'reason', r.reason)::text end
$$;

-- Whether a pause that ends is to be another: who was asked, and the answer. One that nobody answers ends.
alter table fjt.pauses add column lead_asked_at timestamptz, add column answer text check (answer in ('home', 'away')),
    add column answered_at timestamptz;

grant update (answer, answered_at) on fjt.pauses to fjt_planner;

create function fjt.fact_of(r fjt.pauses) returns table (org text, key text, fact jsonb, words text) language sql stable
as $$
    select r.org, r.pause_id::text, jsonb_build_object(
        'resident_id', r.resident_id, 'reason', r.reason, 'from_at', r.from_at at time zone 'UTC', 'to_at', r.to_at at time zone 'UTC',
        'instead', r.instead, 'ended_at', r.ended_at at time zone 'UTC', 'answer', r.answer,
        'answered_at', r.answered_at at time zone 'UTC'), nullif(r.said_by, '')
$$;

-- Pauses of before are logged as they were found. The owner sees no row of the table otherwise.
create policy found on fjt.pauses for select to fjt_owner using (true);

insert into fjt.fact_log (org, kind, key, deed, fact, words, salt, words_digest, writer, written_at, real_at)
select f.org, 'pauses', f.key, 'found', f.fact, f.words, s.salt, fjt.digest_of_words(f.words, s.salt), session_user, clock.now(), clock_timestamp()
from fjt.pauses r cross join fjt.fact_of(r) f
cross join lateral (select case when f.words is not null then gen_random_uuid() end) s (salt);

drop policy found on fjt.pauses;

do $$
declare
    t text;
begin
    foreach t in array '{changes,pauses}'::text[] loop
        execute format('revoke all on function fjt.fact_of(fjt.%I) from public', t);
        execute format('grant execute on function fjt.fact_of(fjt.%I) to fjt_worker', t);
        execute format('create trigger %1$s_logged after insert or delete on fjt.%1$s for each row execute function fjt.log_fact()', t);
        execute format('create trigger %1$s_change_logged after update on fjt.%1$s for each row when (old.* is distinct from new.*) execute function fjt.log_fact()', t);
    end loop;
end $$;

revoke all on function fjt.keep_change(), fjt.changes_of_page() from public;
