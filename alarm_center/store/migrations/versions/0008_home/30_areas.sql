-- Areas that people add, give another code, close and merge by a page (preparation/area_changes.py). A row is never deleted: what has
-- been names it.

alter table fjt.areas add column closed_at timestamptz, add column merged_into uuid references fjt.areas,
    add constraint merged_is_closed check (merged_into is null or closed_at is not null and merged_into <> area_id);

-- Codes that an area had before: what a town's file may still say. (town/page_areas.py)
create table fjt.former_areas (
    org text not null references fjt.organisations,
    area_id uuid not null references fjt.areas,
    code text not null,
    until_at timestamptz not null,
    primary key (org, area_id, code)
);

alter table fjt.former_areas enable row level security;

alter table fjt.former_areas force row level security;

create policy worker on fjt.former_areas to fjt_worker using (true) with check (true);

create policy own_town on fjt.former_areas to fjt_web, fjt_planner
    using (org = any ((select fjt.orgs())::text[])) with check (org = any ((select fjt.orgs())::text[]));

grant select on fjt.former_areas to fjt_worker, fjt_web, fjt_planner;

grant insert on fjt.former_areas to fjt_worker, fjt_planner;

grant insert (org, code), update (code, closed_at, merged_into) on fjt.areas to fjt_planner;

grant select (org, area_id, night, made_at) on fjt.reserve_lists to fjt_planner;

-- An area is kept by those who keep the rota of the whole town.
create function fjt.areas_of_planner() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if coalesce(current_setting('fjt.scope', true), '') <> 'staff' or fjt.areas() is not null then
        perform fjt.refuse_write('an area, by a page of another right or of some areas');
    end if;
    return new;
end $$;

create trigger planner_writes before insert or update on fjt.areas for each row
    when (session_user = 'fjt_planner') execute function fjt.areas_of_planner();

create trigger planner_writes before insert on fjt.former_areas for each row
    when (session_user = 'fjt_planner') execute function fjt.areas_of_planner();

-- ---- a closed area stays empty ----

create policy areas on fjt.areas for update to fjt_owner using (true) with check (true);

-- Whoever reads an area just before it closes and writes into it just after is turned back, and tries again, whole (class 40). A late
-- alarm of an area that was closed alone is let through: it has nowhere else to be.
create function fjt.keep_area_closed() returns trigger language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    it fjt.areas;
begin
    select a.* into it from fjt.areas a where a.area_id = new.area_id for key share;
    if it.closed_at is not null and (it.merged_into is not null or tg_table_name <> 'alarms') then
        raise exception 'area % has been closed meanwhile', it.code using errcode = 'serialization_failure';
    end if;
    return new;
end $$;

do $$
declare
    t text;
begin
    foreach t in array '{residents,shift_patterns,ombudsmen}'::text[] loop
        execute format('create trigger area_is_open before insert or update of area_id on fjt.%I for each row execute function fjt.keep_area_closed()', t);
    end loop;
end $$;

create trigger area_is_open before insert on fjt.alarms for each row execute function fjt.keep_area_closed();

-- A resident who is back, as after a death that was registered by mistake, opens the area that they left last.
create function fjt.open_area_again() returns trigger language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    update fjt.areas a set closed_at = null where a.area_id = new.area_id and a.closed_at is not null and a.merged_into is null;
    return new;
end $$;

create trigger area_opens_again after update of moved_at, died_at on fjt.residents for each row
    when (new.moved_at is null and new.died_at is null and (old.moved_at is not null or old.died_at is not null))
    execute function fjt.open_area_again();

revoke all on function fjt.areas_of_planner(), fjt.keep_area_closed(), fjt.open_area_again() from public;

-- ---- merging ----

-- Whoever keeps the areas of the whole town, on a page of theirs.
create function fjt.keeps_area(area uuid) returns boolean language sql stable security definer set search_path = fjt, pg_temp
as $$
    select coalesce(current_setting('fjt.scope', true), '') = 'staff' and fjt.areas() is null and exists (
        select from fjt.areas a where a.area_id = area and a.org = any (fjt.orgs()))
$$;

-- Who is limited to areas with this one among them: members, invited people, deputies, and an alarm centre by its agreement.
create function fjt.limited_to_area(area uuid) returns table (kind text, name text, areas uuid[])
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    if not fjt.keeps_area(area) then
        return;
    end if;
    return query
        select 'member', u.name, m.areas from fjt.memberships m join fjt.users u using (user_id)
        where area = any (m.areas) and (m.ended_at is null or m.ended_at > clock.now())
        union all
        select 'invited', i.name, i.areas from fjt.invitations i where area = any (i.areas) and i.answer is null
        union all
        select 'deputy', u.name, d.areas from fjt.deputies d join fjt.users u using (user_id)
        where area = any (d.areas) and d.ended_at is null and d.until_at > clock.now()
        union all
        select 'agreement', c.name, g.areas from fjt.agreements g join fjt.alarm_centres c using (centre)
        where area = any (g.areas) and g.ended_at is null and (g.until_on is null or g.until_on >= clock.now()::date - 1)
        order by 1, 2;
end $$;

do $$
declare
    t text;
begin
    foreach t in array '{ombudsmen,discrepancies,resident_drafts,deaths}'::text[] loop
        execute format('create policy areas on fjt.%I to fjt_owner using (true) with check (true)', t);
    end loop;
end $$;

-- Let everything of one area that is ahead be another's, but for the rota, which the page lays itself; return the residents, each with
-- the number of this change. Whoever is limited to the one is limited to both from then on: what has been stays theirs to see.
create function fjt.merge_area(old_area uuid, new_area uuid) returns table (resident uuid, number int)
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    town text;
    one record;
begin
    select a.org into town from fjt.areas a join fjt.areas b using (org)
        where a.area_id = old_area and b.area_id = new_area and a.area_id <> b.area_id and a.closed_at is null and b.closed_at is null;
    if town is null or not fjt.keeps_area(old_area)
        or exists (select from fjt.alarms a where a.area_id = old_area and a.state <> 'closed')
        or exists (select from fjt.limited_to_area(old_area) l where l.kind = 'agreement' and not new_area = any (l.areas))
    then
        perform fjt.refuse_write('a merger of areas');
    end if;
    for one in
        update fjt.memberships m set areas = array(select x from unnest(m.areas || new_area) x order by x)
        where m.org = town and old_area = any (m.areas) and not new_area = any (m.areas) and (m.ended_at is null or m.ended_at > clock.now())
        returning m.*
    loop
        perform fjt.note_people(town, 'membership_changed', jsonb_build_object('user_id', one.user_id, 'roles', one.roles,
            'areas', one.areas, 'performers', one.performers, 'ends_at', one.ended_at), 'staff');
    end loop;
    update fjt.invitations i set areas = i.areas || new_area
        where i.org = town and old_area = any (i.areas) and not new_area = any (i.areas) and i.answer is null;
    update fjt.deputies d set areas = d.areas || new_area
        where d.org = town and old_area = any (d.areas) and not new_area = any (d.areas) and d.ended_at is null;
    update fjt.web_sessions s set only_areas = s.only_areas || new_area
        where s.only_org = town and old_area = any (s.only_areas) and not new_area = any (s.only_areas);
    return query
        update fjt.residents r set area_id = new_area, revision = r.revision + 1 where r.area_id = old_area
        returning r.resident_id, r.revision;
    update fjt.mountings m set area_id = new_area where m.area_id = old_area and m.ended_at is null;
    update fjt.discrepancies d set area_id = new_area where d.area_id = old_area and d.resolved_at is null and d.resident_id is not null;
    update fjt.resident_drafts d set area_id = new_area where d.area_id = old_area;
    update fjt.deaths d set area_id = new_area where d.area_id = old_area and d.confirmed_at is null and d.corrected_at is null;
    -- Who is it in both areas already ends here.
    update fjt.ombudsmen b set until_day = least(b.until_day, b.from_day - 1) where b.area_id = old_area and exists (
        select from fjt.ombudsmen o where o.area_id = new_area and o.carer_id = b.carer_id and (o.until_day is null or o.until_day >= b.from_day)
            and (b.until_day is null or b.until_day >= o.from_day));
    update fjt.ombudsmen b set area_id = new_area where b.area_id = old_area and (b.until_day is null or b.until_day >= b.from_day)
        and (b.until_day is null or b.until_day >= clock.now()::date - 1);
end $$;

revoke all on function fjt.keeps_area(uuid), fjt.limited_to_area(uuid), fjt.merge_area(uuid, uuid) from public;

grant execute on function fjt.limited_to_area(uuid) to fjt_web, fjt_planner;

grant execute on function fjt.merge_area(uuid, uuid) to fjt_planner;
