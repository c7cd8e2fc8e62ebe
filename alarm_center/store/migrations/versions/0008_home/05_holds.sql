-- Nights of a resident that are held against retention (docs/planning-data.md#until-when): by a person, for a reason, until a day.

create table fjt.night_holds (
    hold_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    resident_id uuid not null references fjt.residents,
    -- nights, the first and the last, and the instants between which they lie by the town's clocks
    first_night date not null,
    last_night date not null,
    from_at timestamptz not null,
    to_at timestamptz not null,
    reason text not null check (length(reason) between 1 and 500),
    held_by text not null,
    held_at timestamptz not null,
    -- the last day on which it holds; it ends by itself
    until_on date not null,
    ended_by text,
    ended_at timestamptz,
    check (first_night <= last_night and from_at < to_at),
    check ((ended_by is null) = (ended_at is null))
);

-- The holds of a resident (store/night_holds.py, fjt.is_held_back).
create index night_holds_of_resident on fjt.night_holds (resident_id);

create function fjt.keep_hold() returns trigger language plpgsql
as $$
begin
    if (new.hold_id, new.org, new.resident_id, new.first_night, new.last_night, new.from_at, new.to_at, new.reason, new.held_by, new.held_at, new.until_on)
        is distinct from (old.hold_id, old.org, old.resident_id, old.first_night, old.last_night, old.from_at, old.to_at, old.reason, old.held_by, old.held_at, old.until_on)
        or old.ended_at is not null
    then
        raise exception 'a hold stays as it is, and ends once' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;

create trigger holds_stay before update on fjt.night_holds for each row execute function fjt.keep_hold();

alter table fjt.night_holds enable row level security;

alter table fjt.night_holds force row level security;

create policy worker on fjt.night_holds to fjt_worker using (true) with check (true);

-- The retention asks it (fjt.is_held_back).
create policy retention on fjt.night_holds for select to fjt_owner using (true);

create policy own_town on fjt.night_holds to fjt_web, fjt_planner
    using (org = any ((select fjt.orgs())::text[]) and exists (
        select from fjt.residents r where r.resident_id = night_holds.resident_id))
    with check (org = any ((select fjt.orgs())::text[]) and exists (
        select from fjt.residents r where r.resident_id = night_holds.resident_id));

grant select, insert, update (ended_by, ended_at) on fjt.night_holds to fjt_worker;

grant select on fjt.night_holds to fjt_web;

grant select, insert, update (ended_by, ended_at) on fjt.night_holds to fjt_planner;

-- A page holds and ends as its own person, now.
create function fjt.holds_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        new.held_by := fjt.page_actor();
        new.held_at := fjt.just_now(new.held_at);
    elsif new.ended_at is distinct from old.ended_at then
        new.ended_by := fjt.page_actor();
        new.ended_at := fjt.just_now(new.ended_at);
    end if;
    return new;
end $$;

create trigger planner_writes before insert or update on fjt.night_holds for each row when (session_user = 'fjt_planner') execute function fjt.holds_of_page();

-- Is a row of the log held: a look of a night that is, or a review or a judgement of such a look?
create function fjt.is_held_back(of_kind text, row_key text) returns boolean language sql stable set search_path = fjt, pg_temp
as $$
    select exists (
        select from fjt.looks l
        left join fjt.checks c on c.check_id = l.check_id
        left join fjt.alarms a on a.alarm_id = l.alarm_id
        join fjt.night_holds h on h.resident_id = coalesce(l.resident_id, c.resident_id, a.resident_id)
        join fjt.organisations o on o.org = h.org
        where l.look_id = case of_kind
                when 'looks' then row_key::uuid when 'look_reviews' then row_key::uuid
                when 'look_sample_items' then (
                    select i.look_id from fjt.look_sample_items i where i.sample_id || '/' || i.place = row_key) end
            and h.ended_at is null and h.until_on >= (clock.now() at time zone o.zone)::date
            and l.began_at >= h.from_at and l.began_at < h.to_at)
$$;

-- As in 0006_review, and: what is held stays.
create or replace function fjt.expire_rows(town text, of_kind text, before timestamptz, most int) returns int
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    keys text[];
    gone int;
begin
    if not fjt.expires(of_kind) or before > clock.now() - interval '5 years' then
        raise exception 'that is kept for longer' using errcode = 'insufficient_privilege';
    end if;
    keys := array(
        select f.key from fjt.fact_log f
        where f.org = town and f.kind = of_kind and f.expiry_salt is not null
        group by f.key
        having max(f.written_at) < before and case of_kind
            when 'looks' then not exists (select from fjt.look_reviews v where v.look_id = f.key::uuid)
                and not exists (select from fjt.look_sample_items i where i.look_id = f.key::uuid)
            when 'look_samples' then not exists (select from fjt.look_sample_items i where i.sample_id = f.key::uuid)
            else true end
            and not fjt.is_held_back(of_kind, f.key)
        limit most);
    if keys = '{}' then
        return 0;
    end if;
    perform set_config('fjt.expiring', 'on', true);
    case of_kind
        when 'looks' then delete from fjt.looks r where r.org = town and r.look_id = any (keys::uuid[]);
        when 'look_log_reads' then delete from fjt.look_log_reads r where r.org = town and r.read_id = any (keys::uuid[]);
        when 'look_reviews' then delete from fjt.look_reviews r where r.org = town and r.look_id = any (keys::uuid[]);
        when 'look_samples' then delete from fjt.look_samples r where r.org = town and r.sample_id = any (keys::uuid[]);
        else delete from fjt.look_sample_items r where r.sample_id || '/' || r.place = any (keys);
    end case;
    perform set_config('fjt.expiring', '', true);
    update fjt.fact_log f set expired_digest = sha256(convert_to(fjt.fact_line(f), 'UTF8')), fact = '{}', person = null, words = null,
            salt = null, expiry_salt = null
        where f.org = town and f.kind = of_kind and f.key = any (keys) and f.expiry_salt is not null;
    get diagnostics gone = row_count;
    insert into fjt.fact_log (org, kind, key, deed, fact, writer, written_at, real_at)
        values (town, of_kind, '', 'expired', jsonb_build_object('before', before at time zone 'UTC', 'facts', gone), session_user,
            clock.now(), clock_timestamp());
    return gone;
end $$;

revoke all on function fjt.keep_hold(), fjt.holds_of_page(), fjt.is_held_back(text, text) from public;
