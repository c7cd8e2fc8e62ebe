-- The timeline, which only grows, and its seals.

create sequence fjt.event_ids;

-- One line of the timeline. Holds ids, codes and numbers; never a name, address, phone number or free text.
create table fjt.events (
    id bigint not null default nextval('fjt.event_ids'),
    tx xid8 not null default pg_current_xact_id(),
    at timestamptz not null,
    org text not null,
    area_id uuid,
    kind text not null check (kind ~ '^[a-z0-9_]{1,60}$'),
    check_id uuid,
    alarm_id uuid,
    resident_id uuid,
    device_id text,
    session_id text,
    actor text,
    data jsonb not null default '{}',
    primary key (at, id)
) partition by range (at);

create table fjt.events_other partition of fjt.events default;

-- Which lines are new? Readers take rows below the snapshot's horizon, in this order; the pair is the cursor.
create index events_in_order on fjt.events (tx, id);

-- The timeline of a check. (store/events.py)
create index events_of_check on fjt.events (check_id, id) where check_id is not null;

-- The timeline of an alarm. (store/events.py)
create index events_of_alarm on fjt.events (alarm_id, id) where alarm_id is not null;

create function fjt.refuse() returns trigger language plpgsql
as $$ begin raise exception 'table %: rows are only added, never changed or removed', tg_table_name using errcode = 'insufficient_privilege'; end $$;

create trigger events_only_grow before update or delete on fjt.events for each row execute function fjt.refuse();

create trigger events_not_emptied before truncate on fjt.events for each statement execute function fjt.refuse();

-- The hash chain beside the events, one a town, written by the sealer.
create table fjt.event_seals (
    org text not null,
    tx xid8 not null,
    event_id bigint not null,
    digest bytea not null check (length(digest) = 32),
    sealed_at timestamptz not null,
    primary key (org, tx, event_id)
);

create trigger seals_only_grow before update or delete on fjt.event_seals for each row execute function fjt.refuse();

-- Make the partition of the month that *day* is in; the worker calls it ahead of time, the owner makes the table.
create function fjt.make_event_month(day date) returns text language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    first date := date_trunc('month', day)::date;
    name text := format('events_%s', to_char(first, 'YYYY_MM'));
begin
    -- Rows that already fell into the default partition stay there: a month is made ahead of its first line, or not at all.
    if to_regclass('fjt.' || name) is null and not exists (
        select from fjt.events_other where at >= first and at < first + interval '1 month'
    ) then
        execute format('create table fjt.%I partition of fjt.events for values from (%L) to (%L)',
            name, first::timestamptz, (first + interval '1 month')::timestamptz);
        execute format('alter table fjt.%I enable row level security', name);
        execute format('alter table fjt.%I force row level security', name);
    end if;
    return name;
end $$;
