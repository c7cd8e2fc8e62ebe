-- The case that a decision reads beyond the viewer's areas: the rows of that one resident, and not the areas that they lie in.

-- The resident whose case the transaction decides about (fjt.case, set by store/viewer_scope.py), where they live, or have had a
-- case, in an area that the viewer is limited to. Null otherwise, and where there is no limit to widen.
create function fjt.case_of() returns uuid language plpgsql stable security definer set search_path = fjt, pg_temp
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
    -- A resident of another performer is not seen (0006_review, 07_performers.sql).
    if own is null or fjt.performers() is not null and not fjt.is_of_own_performer(whose) then
        return null;
    end if;
    towns := fjt.orgs();
    return (select whose where
        exists (select from fjt.residents r where r.resident_id = whose and r.org = any (towns) and r.area_id = any (own))
        or exists (select from fjt.alarms a where a.resident_id = whose and a.org = any (towns) and a.area_id = any (own)));
end $$;

revoke all on function fjt.case_of() from public;

grant execute on function fjt.case_of() to fjt_web;

alter policy own_town on fjt.residents
    using (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])
        or resident_id = (select fjt.case_of())
        or exists (select from fjt.alarms a where a.resident_id = residents.resident_id and a.state <> 'closed')));

alter policy own_town on fjt.alarms
    using (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])
        or resident_id = (select fjt.case_of())))
    with check (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])
        or resident_id = (select fjt.case_of())));

alter policy own_town on fjt.events
    using (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])
        or resident_id = (select fjt.case_of())
        or area_id is null and resident_id is null and check_id is null and alarm_id is null and device_id is null))
    with check (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])
        or resident_id = (select fjt.case_of())
        or area_id is null and resident_id is null and check_id is null and alarm_id is null and device_id is null));
