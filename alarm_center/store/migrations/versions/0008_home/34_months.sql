-- Months of the timeline are dropped after five years (store/months.py, docs/database.md#what-is-dropped). What is left of a line is
-- its seal, with the digest of the line: the chain is walked across the month as before, and every head of it is known.

alter table fjt.seals add column line bytea check (length(line) = 32);

-- A seal is given its line's digest once; nothing else of it ever changes.
drop trigger chain_only_grows on fjt.seals;

create trigger chain_only_grows before update on fjt.seals for each row
    when (old.line is not null or new.line is null
        or (old.org, old.tx, old.id, old.digest, old.sealed_at, old.doubt) is distinct from (new.org, new.tx, new.id, new.digest, new.sealed_at, new.doubt))
    execute function fjt.refuse();

create trigger chain_not_removed before delete on fjt.seals for each row execute function fjt.refuse();

grant update (line) on fjt.seals to fjt_worker;

-- Lines of a month that has no partition of its own, as the first of a town, are deleted from the one for all others.
drop trigger events_only_grow on fjt.events;

create trigger events_only_grow before update on fjt.events for each row execute function fjt.refuse();

create trigger events_not_removed before delete on fjt.events for each row
    when (current_setting('fjt.expiring', true) is distinct from 'on') execute function fjt.refuse();

-- What did earlier drops say of a town? (fjt.drop_event_month)
create index fact_log_drops on fjt.fact_log (org) where kind = 'events' and deed = 'expired';

-- fjt.drop_event_month runs as the owner, who sees lines and seals while it does.
create policy expiry on fjt.events for select to fjt_owner using (current_setting('fjt.expiring', true) = 'on');

create policy expiry on fjt.events_other for delete to fjt_owner using (current_setting('fjt.expiring', true) = 'on');

create policy expiry on fjt.seals for select to fjt_owner using (true);

create policy expiry on fjt.event_seals for select to fjt_owner using (true);

-- Drop the month's lines, of every town: the whole partition, or at most so many where it has none. Returns how many there were; a
-- fact of each town says so, and which: a digest over the places of all that is gone of the town, now and before, in order. With
-- keep_table the partition stays, as a table of the owner's that no role of the service reads.
--
-- Refused: sooner than after five years; a month with a night that a person holds; a line whose digest its seal has not been given.
-- Lines of before the chain are covered by the seals of release 0.2.0 alone, which are over the text: their digests go on from there.
create function fjt.drop_event_month(day date, most int, keep_table boolean) returns bigint
language plpgsql security definer set search_path = fjt, pg_temp set timezone = 'UTC'
as $$
declare
    first timestamptz := date_trunc('month', day::timestamptz);
    past timestamptz := first + interval '1 month';
    own regclass;
    -- the first line that stays
    end_at timestamptz;
    end_id bigint;
    town text;
    newest xid8;
    place record;
    digest bytea;
    digests jsonb := '{}';
    gone bigint;
begin
    -- Two who drop take turns: the second one finds the lines gone.
    perform pg_advisory_xact_lock(hashtext('drop month'));
    if past > clock.now() - interval '5 years' then
        raise exception 'that is kept for longer' using errcode = 'insufficient_privilege';
    end if;
    if exists (
        select from fjt.night_holds h
        where h.ended_at is null and h.until_on >= clock.now()::date and h.from_at < past and h.to_at > first
    ) then
        raise exception 'a night of that month is held' using errcode = 'insufficient_privilege';
    end if;
    own := (
        select c.oid from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'fjt.events'::regclass and pg_get_expr(c.relpartbound, c.oid) = format('FOR VALUES FROM (%L) TO (%L)', first, past));
    if own is null and keep_table then
        raise exception 'that month has no table of its own' using errcode = 'insufficient_privilege';
    end if;
    perform set_config('fjt.expiring', 'on', true);
    execute format('lock table %s in share row exclusive mode', coalesce(own, 'fjt.events_other'::regclass));
    if exists (
        select from fjt.events e left join fjt.seals s on s.org = e.org and s.tx = e.tx and s.id = e.id
        where e.at >= first and e.at < past and s.line is null and not (
            -- A town that came later has no such lines.
            e.tx < coalesce((select min(f.tx) from fjt.fact_log f where f.org = e.org and f.kind = 'organisations' and f.deed = 'found'), '0')
            and exists (select from fjt.event_seals o where o.org = e.org and o.tx = e.tx and o.event_id = e.id))
    ) then
        raise exception 'a line of that month has no digest that is kept' using errcode = 'insufficient_privilege';
    end if;
    if own is null then
        select o.at, o.id into end_at, end_id from fjt.events_other o
        where o.at >= first and o.at < past order by o.at, o.id offset most limit 1;
    end if;
    end_at := coalesce(end_at, past);
    end_id := coalesce(end_id, 0);
    -- Before anything is written: until then the sealers do not wait for this transaction.
    for town, newest in
        select e.org, max(e.tx) from fjt.events e where e.at >= first and e.at < past and (e.at, e.id) < (end_at, end_id) group by e.org
    loop
        newest := greatest(newest, (
            select max((f.fact ->> 'until')::xid8) from fjt.fact_log f where f.org = town and f.kind = 'events' and f.deed = 'expired'));
        digest := '';
        for place in
            with left_of_then as (
                select e.tx, e.id from fjt.events e
                where e.org = town and e.tx <= newest and not (e.at >= first and e.at < past and (e.at, e.id) < (end_at, end_id))
            )
            select s.tx, s.id from fjt.seals s
            where s.org = town and s.tx <= newest and s.line is not null
                and not exists (select from left_of_then l where l.tx = s.tx and l.id = s.id)
            union all
            select o.tx, o.event_id from fjt.event_seals o
            where o.org = town and o.tx <= newest and not exists (select from left_of_then l where l.tx = o.tx and l.id = o.event_id)
                and o.tx < (select min(f.tx) from fjt.fact_log f where f.org = town and f.kind = 'organisations' and f.deed = 'found')
            order by 1, 2
        loop
            digest := sha256(digest || convert_to(place.tx || '-' || place.id, 'UTF8'));
        end loop;
        digests := digests || jsonb_build_object(town, encode(digest, 'hex'));
    end loop;
    with doomed as (
        select e.at, e.id, e.org, e.tx from fjt.events e where e.at >= first and e.at < past and (e.at, e.id) < (end_at, end_id)
    ), deleted as (
        delete from fjt.events_other o using doomed d where own is null and o.at = d.at and o.id = d.id
    ), told as (
        insert into fjt.fact_log (org, kind, key, deed, fact, writer, written_at, real_at)
        select org, 'events', to_char(first, 'YYYY-MM'), 'expired',
            jsonb_build_object('before', past::timestamp, 'lines', count(*), 'until', max(tx)::text, 'gone', digests ->> org),
            session_user, clock.now(), clock_timestamp()
        from doomed group by org
    )
    select count(*) into gone from doomed;
    perform set_config('fjt.expiring', '', true);
    if own is not null and keep_table then
        execute format('alter table fjt.events detach partition %s', own);
    elsif own is not null then
        execute format('drop table %s', own);
    end if;
    return gone;
end $$;

revoke all on function fjt.drop_event_month(date, int, boolean) from public;

grant execute on function fjt.drop_event_month(date, int, boolean) to fjt_worker;
