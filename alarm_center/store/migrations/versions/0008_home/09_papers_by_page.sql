-- A new resident, and each part of one who is there, as the planner's pages write them: the same rows as a town's file, by a person.

-- ---- a new resident who is not finished ----

-- Gone when it becomes a resident, is thrown away, or has lain untouched (preparation/retention.py).
create table fjt.resident_drafts (
    draft_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    -- as far as they are chosen: whoever is limited to some sees the drafts of those, and their own
    area_id uuid references fjt.areas,
    performer text,
    -- a user's id
    begun_by text not null,
    begun_at timestamptz not null,
    changed_at timestamptz not null,
    revision int not null default 0,
    -- the forms as they were filled in, by step
    filled jsonb not null default '{}'
);

-- A town's drafts, and those that have lain too long (store/drafts.py).
create index drafts_of_town on fjt.resident_drafts (org, changed_at);

alter table fjt.resident_drafts enable row level security;

alter table fjt.resident_drafts force row level security;

create policy worker on fjt.resident_drafts to fjt_worker using (true) with check (true);

create policy own_town on fjt.resident_drafts to fjt_web, fjt_planner
    using (current_setting('fjt.scope', true) in ('plan', 'enrol') and org = any ((select fjt.orgs())::text[])
        and ((select fjt.areas()) is null or begun_by = (select fjt.who())::text
            or area_id = any ((select fjt.areas())::uuid[]) and ((select fjt.performers()) is null
                or org || '/' || coalesce(performer, 'town') = any ((select fjt.performers())::text[]))));

grant select, insert, update, delete on fjt.resident_drafts to fjt_worker;

grant select on fjt.resident_drafts to fjt_web, fjt_planner;

grant insert (org, area_id, performer, begun_by, begun_at, changed_at, filled), update (area_id, performer, changed_at, revision, filled), delete
    on fjt.resident_drafts to fjt_planner;

create function fjt.drafts_of_planner() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        new.begun_by := fjt.page_actor();
        new.begun_at := fjt.just_now(new.begun_at);
    end if;
    new.changed_at := fjt.just_now(new.changed_at);
    return new;
end $$;

create trigger planner_writes before insert or update on fjt.resident_drafts for each row when (session_user = 'fjt_planner')
    execute function fjt.drafts_of_planner();

-- ---- what the pages write ----

grant insert (resident_id, org, area_id, number, performer, name, address, phone, risk, pets, cohabitant, cohabitant_sleeps, protected, access,
    port_code, key_place, second_way, door_tried_on, marks, notes),
    update (area_id, performer, name, address, phone, risk, pets, cohabitant, cohabitant_sleeps, protected, access, port_code, key_place, second_way,
    door_tried_on, marks, notes) on fjt.residents to fjt_planner;

grant insert (org, resident_id, name, relation, phone, hours, may_be_told, has_key, ring_first),
    update (org, name, relation, phone, hours, may_be_told, has_key, ring_first), delete on fjt.contacts to fjt_planner;

grant insert (org, resident_id, reference, kind, purpose, less_intrusive, alternative, starts_on, ends_on, trial_ends_on, after_trial, follow_up_on),
    update (resident_id, kind, purpose, less_intrusive, alternative, starts_on, ends_on, trial_ends_on, after_trial, follow_up_on)
    on fjt.decisions to fjt_planner;

grant insert (resident_id, org, answers, green_by, show, signed_by, signed_at), update (org, answers, green_by, show, signed_by, signed_at)
    on fjt.plans to fjt_planner;

grant insert (org, resident_id, who, state, basis, given_at, revoked_at, revoked_instead, recorded_by, camera, sensors, shown_to_people, automatic,
    given_how, language, present, second_talk_on, capacity, legal_position, representative),
    update (basis, given_at, camera, sensors, shown_to_people, automatic, given_how, language, present, second_talk_on, capacity, legal_position,
    representative) on fjt.consents to fjt_planner;

grant insert (org, device_id, resident_id, kind, label, profile, capture), update (resident_id, kind, label, profile, capture) on fjt.devices to fjt_planner;

grant update (device_id, green_by, show) on fjt.checks to fjt_planner;

-- A device that is nobody's is in no area. Whoever binds one sees it, and takes nobody's.
create policy free on fjt.devices to fjt_planner using (resident_id is null and org = any ((select fjt.orgs())::text[])
    and current_setting('fjt.scope', true) in ('arrange', 'enrol'));

-- ---- and what they may not ----

-- Pages that pause, stop or read do not write a resident's papers.
create function fjt.edits_papers() returns boolean language sql stable
as $$ select current_setting('fjt.scope', true) in ('arrange', 'decide', 'enrol') $$;

create function fjt.papers_of_planner() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if not fjt.edits_papers() then
        perform fjt.refuse_write('a resident''s papers, by a page of another right');
    end if;
    if tg_op = 'DELETE' then
        return old;
    end if;
    if tg_op = 'UPDATE' and new.resident_id is distinct from old.resident_id then
        perform fjt.refuse_write('a row of another resident''s');
    end if;
    return new;
end $$;

do $$
declare
    t text;
begin
    foreach t in array '{contacts,decisions,plans}'::text[] loop
        execute format('create trigger planner_writes before insert or update or delete on fjt.%I for each row when (session_user = ''fjt_planner'') execute function fjt.papers_of_planner()', t);
    end loop;
end $$;

create function fjt.residents_of_planner() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if tg_op = 'UPDATE' and new.died_at is distinct from old.died_at and (new.died_at is not null) is distinct from exists (
        select from fjt.deaths d where d.resident_id = new.resident_id and d.corrected_at is null
    ) then
        perform fjt.refuse_write('a death without its row');
    end if;
    -- Turns, marks of planning and a death are other pages' too. A generated column has no value yet here.
    if tg_op = 'UPDATE' and (to_jsonb(new) - '{revision,unplanned_since,died_at,search_form}'::text[]) = (to_jsonb(old) - '{revision,unplanned_since,died_at,search_form}'::text[]) then
        return new;
    end if;
    -- fjt.merge_area (30_areas.sql) has asked who may.
    if tg_op = 'UPDATE' and current_user = 'fjt_owner' and (to_jsonb(new) - '{revision,area_id,search_form}'::text[]) = (to_jsonb(old) - '{revision,area_id,search_form}'::text[]) then
        return new;
    end if;
    if not fjt.edits_papers() then
        perform fjt.refuse_write('a resident, by a page of another right');
    end if;
    if fjt.performers() is not null and not new.org || '/' || coalesce(new.performer, 'town') = any (fjt.performers()) then
        perform fjt.refuse_write('a resident of another performer''s');
    end if;
    return new;
end $$;

create trigger planner_writes before insert or update on fjt.residents for each row when (session_user = 'fjt_planner')
    execute function fjt.residents_of_planner();

-- A consent is given by a page that records consents. One that is withdrawn stays as it is.
create function fjt.consents_of_planner() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    new.recorded_by := fjt.page_actor();
    if tg_op = 'UPDATE' and old.state = 'revoked' then
        perform fjt.refuse_write('a consent given back');
    end if;
    if tg_op = 'UPDATE' and new.state = 'revoked' then
        new.revoked_at := fjt.just_now(new.revoked_at);
        return new;
    end if;
    if current_setting('fjt.scope', true) not in ('decide', 'enrol') then
        perform fjt.refuse_write('a consent given, by a page of another right');
    end if;
    return new;
end $$;

create trigger planner_writes before insert or update on fjt.consents for each row when (session_user = 'fjt_planner')
    execute function fjt.consents_of_planner();

-- The next neutral number of a town. Two who add somebody take turns until the first is done.
create function fjt.next_resident_number(town text) returns int language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    if fjt.is_page() and not (town = any (fjt.orgs()) and fjt.edits_papers()) then
        perform fjt.refuse_write('a number of another town''s');
    end if;
    perform pg_advisory_xact_lock(hashtext('resident number'), hashtext(town));
    return (select coalesce(max(number), 0) + 1 from fjt.residents where org = town and not training);
end $$;

-- Whether a device is somebody's, and a reference another resident's, also of an area or a performer that the asker does not see.
create policy taken on fjt.devices for select to fjt_owner using (true);

create policy taken on fjt.decisions for select to fjt_owner using (true);

create function fjt.device_is_taken(town text, name text) returns boolean language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return (not fjt.is_page() or town = any (fjt.orgs()) and fjt.edits_papers())
        and exists (select from fjt.devices d where d.org = town and d.device_id = name and d.resident_id is not null);
end $$;

create function fjt.reference_is_taken(town text, said text, but uuid) returns boolean language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return (not fjt.is_page() or town = any (fjt.orgs()) and fjt.edits_papers())
        and exists (select from fjt.decisions d where d.org = town and d.reference = said and d.resident_id is distinct from but);
end $$;

revoke all on function fjt.drafts_of_planner(), fjt.edits_papers(), fjt.papers_of_planner(), fjt.residents_of_planner(), fjt.consents_of_planner(),
    fjt.next_resident_number(text), fjt.device_is_taken(text, text), fjt.reference_is_taken(text, text, uuid) from public;

grant execute on function fjt.edits_papers(), fjt.next_resident_number(text), fjt.device_is_taken(text, text),
    fjt.reference_is_taken(text, text, uuid) to fjt_planner;
