-- Whose rows a page sees. The page's transaction carries the raw token of a session, or of a link in an SMS, and the right
-- that the page is for (fjt.token, fjt.scope). These functions hash the token and look it up, so that injected SQL can
-- name only a token that it knows, and knowing a hash opens nothing. They write nothing: a row written per page would give
-- each page a transaction id, and hold back every board, the sealer and the pictures (docs/database.md#lines-in-order).
--
-- In plpgsql, since servers before PostgreSQL 18 plan the body of an SQL function anew in each statement that calls it.
-- Some of them name tables and functions of later revisions: nothing calls them before those are there.

-- ---- carried through the transaction ----

-- A statement asks for towns and areas once for each policy of each of its tables, and a lookup takes some 50 microseconds.
-- So fjt.enter looks up once a transaction, and leaves what it found in a setting with a mark: a digest, by a secret that only
-- these functions read, over the values, the token, the scope, and the transaction. Whoever changes one of those, or
-- brings a setting from another transaction, is looked up again.
create table fjt.carry_secret (
    is_only boolean primary key default true check (is_only),
    secret bytea not null
);

insert into fjt.carry_secret (secret) values (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

alter table fjt.carry_secret enable row level security;

alter table fjt.carry_secret force row level security;

create policy functions_alone on fjt.carry_secret for select to fjt_owner using (true);

create function fjt.carry_mark(kept text) returns text language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    ours bytea := (select secret from fjt.carry_secret);
begin
    -- Quoted, so that no value can pass for two. Twice, since one SHA-256 alone can be lengthened.
    return encode(sha256(ours || sha256(ours || convert_to(concat_ws(',',
        quote_nullable(kept), quote_nullable(current_setting('fjt.token', true)), quote_nullable(current_setting('fjt.scope', true)),
        transaction_timestamp(), pg_backend_pid()), 'UTF8'))), 'hex');
end $$;

-- What fjt.enter has kept for this transaction: towns, areas, person, notice, a link's resident, performers. Null: it was not called, or not for this token
-- and scope.
create function fjt.carried() returns text[] language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    said text := current_setting('fjt.carried', true);
begin
    if said is null or said = '' or left(said, 64) <> fjt.carry_mark(substr(said, 65)) then
        return null;
    end if;
    return substr(said, 65)::text[];
end $$;

-- Begin a page's transaction: carry the token and the scope, and what they open. A transaction without a scope sees no row.
create function fjt.enter(token text, scope text) returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    kept text;
begin
    perform set_config('fjt.token', token, true), set_config('fjt.scope', scope, true), set_config('fjt.carried', '', true);
    if scope = '' then
        return;
    end if;
    kept := (select array[g.orgs::text, g.areas::text, fjt.who()::text, fjt.link()::text, fjt.only_resident()::text,
        g.performers::text]::text from fjt.granted() g);
    perform set_config('fjt.carried', fjt.carry_mark(kept) || kept, true);
end $$;

-- ---- looked up ----

-- The person whose session the transaction carries; null for a link, and for nobody.
create function fjt.who() returns uuid language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    kept text[] := fjt.carried();
begin
    if kept is not null then
        return kept[3]::uuid;
    end if;
    return (
        select s.user_id from fjt.web_sessions s join fjt.users u using (user_id)
        where s.token_hash = sha256(convert_to(nullif(current_setting('fjt.token', true), ''), 'UTF8'))
            and s.expires_at > clock.now() and u.disabled_at is null);
end $$;

-- The notice whose link the transaction carries; null for a session, and for nobody.
create function fjt.link() returns uuid language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    kept text[] := fjt.carried();
begin
    if kept is not null then
        return kept[4]::uuid;
    end if;
    return (
        select n.notice_id from fjt.notices n
        where current_setting('fjt.scope', true) = 'link' and n.token = nullif(current_setting('fjt.token', true), ''));
end $$;

-- The one resident whose rows a link sees (0003_writes, 07_link.sql); an id that nobody has, where its alarm is about none. Null for a session.
create function fjt.only_resident() returns uuid language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    kept text[] := fjt.carried();
begin
    if kept is not null then
        return kept[5]::uuid;
    end if;
    if current_setting('fjt.scope', true) is distinct from 'link' then
        return null;
    end if;
    return coalesce(
        (select a.resident_id from fjt.notices n join fjt.alarms a using (alarm_id) where n.token = nullif(current_setting('fjt.token', true), '')),
        '00000000-0000-0000-0000-000000000000');
end $$;

-- The towns in which the carried token has the right that the page is for, with the areas that it is limited to there.
-- A link sees the town of its alarm, that alarm's area, and where its resident lives by now: of these one resident.
create function fjt.grants() returns table (org text, areas uuid[], performers text[])
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    wanted text := current_setting('fjt.scope', true);
begin
    if wanted = 'link' then
        return query
            select a.org, array_remove(array[a.area_id, nullif(r.area_id, a.area_id)], null), null::text[]
            from fjt.notices n join fjt.alarms a using (alarm_id) left join fjt.residents r using (resident_id)
            where n.token = nullif(current_setting('fjt.token', true), '');
        return;
    end if;
    return query
        select m.org, m.areas, m.performers
        from fjt.my_memberships() m join fjt.organisations o on o.org = m.org
        -- No performer at all must not be read as every performer: then the membership gives nothing.
        where m.performers is distinct from '{}' and exists (
            select from fjt.role_rights r where r.role = any (m.roles) and r.handled_by = o.handled_by and r.allows = wanted);
end $$;

-- The towns whose rows the transaction sees, and the areas and performers that it is limited to; null: none. A person with some
-- areas in one town and all of another sees, of both, only the areas named. Nobody sees more because of that.
--
-- Whoever is limited to performers is limited to areas too, be it all of the town: so that a policy asks of areas alone whether
-- there is a limit, and in towns without performers of nothing else.
create function fjt.granted(out orgs text[], out areas uuid[], out performers text[])
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    has_performers boolean;
begin
    select coalesce(array_agg(g.org), '{}'),
        case when bool_or(g.areas is not null)
            then array(select distinct area from fjt.grants() limited, unnest(limited.areas) area) end,
        bool_or(g.performers is not null)
        into orgs, areas, has_performers
    from fjt.grants() g;
    -- No area at all must not be read as every area: then there is no town either. Pages of those rights read no row
    -- themselves: functions answer them, with the columns that they show (0006_review).
    if areas = '{}' or current_setting('fjt.scope', true) in ('review', 'supervise', 'hand_out', 'mount') then
        orgs := '{}';
    end if;
    if has_performers then
        areas := coalesce(areas, array(select a.area_id from fjt.areas a where a.org = any (orgs)));
        performers := array(
            select g.org || '/' || code from fjt.grants() g, unnest(g.performers) code
            union select w.org || '/' || code
            from (select g.org from fjt.grants() g group by g.org having bool_and(g.performers is null)) w,
                lateral (select p.code from fjt.performers p where p.org = w.org union all select 'town') every (code));
    end if;
end $$;

create or replace function fjt.orgs() returns text[] language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    kept text[] := fjt.carried();
begin
    if kept is not null then
        return kept[1]::text[];
    end if;
    -- A replica of the release before names its towns itself, until the rollout is finished (0009).
    if session_user = 'fjt_web' and coalesce(current_setting('fjt.token', true), '') = '' then
        return coalesce(string_to_array(nullif(current_setting('fjt.orgs', true), ''), ','), '{}');
    end if;
    return (select g.orgs from fjt.granted() g);
end $$;

-- The areas that the carried token is limited to; null: none.
create function fjt.own_areas() returns uuid[] language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    kept text[] := fjt.carried();
begin
    if kept is not null then
        return kept[2]::uuid[];
    end if;
    return (select g.areas from fjt.granted() g);
end $$;

-- The areas that a transaction is limited to. Beyond them it sees the one case that it decides about (0003_writes, fjt.case_of).
create or replace function fjt.areas() returns uuid[] language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    if session_user = 'fjt_web' and coalesce(current_setting('fjt.token', true), '') = '' then
        return string_to_array(nullif(current_setting('fjt.areas', true), ''), ',')::uuid[];
    end if;
    return fjt.own_areas();
end $$;

-- The performers that a transaction is limited to, each with its town: '{ost/alfa,ost/town}'; null: none. A replica of the release
-- before knows of none, and fjt.session_of tells it of nobody who is limited to some.
create function fjt.performers() returns text[] language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    kept text[] := fjt.carried();
begin
    if kept is not null then
        return kept[6]::text[];
    end if;
    if coalesce(current_setting('fjt.token', true), '') = '' then
        return null;
    end if;
    return (select g.performers from fjt.granted() g);
end $$;

-- Each policy asks once a statement, and not once a row: the call stands in a subquery of its own.
do $$
declare
    p record;
    path text := current_setting('search_path');
begin
    perform set_config('search_path', 'pg_catalog', true);
    for p in select * from pg_policies where schemaname = 'fjt' and roles = '{fjt_web}' and coalesce(qual, '') || coalesce(with_check, '') like '%ANY (fjt.orgs())%' loop
        execute format('alter policy %I on fjt.%I', p.policyname, p.tablename)
            || coalesce(' using (' || replace(p.qual, 'ANY (fjt.orgs())', 'any ((select fjt.orgs())::text[])') || ')', '')
            || coalesce(' with check (' || replace(p.with_check, 'ANY (fjt.orgs())', 'any ((select fjt.orgs())::text[])') || ')', '');
    end loop;
    perform set_config('search_path', path, true);
end $$;

-- ---- the session of a page ----

-- The carried session is in use now. A statement of its own, at most once a minute: pages write nothing.
create function fjt.touch_session() returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    update fjt.web_sessions set seen_at = clock.now()
        where token_hash = sha256(convert_to(nullif(current_setting('fjt.token', true), ''), 'UTF8'));
end $$;
