-- Deputies: a member stands in for a colleague between two instants, with the roles, areas and performers that the colleague has when it
-- is decided, but never as an admin (docs/adr/0057). Nobody's own membership is changed by it, and it ends by itself.
create table fjt.deputies (
    deputy_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    user_id uuid not null references fjt.users,
    stands_in_for uuid not null references fjt.users,
    roles text[] not null check (roles <> '{}' and roles <@ '{operator,supervisor,lead,carer,case_officer,coordinator,installer,auditor}'),
    areas uuid[] check (areas <> '{}'),
    performers text[] check (performers <> '{}'),
    from_at timestamptz not null,
    until_at timestamptz not null,
    -- when somebody ended it before its time; a row is never deleted
    ended_at timestamptz,
    made_at timestamptz not null,
    check (user_id <> stands_in_for),
    check (until_at > from_at and until_at <= from_at + interval '93 days')
);

-- What may this person do now? (fjt.roles_by_deputy)
create index deputies_of_user on fjt.deputies (user_id) where ended_at is null;

-- Who stands in for whom in a town? (fjt.deputies_of)
create index deputies_of_town on fjt.deputies (org, until_at);

alter table fjt.deputies enable row level security;

alter table fjt.deputies force row level security;

create policy people on fjt.deputies to fjt_owner using (true) with check (true);

create trigger deputies_stay before delete on fjt.deputies for each row execute function fjt.refuse();

-- A deputy's own membership has to last: whoever has left the town stands in for nobody.
create view fjt.roles_by_deputy as
    select d.user_id, d.org, d.roles, d.areas, d.performers
    from fjt.deputies d join fjt.memberships m on m.user_id = d.user_id and m.org = d.org
    where d.ended_at is null and d.from_at <= clock.now() and clock.now() < d.until_at
        and m.accepted_at is not null and (m.ended_at is null or m.ended_at > clock.now());

-- As 0004_sign_in/02_sessions.sql has it, and the roles that the person stands in for now or later: a session that began before lasts.
create or replace function fjt.idle_limit_of(whose uuid, town text, narrowed text[]) returns interval
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return (
        select min(l.unused) from fjt.idle_limits l
        where exists (
                select from fjt.roles_held h
                where l.role = any (h.roles) and h.user_id = whose and (town is null or h.org = town and l.role = any (narrowed)))
            or town is null and exists (
                select from fjt.deputies d
                where l.role = any (d.roles) and d.user_id = whose and d.ended_at is null and d.until_at > clock.now()));
end $$;

-- As 0006_review/02_agreements.sql has it, and what the person stands in for.
create or replace function fjt.my_memberships() returns table (org text, roles text[], areas uuid[], performers text[])
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
    -- A session that a provider's claims or a sealed account narrow (only_org) is narrowed to roles of its own: nobody stands in by it.
    if s.only_org is null and exists (select from fjt.deputies d where d.user_id = s.user_id and d.ended_at is null) then
        return query select m.org, m.roles, m.areas, m.performers from fjt.roles_by_deputy m where m.user_id = s.user_id;
    end if;
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

-- The roles of the person behind the carried session in one town, from wherever they have them.
create or replace function fjt.my_roles(town text) returns text[] language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return (select array_agg(distinct r order by r) from fjt.my_memberships() m, unnest(m.roles) r where m.org = town);
end $$;

-- A town's deputies that run or are to come: those of whom the caller may keep both people's areas and performers.
create function fjt.deputies_of(town text) returns table (
    deputy_id uuid, user_id uuid, name text, stands_in_for uuid, for_name text, roles text[], areas uuid[], performers text[],
    from_at timestamptz, until_at timestamptz)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return query
        select d.deputy_id, d.user_id, u.name, d.stands_in_for, o.name, d.roles, d.areas, d.performers, d.from_at, d.until_at
        from fjt.deputies d join fjt.users u using (user_id) join fjt.users o on o.user_id = d.stands_in_for
        where d.org = town and d.ended_at is null and d.until_at > clock.now() and fjt.may_keep_people(town, d.areas, d.performers)
        order by d.from_at, d.deputy_id;
end $$;

-- Let a member stand in for a colleague. The answer: changed, asked (they stand in for them then already), no_roles (the colleague has
-- none but an admin's), or gone (one of the two is no member, or not the caller's to keep).
create function fjt.let_stand_in(town text, whose uuid, colleague uuid, beginning timestamptz, ending timestamptz, said_by text) returns text
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    theirs fjt.memberships;
    given text[];
begin
    select * into theirs from fjt.memberships m
        where m.org = town and m.user_id = colleague and m.accepted_at is not null and (m.ended_at is null or m.ended_at > clock.now());
    if theirs.org is null or whose = colleague or not coalesce(fjt.may_keep_people(town, theirs.areas, theirs.performers), false)
        or not exists (
            select from fjt.memberships m join fjt.users u using (user_id)
            where m.org = town and m.user_id = whose and m.accepted_at is not null and u.disabled_at is null
                and (m.ended_at is null or m.ended_at > clock.now()) and fjt.may_keep_people(town, m.areas, m.performers)) then
        return 'gone';
    end if;
    perform fjt.keep_people(town, theirs.areas, theirs.performers);
    given := array(select distinct r from unnest(theirs.roles) r where r <> 'admin' order by r);
    if given = '{}' then
        return 'no_roles';
    end if;
    if exists (select from fjt.deputies d where d.org = town and d.user_id = whose and d.stands_in_for = colleague
        and d.ended_at is null and d.from_at < ending and beginning < d.until_at) then
        return 'asked';
    end if;
    insert into fjt.deputies (org, user_id, stands_in_for, roles, areas, performers, from_at, until_at, made_at)
        values (town, whose, colleague, given, theirs.areas, theirs.performers, greatest(beginning, clock.now()), ending, clock.now());
    -- A board's session goes unused for as long as it lives; a planner's does not, from now on already.
    update fjt.web_sessions s set idle_limit = fjt.idle_limit_of(whose, null, null)
        where s.user_id = whose and s.idles and s.only_org is null
            and s.idle_limit is distinct from fjt.idle_limit_of(whose, null, null);
    perform fjt.note_people(town, 'deputy_given', jsonb_build_object(
        'user_id', whose, 'stands_in_for', colleague, 'roles', given, 'areas', theirs.areas, 'performers', theirs.performers,
        'from_at', greatest(beginning, clock.now()), 'ends_at', ending), said_by);
    return 'changed';
end $$;

-- End it now; the deputy's sessions end with it. The answer: changed or gone.
create function fjt.end_deputy(deputy uuid, said_by text) returns text
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    it fjt.deputies;
begin
    select * into it from fjt.deputies d where d.deputy_id = deputy and d.ended_at is null and d.until_at > clock.now() for update;
    if it.org is null or not coalesce(fjt.may_keep_people(it.org, it.areas, it.performers), false) then
        return 'gone';
    end if;
    update fjt.deputies set ended_at = clock.now() where deputy_id = deputy;
    perform fjt.note_people(it.org, 'deputy_ended', jsonb_build_object('user_id', it.user_id, 'stands_in_for', it.stands_in_for), said_by);
    if it.from_at <= clock.now() then
        delete from fjt.web_sessions where user_id = it.user_id;
    end if;
    return 'changed';
end $$;

revoke all on function fjt.deputies_of(text), fjt.let_stand_in(text, uuid, uuid, timestamptz, timestamptz, text), fjt.end_deputy(uuid, text)
    from public;

grant execute on function fjt.deputies_of(text), fjt.let_stand_in(text, uuid, uuid, timestamptz, timestamptz, text), fjt.end_deputy(uuid, text)
    to fjt_web;
