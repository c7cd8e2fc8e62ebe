-- Whose residents a person sees who is limited to performers: those, and what hangs on them. An area has residents of several
-- performers; what is nobody's in particular (shifts, carers, an alarm about no resident) follows the areas alone.
--
-- An alarm, as all else of a resident's, follows the resident: who sees it changes when another performer takes over.
--
-- Late in the revision, after its indexes: residents, alarms and the timeline are locked until it has committed, and replicas are at work.

-- Null: the town's own care. Replicas of the release before leave it out.
alter table fjt.residents add column performer text,
    add constraint residents_performer foreign key (org, performer) references fjt.performers (org, code);

-- Which residents have a performer? (store/residents.py)
create index residents_of_performer on fjt.residents (org, performer) where performer is not null;

-- Is the resident one of the performers' that the transaction is limited to? Asked as the owner: the policy of residents asks tables that ask
-- this in turn, and a subquery in its place would cost every statement 40 microseconds, also where there is no limit. Another's
-- resident is not told from one that there isn't.
create function fjt.is_of_own_performer(whose uuid) returns boolean
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return exists (
        select from fjt.residents r
        where r.resident_id = whose and r.org || '/' || coalesce(r.performer, 'town') = any (fjt.performers()));
end $$;

revoke all on function fjt.is_of_own_performer(uuid) from public;

grant execute on function fjt.is_of_own_performer(uuid) to fjt_web;

-- ---- the policies ----
--
-- Where areas() is null there is no limit to performers either (fjt.granted), and nothing else is looked up.

alter policy own_town on fjt.residents
    using (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null
        or resident_id = (select fjt.case_of())
        or ((select fjt.performers()) is null or org || '/' || coalesce(performer, 'town') = any ((select fjt.performers())::text[]))
            and (area_id = any ((select fjt.areas())::uuid[])
                or exists (select from fjt.alarms a where a.resident_id = residents.resident_id and a.state <> 'closed'))));

alter policy own_town on fjt.alarms
    using (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null
        or resident_id = (select fjt.case_of())
        or area_id = any ((select fjt.areas())::uuid[])
            and ((select fjt.performers()) is null or resident_id is null or fjt.is_of_own_performer(resident_id))))
    with check (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null
        or resident_id = (select fjt.case_of())
        or area_id = any ((select fjt.areas())::uuid[])
            and ((select fjt.performers()) is null or resident_id is null or fjt.is_of_own_performer(resident_id))));

-- A line about a check, or about an alarm of somebody's, names its resident.
do $$
declare
    mine text := $mine$org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null
        or resident_id = (select fjt.case_of())
        or area_id = any ((select fjt.areas())::uuid[]) and ((select fjt.performers()) is null
            or resident_id is null and check_id is null or fjt.is_of_own_performer(resident_id))
        or area_id is null and resident_id is null and check_id is null and alarm_id is null and device_id is null)$mine$;
begin
    execute format('alter policy own_town on fjt.events using (%s) with check (%s)', mine, mine);
end $$;

-- An incident of an area is for those who have a place of it to check.
alter policy own_town on fjt.incidents
    using (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null or area_id is null
        or area_id = any ((select fjt.areas())::uuid[]) and ((select fjt.performers()) is null
            or exists (select from fjt.alarms a where a.incident_id = incidents.incident_id))))
    with check (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null or area_id is null
        or area_id = any ((select fjt.areas())::uuid[]) and ((select fjt.performers()) is null
            or exists (select from fjt.alarms a where a.incident_id = incidents.incident_id))));

alter policy own_town on fjt.discrepancies
    using (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null or area_id is null and resident_id is null
        or area_id = any ((select fjt.areas())::uuid[]) and ((select fjt.performers()) is null or resident_id is null
            or fjt.is_of_own_performer(resident_id))))
    with check (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null or area_id is null and resident_id is null
        or area_id = any ((select fjt.areas())::uuid[]) and ((select fjt.performers()) is null or resident_id is null
            or fjt.is_of_own_performer(resident_id))));

-- ---- the list of a night ----

-- An area's reserve list, for a page of that right, with the residents of the viewer's own performers alone. The column is read by no
-- page itself (0009).
create function fjt.reserve_list_body(of_area uuid, of_night date) returns jsonb
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    kept jsonb := (
        select l.body from fjt.reserve_lists l
        where l.area_id = of_area and l.night = of_night and (not fjt.is_page()
            or current_setting('fjt.scope', true) = 'papers' and l.org = any (fjt.orgs())
                and (fjt.areas() is null or l.area_id = any (fjt.areas()))));
begin
    if kept is null or not fjt.is_page() or fjt.performers() is null then
        return kept;
    end if;
    return jsonb_set(kept, '{people}', (
        select coalesce(jsonb_agg(person order by place), '[]')
        from jsonb_array_elements(kept -> 'people') with ordinality listed (person, place)
        where fjt.is_of_own_performer((person #>> '{card,resident_id}')::uuid)));
end $$;

create policy printed on fjt.reserve_lists for select to fjt_owner using (true);

revoke all on function fjt.reserve_list_body(uuid, date) from public;

grant execute on function fjt.reserve_list_body(uuid, date) to fjt_web, fjt_worker;
