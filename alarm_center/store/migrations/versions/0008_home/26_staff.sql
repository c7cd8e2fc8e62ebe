-- Phones of carers that are lost: off duty from that instant until they are found, whoever's they come to be (docs/adr/0061).

create table fjt.lost_phones (
    org text not null references fjt.organisations,
    phone text not null,
    lost_at timestamptz not null,
    found_at timestamptz check (found_at >= lost_at),
    said_by text not null,
    primary key (org, phone, lost_at)
);

-- Is this phone lost? Asked of each SMS before it is sent. (store/claims.py, store/rosters.py)
create unique index lost_phones_now on fjt.lost_phones (org, phone) where found_at is null;

alter table fjt.lost_phones enable row level security;

alter table fjt.lost_phones force row level security;

create policy worker on fjt.lost_phones to fjt_worker using (true) with check (true);

create policy own_town on fjt.lost_phones to fjt_web, fjt_planner
    using (org = any ((select fjt.orgs())::text[])) with check (org = any ((select fjt.orgs())::text[]));

create policy lost on fjt.lost_phones to fjt_owner using (true) with check (true);

grant select, insert on fjt.lost_phones to fjt_worker;

grant select on fjt.lost_phones to fjt_web, fjt_planner;

grant update (found_at) on fjt.lost_phones to fjt_planner;

create function fjt.found_phone_of_planner() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if coalesce(current_setting('fjt.scope', true), '') <> 'staff' or old.found_at is not null then
        perform fjt.refuse_write('a phone found, by a page of another right, or again');
    end if;
    new.found_at := fjt.just_now(new.found_at);
    return new;
end $$;

create trigger planner_writes before update on fjt.lost_phones for each row
    when (session_user = 'fjt_planner') execute function fjt.found_phone_of_planner();

create policy lost on fjt.notices for update to fjt_owner using (true) with check (true);

-- A town's phone is lost: nobody has the links that it was sent any more, and whoever is signed in as its carer is not. False: it was lost already.
create function fjt.lose_phone(town text, number text) returns boolean language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    is_new boolean;
begin
    if coalesce(current_setting('fjt.scope', true), '') <> 'staff' or not coalesce(town = any (fjt.orgs()), false)
        or not exists (
            select from fjt.carers c where c.org = town and c.phone = number and (fjt.areas() is null or exists (
                select from fjt.shifts s where s.carer_id = c.carer_id and s.area_id = any (fjt.areas())
                    and s.ends_at > clock.now() - interval '1 day' and s.starts_at < clock.now() + interval '1 day')))
    then
        perform fjt.refuse_write('the phone of another town or area');
    end if;
    insert into fjt.lost_phones (org, phone, lost_at, said_by) values (town, number, clock.now(), fjt.page_actor())
        on conflict (org, phone) where found_at is null do nothing;
    is_new := found;
    update fjt.notices n set token = fjt.new_link_token()
        where n.org = town and n.phone = number and (n.asked_at > clock.now() - interval '3 days' or exists (
            select from fjt.alarms a where a.alarm_id = n.alarm_id and a.state <> 'closed'));
    delete from fjt.web_sessions s using fjt.carers c where c.org = town and c.phone = number and s.user_id = c.user_id;
    return is_new;
end $$;

revoke all on function fjt.lose_phone(text, text), fjt.found_phone_of_planner() from public;

grant execute on function fjt.lose_phone(text, text) to fjt_planner;

-- ---- carers by page ----

-- What carers were called and which numbers they had before a page changed it: a file that still says so means the same carer. (town/apply.py)
create table fjt.former_carers (
    org text not null references fjt.organisations,
    carer_id uuid not null references fjt.carers,
    name text not null,
    phone text not null,
    until_at timestamptz not null,
    primary key (carer_id, until_at)
);

create index former_carers_of_town on fjt.former_carers (org, phone);

alter table fjt.former_carers enable row level security;

alter table fjt.former_carers force row level security;

create policy worker on fjt.former_carers to fjt_worker using (true) with check (true);

create policy own_town on fjt.former_carers to fjt_web, fjt_planner
    using (org = any ((select fjt.orgs())::text[])) with check (org = any ((select fjt.orgs())::text[]));

grant select, insert on fjt.former_carers to fjt_worker, fjt_planner;

grant select on fjt.former_carers to fjt_web;

create trigger planner_writes before insert on fjt.former_carers for each row
    when (session_user = 'fjt_planner') execute function fjt.staff_of_planner();

-- A number that is changed once the night is over. (store/carers.py)
alter table fjt.carers add column next_phone text, add column next_phone_at timestamptz,
    add check ((next_phone is null) = (next_phone_at is null));

create unique index carers_by_next_phone on fjt.carers (org, next_phone) where next_phone is not null;

grant update (name, phone, next_phone, next_phone_at, test_wanted_at, test_asked_at) on fjt.carers to fjt_planner;

-- Open cases follow their carer to another number, by new links: what the old phone has open is nobody's.
create function fjt.move_notices(town text, old_phone text, new_phone text) returns setof uuid
language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    if coalesce(current_setting('fjt.scope', true), '') <> 'staff' or not coalesce(town = any (fjt.orgs()), false) or fjt.areas() is not null
        or not exists (select from fjt.carers c where c.org = town and c.phone = new_phone)
        or exists (select from fjt.carers c where c.org = town and c.phone = old_phone)
    then
        perform fjt.refuse_write('the cases of another''s phone');
    end if;
    return query
        update fjt.notices n set phone = new_phone, token = fjt.new_link_token(), browser = null, opened_at = null
        where n.org = town and n.phone = old_phone and n.state in ('asked', 'took') and exists (
            select from fjt.alarms a where a.alarm_id = n.alarm_id and a.state <> 'closed')
        returning n.notice_id;
end $$;

revoke all on function fjt.move_notices(text, text, text) from public;

grant execute on function fjt.move_notices(text, text, text) to fjt_planner;

-- ---- larmombud ----

-- The carers who answer for the alarms of an area among their colleagues, two an area, from a day to a day. A row is never deleted.
create table fjt.ombudsmen (
    ombudsman_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    area_id uuid not null references fjt.areas,
    carer_id uuid not null references fjt.carers,
    from_day date not null,
    -- the last day; a day before the first: never
    until_day date
);

-- Those of an area. (store/ombudsmen.py, store/reconciliation.py)
create index ombudsmen_of_area on fjt.ombudsmen (area_id, from_day);

alter table fjt.ombudsmen enable row level security;

alter table fjt.ombudsmen force row level security;

create policy worker on fjt.ombudsmen to fjt_worker using (true) with check (true);

-- By town, as the rota: a carer is the town's.
create policy own_town on fjt.ombudsmen to fjt_web, fjt_planner
    using (org = any ((select fjt.orgs())::text[])) with check (org = any ((select fjt.orgs())::text[]));

grant select, insert on fjt.ombudsmen to fjt_worker;

grant select on fjt.ombudsmen to fjt_web;

grant select, insert (org, area_id, carer_id, from_day, until_day), update (until_day) on fjt.ombudsmen to fjt_planner;

create trigger planner_writes before insert or update on fjt.ombudsmen for each row
    when (session_user = 'fjt_planner') execute function fjt.staff_of_planner();

-- ---- a carer who leaves ----

-- What a carer who leaves has handed in: phone, keys.
alter table fjt.carers add column handed_in text[] not null default '{}' check (handed_in <@ '{phone,keys}');

grant update (handed_in) on fjt.carers to fjt_planner;

-- End a carer's sign-in at an instant; at once, their sessions too. The answer: none (they do not sign in), ended, or other_roles: they have
-- other roles in the town, which an admin ends; their sessions have ended.
create function fjt.end_carer_sign_in(whose uuid, until timestamptz) returns text
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    it fjt.memberships;
    over boolean := until <= clock.now();
begin
    if coalesce(current_setting('fjt.scope', true), '') <> 'staff' or fjt.areas() is not null or not exists (
        select from fjt.carers c where c.carer_id = whose and c.org = any (fjt.orgs()))
    then
        perform fjt.refuse_write('the sign-in of another town''s carer');
    end if;
    select m.* into it from fjt.carers c join fjt.memberships m on m.org = c.org and m.user_id = c.user_id
        where c.carer_id = whose and (m.ended_at is null or m.ended_at > clock.now()) for update of m;
    if it.org is null then
        return 'none';
    end if;
    if over then
        delete from fjt.web_sessions where user_id = it.user_id;
    end if;
    if it.roles <> '{carer}' then
        return 'other_roles';
    end if;
    update fjt.memberships m set ended_at = greatest(until, clock.now()) where m.org = it.org and m.user_id = it.user_id;
    if over then
        perform fjt.note_people(it.org, 'membership_ended', jsonb_build_object('user_id', it.user_id), 'staff');
    else
        perform fjt.note_people(it.org, 'membership_changed', jsonb_build_object(
            'user_id', it.user_id, 'roles', it.roles, 'areas', it.areas, 'performers', it.performers, 'ends_at', until), 'staff');
    end if;
    return 'ended';
end $$;

revoke all on function fjt.end_carer_sign_in(uuid, timestamptz) from public;

grant execute on function fjt.end_carer_sign_in(uuid, timestamptz) to fjt_planner;
