-- Two residents in one bed, with the devices of one of them (docs/adr/0045-two-residents-in-one-bed.md). A device stays bound to one; it serves both while both live
-- there. A replica of the release before finds no device for the other and lets a person visit.

alter table fjt.residents
    add column bed_id uuid,
    add column bed_side smallint check (bed_side in (1, 2)),
    add constraint residents_bed check ((bed_id is null) = (bed_side is null));

-- Two in a bed at most. Also: who shares this bed? (fjt.bed_of)
create unique index residents_in_bed on fjt.residents (bed_id, bed_side) where bed_id is not null;

-- Whose look was this too? (casework/arrived_sessions.py, store/case_pages.py)
create index attempts_of_session on fjt.attempts (session_id) where session_id is not null;

-- The resident, and the one who shares their bed: of the same area and performer, so that nobody sees one of them alone, and only while
-- both live there. Asked as the owner, since a link sees rows by it.
create function fjt.bed_of(whose uuid) returns uuid[]
language plpgsql stable parallel safe security definer set search_path = fjt, pg_temp
as $$
declare
    one record;
    other uuid;
begin
    select r.bed_id, r.org, r.area_id, r.performer into one from fjt.residents r
    where r.resident_id = whose and r.bed_id is not null and r.moved_at is null and r.died_at is null;
    if one.bed_id is null or fjt.is_page() and not coalesce(one.org = any (fjt.orgs()), false) then
        return array[whose];
    end if;
    select r.resident_id into other from fjt.residents r
    where r.bed_id = one.bed_id and r.resident_id <> whose and r.org = one.org and r.area_id = one.area_id
        and r.performer is not distinct from one.performer and r.moved_at is null and r.died_at is null;
    return case when other is null then array[whose] else array[whose, other] end;
end $$;

-- Those of them who are not away now: a device expects so many people (core/shared_bed.py).
create function fjt.at_home(whose uuid) returns uuid[]
language sql stable parallel safe
as $$
    select coalesce(array_agg(one.id), '{}') from unnest(fjt.bed_of(whose)) as one(id)
    where not exists (
        select from fjt.pauses p
        where p.resident_id = one.id and p.reason in ('pause_away', 'pause_hospital')
            and p.from_at <= clock.now() and clock.now() < least(p.to_at, p.ended_at))
$$;

revoke all on function fjt.bed_of(uuid), fjt.at_home(uuid) from public;

grant execute on function fjt.bed_of(uuid), fjt.at_home(uuid) to fjt_worker, fjt_web, fjt_planner;

grant insert (bed_id, bed_side), update (bed_id, bed_side) on fjt.residents to fjt_planner;

-- ---- either's no darkens it (11_gate.sql) ----

-- The consents of both, always in one order.
create or replace function fjt.hold_consents(whose uuid) returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    perform from fjt.consents where resident_id = any (fjt.bed_of(whose)) and (not fjt.is_page() or org = any ((select fjt.orgs())::text[]))
        order by consent_id for share;
end $$;

-- ---- what pages write ----

-- A page of a planner cancels a check, and answers none. It gives a check to no device of another's, and lets no machine answer that
-- nobody has agreed to.
create function fjt.checks_of_planner() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if new.device_id is distinct from old.device_id and new.device_id is not null and not exists (
        select from fjt.devices d where d.org = new.org and d.device_id = new.device_id and d.resident_id = any (fjt.bed_of(new.resident_id))
    ) then
        perform fjt.refuse_write('a check by a device of another''s');
    end if;
    if new.green_by is distinct from old.green_by and new.green_by = 'detector' and not fjt.may_answer_alone(new.resident_id) then
        perform fjt.refuse_write('a check that a machine answers alone, without a yes to it');
    end if;
    if old.state = new.state then
        return new;
    end if;
    if new.state = 'seen' or old.state in ('seen', 'alarmed') then
        perform fjt.refuse_write('a check answered, or changed after its answer');
    end if;
    if new.state = 'cancelled' and new.agreed_by is null then
        perform fjt.refuse_write('a check cancelled by nobody');
    end if;
    return new;
end $$;

create trigger planner_writes before update on fjt.checks for each row when (session_user = 'fjt_planner') execute function fjt.checks_of_planner();

revoke all on function fjt.checks_of_planner() from public;

-- As in 0003_writes, and: a look that another's check took shows this resident too.
create or replace function fjt.checks_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if fjt.is_old_page() then
        return new;
    end if;
    if new.seen_by is distinct from old.seen_by and new.seen_by is distinct from fjt.who()::text then
        perform fjt.refuse_write('a check answered in another''s name');
    end if;
    if new.state = old.state then
        return new;
    end if;
    if old.state in ('seen', 'alarmed', 'cancelled') or new.state = 'cancelled' then
        perform fjt.refuse_write('a check cancelled, or changed after its end');
    end if;
    if new.state = 'seen' and not exists (
        select from fjt.sessions s
        where (s.check_id = new.check_id or s.org = new.org and s.device_id = new.device_id
                and s.session_id in (select t.session_id from fjt.attempts t where t.check_id = new.check_id))
            and s.receipt = 'committed' and (s.pictures = 0 or exists (
            select from fjt.looks l where l.org = s.org and l.session_id = s.session_id and l.user_id = fjt.who()))
    ) then
        perform fjt.refuse_write('a check seen without a look');
    end if;
    if new.ended_at is not null then
        new.ended_at := fjt.just_now(new.ended_at);
    end if;
    return new;
end $$;

-- A carer's link stands at one bed: it sees the rows of both who share it, since a decision about one may darken the camera of both.
alter policy link_sees_one on fjt.residents
    using ((select current_setting('fjt.scope', true)) is distinct from 'link'
        or resident_id = any ((select fjt.bed_of(fjt.only_resident()))::uuid[]));

alter policy link_sees_one on fjt.alarms
    using ((select current_setting('fjt.scope', true)) is distinct from 'link'
        or resident_id is null or resident_id = any ((select fjt.bed_of(fjt.only_resident()))::uuid[]));

alter policy link_sees_one on fjt.events
    using ((select current_setting('fjt.scope', true)) is distinct from 'link'
        or resident_id = any ((select fjt.bed_of(fjt.only_resident()))::uuid[])
        or resident_id is null and check_id is null and device_id is null
            and (alarm_id is null or exists (select from fjt.alarms a where a.alarm_id = events.alarm_id)));
