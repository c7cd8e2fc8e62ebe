-- An owner and a day of each discrepancy, and the decisions as the care record has them, to compare with ours each day.

alter table fjt.discrepancies
    -- the role whose task it is; null: found by a replica of the release before, which keeps none
    add column owner text,
    -- the day by which somebody has promised it
    add column due_on date;

-- Somebody hands a discrepancy on, or makes one of a device that is silent tonight (store/discrepancies.py).
grant insert (org, code, subject, area_id, resident_id, device_id, endangers, owner, due_on, night, found_at, last_found_at, data),
    update (owner, due_on, last_found_at) on fjt.discrepancies to fjt_planner;

create function fjt.discrepancies_of_planner() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        if new.code <> 'handed_to_installer' then
            perform fjt.refuse_write('a discrepancy that nobody has found');
        end if;
        new.found_at := clock.now();
    end if;
    new.last_found_at := coalesce(old.last_found_at, clock.now());
    return new;
end $$;

revoke all on function fjt.discrepancies_of_planner() from public;

create trigger planner_writes before insert or update on fjt.discrepancies for each row when (session_user = 'fjt_planner') execute function fjt.discrepancies_of_planner();

-- ---- the care record ----

alter table fjt.file_imports drop constraint file_imports_kind_check;

alter table fjt.file_imports add constraint file_imports_kind_check check (kind in ('table', 'town', 'decisions'));

-- The town's decisions as the file that was read last has them; reconciliation compares (store/reconciliation.py). No page reads them.
create table fjt.record_decisions (
    org text not null references fjt.organisations,
    reference text not null,
    number int not null,
    kind text not null check (kind in ('decision', 'offer_without_test')),
    starts_on date not null,
    ends_on date,
    primary key (org, reference)
);

create table fjt.record_files (
    org text primary key references fjt.organisations,
    read_at timestamptz not null,
    -- a user's id, or the name of who ran the command
    read_by text not null
);

do $$
declare
    t text;
begin
    foreach t in array '{record_decisions,record_files}'::text[] loop
        execute format('alter table fjt.%I enable row level security', t);
        execute format('alter table fjt.%I force row level security', t);
        execute format('create policy worker on fjt.%I to fjt_worker using (true) with check (true)', t);
        execute format('grant select, insert, update, delete on fjt.%I to fjt_worker', t);
    end loop;
end $$;
