-- Agreements between an alarm centre and a town: while one runs, the centre's people have their roles in the town.

create table fjt.agreements (
    agreement_id uuid primary key default gen_random_uuid(),
    centre text not null references fjt.alarm_centres,
    org text not null references fjt.organisations,
    -- nights by the town's zone, the first and the last: nobody is to leave a board in the middle of one
    from_on date not null,
    until_on date,
    areas uuid[] check (areas <> '{}'),
    offered_at timestamptz not null,
    accepted_at timestamptz,
    ended_at timestamptz,
    check (until_on is null or until_on >= from_on)
);

-- Which agreements give a centre's people a town? (fjt.roles_held)
create index agreements_of_centre on fjt.agreements (centre) where ended_at is null;

create index agreements_of_town on fjt.agreements (org);

alter table fjt.agreements enable row level security;

alter table fjt.agreements force row level security;

create policy people on fjt.agreements to fjt_owner using (true) with check (true);

create policy agreements on fjt.events for insert to fjt_owner
    with check (kind in ('agreement_offered', 'agreement_accepted', 'agreement_ended'));

-- The towns that a centre's people see now, and their areas (null: all).
create view fjt.agreements_running as
    select a.agreement_id, a.centre, a.org, a.areas from fjt.agreements a join fjt.organisations o using (org)
    where a.accepted_at is not null and a.ended_at is null
        and ((clock.now() at time zone o.zone) - interval '12 hours')::date between a.from_on and coalesce(a.until_on, 'infinity');

create view fjt.roles_by_agreement as
    select c.user_id, a.org, array_remove(c.roles, 'admin') as roles, a.areas
    from fjt.centre_members c join fjt.agreements_running a using (centre)
    where c.ended_at is null or c.ended_at > clock.now();

create or replace view fjt.roles_held as
    select m.user_id, m.org, m.roles, m.areas, m.performers from fjt.memberships m
    where m.accepted_at is not null and (m.ended_at is null or m.ended_at > clock.now())
    union all
    select user_id, org, roles, areas, null::text[] from fjt.roles_by_agreement;

-- The roles that count in the session which the transaction carries: those that its person has, narrowed to its assignment.
-- fjt.grants and fjt.session_of_token ask it; a session is narrowed nowhere else. Agreements are looked up for the people of a centre
-- alone: the view of both costs everybody else 0.1 ms.
create function fjt.my_memberships() returns table (org text, roles text[], areas uuid[], performers text[])
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    s fjt.web_sessions := fjt.live_session();
begin
    return query
        select m.org,
            case when s.only_org is null then m.roles else array(select r from unnest(m.roles) r where r = any (s.only_roles)) end,
            case when s.only_areas is null then m.areas when m.areas is null then s.only_areas
                else array(select a from unnest(m.areas) a where a = any (s.only_areas)) end,
            case when s.only_performers is null then m.performers when m.performers is null then s.only_performers
                else array(select p from unnest(m.performers) p where p = any (s.only_performers)) end
        from fjt.memberships m
        where m.user_id = s.user_id and m.org = coalesce(s.only_org, m.org)
            and m.accepted_at is not null and (m.ended_at is null or m.ended_at > clock.now());
    if exists (select from fjt.centre_members c where c.user_id = s.user_id) then
        return query
            select m.org,
                case when s.only_org is null then m.roles else array(select r from unnest(m.roles) r where r = any (s.only_roles)) end,
                case when s.only_areas is null then m.areas when m.areas is null then s.only_areas
                    else array(select a from unnest(m.areas) a where a = any (s.only_areas)) end,
                s.only_performers
            from fjt.roles_by_agreement m where m.user_id = s.user_id and m.org = coalesce(s.only_org, m.org);
    end if;
end $$;

revoke all on function fjt.my_memberships() from public;

-- The people of the centres that the viewer's towns have, or had, an agreement with: names stand beside what they have done.
create function fjt.centre_colleagues() returns uuid[] language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return (
        select array_agg(distinct c.user_id) from fjt.centre_members c join fjt.agreements a using (centre)
        where a.accepted_at is not null and a.org = any (fjt.orgs()));
end $$;

create policy of_centre on fjt.users for select to fjt_web using (user_id = any ((select fjt.centre_colleagues())::uuid[]));

-- ---- both sides ----

-- Is the carried session's person an admin of the centre?
create function fjt.keeps_centre(wanted text) returns boolean
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return exists (
        select from fjt.centre_members c
        where c.centre = wanted and c.user_id = fjt.who() and 'admin' = any (c.roles) and (c.ended_at is null or c.ended_at > clock.now()));
end $$;

-- The agreements that the caller keeps, from the town's side or the centre's; every one of a town for the command line.
create function fjt.agreements_kept() returns table (
    agreement_id uuid, centre text, centre_name text, org text, town text, zone text, from_on date, until_on date, areas text[],
    accepted boolean, ended_at timestamptz, of_town boolean, of_centre boolean)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return query
        select a.agreement_id, a.centre, c.name, a.org, o.name, o.zone, a.from_on, a.until_on,
            (select array_agg(x.code order by x.code) from fjt.areas x where x.area_id = any (a.areas)),
            a.accepted_at is not null, a.ended_at, side.of_town, side.of_centre
        from fjt.agreements a join fjt.alarm_centres c using (centre) join fjt.organisations o using (org)
        cross join lateral (select coalesce(fjt.may_keep_people(a.org, null, null), false) as of_town, fjt.keeps_centre(a.centre) as of_centre) side
        where side.of_town or side.of_centre
        order by a.ended_at nulls first, a.from_on, a.agreement_id;
end $$;

-- A town offers an agreement; the centre's admin accepts it.
create function fjt.offer_agreement(town text, wanted text, first date, last date, given uuid[], said_by text) returns uuid
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    made uuid;
begin
    perform fjt.keep_people(town, null, null);
    perform fjt.keep_people(town, given, null);
    if not exists (select from fjt.alarm_centres c where c.centre = wanted) then
        return null;
    end if;
    insert into fjt.agreements (centre, org, from_on, until_on, areas, offered_at)
        values (wanted, town, first, last, given, clock.now()) returning agreement_id into made;
    perform fjt.note_people(town, 'agreement_offered', jsonb_build_object(
        'agreement_id', made, 'centre', wanted, 'from_on', first, 'until_on', last, 'areas', given), said_by);
    return made;
end $$;

-- The centre's admin, or the command line, says yes.
create function fjt.accept_agreement(wanted uuid, said_by text) returns boolean
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    it fjt.agreements;
begin
    select * into it from fjt.agreements a where a.agreement_id = wanted and a.accepted_at is null and a.ended_at is null for update;
    if it.org is null or not (session_user = 'fjt_worker' or fjt.keeps_centre(it.centre)) then
        return false;
    end if;
    update fjt.agreements set accepted_at = clock.now() where agreement_id = wanted;
    perform fjt.note_people(it.org, 'agreement_accepted', jsonb_build_object('agreement_id', wanted, 'centre', it.centre), said_by);
    return true;
end $$;

-- Either side ends it, now.
create function fjt.end_agreement(wanted uuid, said_by text) returns boolean
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    it fjt.agreements;
begin
    select * into it from fjt.agreements a where a.agreement_id = wanted and a.ended_at is null for update;
    if it.org is null or not (coalesce(fjt.may_keep_people(it.org, null, null), false) or fjt.keeps_centre(it.centre)) then
        return false;
    end if;
    update fjt.agreements set ended_at = clock.now() where agreement_id = wanted;
    perform fjt.note_people(it.org, 'agreement_ended', jsonb_build_object('agreement_id', wanted, 'centre', it.centre), said_by);
    return true;
end $$;

-- ---- rights ----

revoke all on function fjt.centre_colleagues(), fjt.keeps_centre(text), fjt.agreements_kept(),
    fjt.offer_agreement(text, text, date, date, uuid[], text), fjt.accept_agreement(uuid, text), fjt.end_agreement(uuid, text) from public;

grant execute on function fjt.centre_colleagues(), fjt.agreements_kept(), fjt.offer_agreement(text, text, date, date, uuid[], text),
    fjt.accept_agreement(uuid, text), fjt.end_agreement(uuid, text) to fjt_web;

grant execute on function fjt.agreements_kept(), fjt.offer_agreement(text, text, date, date, uuid[], text),
    fjt.accept_agreement(uuid, text), fjt.end_agreement(uuid, text) to fjt_worker;
