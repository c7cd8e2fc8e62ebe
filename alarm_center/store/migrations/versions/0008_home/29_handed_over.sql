-- Cases that a carer has taken in another area than the viewer's: whoever hands the carer's shift or phone over hands these over too (docs/adr/0061).

-- The open cases that a phone was asked about or has, in whatever area: their numbers and areas, and nothing about whom. To pages of the staff alone,
-- and with a limit to areas only of a carer who is on duty there about now; a case is seldom in the area of the patrol that took it.
create function fjt.open_cases_of_phone(town text, number text)
returns table (alarm_id uuid, notice_id uuid, case_no int, area_id uuid, area text, shift_id uuid, took boolean, is_over boolean, asked_at timestamptz)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    if fjt.is_page() and (coalesce(current_setting('fjt.scope', true), '') <> 'staff' or not coalesce(town = any (fjt.orgs()), false)
        or not fjt.hands_over(town, number))
    then
        return;
    end if;
    return query
        select a.alarm_id, n.notice_id, a.case_no, a.area_id, e.code, n.shift_id, n.state = 'took',
            exists (select from fjt.shifts s where s.shift_id = n.shift_id and s.ends_at <= clock.now()), n.asked_at
        from fjt.notices n join fjt.alarms a using (alarm_id) join fjt.areas e on e.area_id = a.area_id
        where a.org = town and n.phone = number and n.state in ('asked', 'took') and a.state <> 'closed';
end $$;

-- Is the phone that of a carer who is on duty about now where the viewer sees?
create function fjt.hands_over(town text, number text) returns boolean
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return fjt.own_areas() is null or exists (
        select from fjt.carers c join fjt.shifts s using (carer_id)
        where c.org = town and c.phone = number and s.area_id = any (fjt.own_areas())
            and s.ends_at > clock.now() - interval '1 day' and s.starts_at < clock.now() + interval '1 day');
end $$;

-- The alarm that the transaction hands over (fjt.handover, set by store/viewer_scope.py), where the viewer may: it is open, and a phone was asked about it
-- that is on duty where they see. Null otherwise, and where there is no limit to widen. It stays while its notices are answered.
create function fjt.handed_over() returns uuid language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    which uuid := nullif(current_setting('fjt.handover', true), '')::uuid;
begin
    if which is null or session_user <> 'fjt_planner' or coalesce(current_setting('fjt.scope', true), '') <> 'staff' or fjt.own_areas() is null then
        return null;
    end if;
    return (
        select a.alarm_id from fjt.alarms a
        where a.alarm_id = which and a.org = any (fjt.orgs()) and a.state <> 'closed' and exists (
            select from fjt.notices n where n.alarm_id = which and fjt.hands_over(a.org, n.phone)));
end $$;

-- As in 0003_writes, and: the resident of the alarm that is handed over, whoever's they are.
create or replace function fjt.case_of() returns uuid language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    own uuid[];
    towns text[];
    whose uuid := nullif(current_setting('fjt.case', true), '')::uuid;
begin
    if whose is null or fjt.is_old_page() then
        return null;
    end if;
    own := fjt.own_areas();
    if own is null then
        return null;
    end if;
    if exists (select from fjt.alarms a where a.alarm_id = fjt.handed_over() and a.resident_id = whose) then
        return whose;
    end if;
    -- A resident of another performer is not seen (0006_review, 07_performers.sql).
    if fjt.performers() is not null and not fjt.is_of_own_performer(whose) then
        return null;
    end if;
    towns := fjt.orgs();
    return (select whose where
        exists (select from fjt.residents r where r.resident_id = whose and r.org = any (towns) and r.area_id = any (own))
        or exists (select from fjt.alarms a where a.resident_id = whose and a.org = any (towns) and a.area_id = any (own)));
end $$;

revoke all on function fjt.open_cases_of_phone(text, text), fjt.hands_over(text, text), fjt.handed_over() from public;

grant execute on function fjt.open_cases_of_phone(text, text) to fjt_web, fjt_planner, fjt_worker;

grant execute on function fjt.handed_over() to fjt_web, fjt_planner;

-- An alarm that is about no resident is handed over too. The call is made for a row that nothing else shows.
alter policy own_town on fjt.alarms
    using (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null
        or resident_id = (select fjt.case_of())
        or area_id = any ((select fjt.areas())::uuid[])
            and ((select fjt.performers()) is null or resident_id is null or fjt.is_of_own_performer(resident_id))
        or alarm_id = (select fjt.handed_over())))
    with check (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null
        or resident_id = (select fjt.case_of())
        or area_id = any ((select fjt.areas())::uuid[])
            and ((select fjt.performers()) is null or resident_id is null or fjt.is_of_own_performer(resident_id))
        or alarm_id = (select fjt.handed_over())));

do $$
declare
    mine text := $mine$org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null
        or resident_id = (select fjt.case_of())
        or area_id = any ((select fjt.areas())::uuid[]) and ((select fjt.performers()) is null
            or resident_id is null and check_id is null or fjt.is_of_own_performer(resident_id))
        or area_id is null and resident_id is null and check_id is null and alarm_id is null and device_id is null
        or alarm_id = (select fjt.handed_over()))$mine$;
begin
    execute format('alter policy own_town on fjt.events using (%s) with check (%s)', mine, mine);
end $$;
