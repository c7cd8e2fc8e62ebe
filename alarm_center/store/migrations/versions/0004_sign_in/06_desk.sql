-- A desk that people share. A board that is left covers its names and pictures, and asks for its person's PIN: it never
-- signs out while its shift lasts, since queue and sound have to go on. Another person who has signed in at the same desk
-- takes it over by their own PIN. A PIN opens nothing by itself: it needs a session that began in this browser.

create table fjt.desk_pins (
    user_id uuid primary key references fjt.users,
    pin_hash text not null
);

alter table fjt.desk_pins enable row level security;

alter table fjt.desk_pins force row level security;

create policy sign_in on fjt.desk_pins to fjt_owner using (true) with check (true);

alter table fjt.web_sessions
    add column covered_at timestamptz,
    -- the hash of the desk's own cookie; null: begun by a replica of the release before, which has none
    add column desk_hash bytea,
    add column pin_tries int not null default 0;

-- Who is signed in at a desk? (fjt.desk_people)
create index web_sessions_of_desk on fjt.web_sessions (desk_hash) where desk_hash is not null;

-- The session of that raw token, whether it is covered, and whether its person keeps an alarm centre (0006_review); no row: there is
-- none. The statement that asks carries the token from then on, so that a page asks it before any transaction, in one statement.
create function fjt.session_of_token(brought text) returns table (
    user_id uuid, login text, name text, language text, csrf text, seen_at timestamptz,
    org text, roles text[], areas uuid[], performers text[], handled_by text, covered boolean, keeps_centre boolean,
    -- the town's name while its looks are stopped
    stopped text)
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    s fjt.web_sessions;
begin
    perform fjt.enter(brought, '');
    s := fjt.live_session();
    return query
        select u.user_id, u.login, u.name, u.language, s.csrf, s.seen_at, m.org, m.roles, m.areas, m.performers, o.handled_by,
            s.covered_at is not null, exists (
                select from fjt.centre_members c
                where c.user_id = s.user_id and 'admin' = any (c.roles) and (c.ended_at is null or c.ended_at > clock.now())),
            case when o.stopped_at is not null then o.name end
        from fjt.users u
        left join fjt.my_memberships() m on true
        left join fjt.organisations o on o.org = m.org
        where u.user_id = s.user_id;
end $$;

revoke all on function fjt.session_of_token(text) from public;

grant execute on function fjt.session_of_token(text) to fjt_web;

-- Cover the carried session.
create function fjt.cover() returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    update fjt.web_sessions set covered_at = coalesce(covered_at, clock.now())
        where token_hash = sha256(convert_to(nullif(current_setting('fjt.token', true), ''), 'UTF8'));
end $$;

-- ---- for fjt_sign_in, which compares the PIN ----

-- The session belongs to that desk from now on.
create function fjt.join_desk(hash bytea, desk bytea) returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    update fjt.web_sessions set desk_hash = desk where token_hash = hash;
end $$;

-- The people whose sessions began at that desk and go on.
create function fjt.desk_people(desk bytea) returns table (user_id uuid, name text, has_pin boolean)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return query
        select distinct u.user_id, u.name, p.user_id is not null
        from fjt.web_sessions s join fjt.users u using (user_id) left join fjt.desk_pins p using (user_id)
        where s.desk_hash = desk and s.expires_at > clock.now() and u.disabled_at is null
        order by u.name;
end $$;

-- Count a try at the session's PIN, before it is compared: five, until somebody has signed in anew. Of several sessions of
-- the person at the desk it is the newest.
create function fjt.try_pin(session_hash bytea, desk bytea, whose uuid)
returns table (token_hash bytea, user_id uuid, pin_hash text, tries int)
language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    return query
        update fjt.web_sessions s set pin_tries = s.pin_tries + 1
        from fjt.users u left join fjt.desk_pins p using (user_id)
        where u.user_id = s.user_id and u.disabled_at is null and s.expires_at > clock.now()
            and s.token_hash = coalesce(session_hash, (
                select o.token_hash from fjt.web_sessions o
                where o.desk_hash = desk and o.user_id = whose and o.expires_at > clock.now() order by o.created_at desc limit 1))
        returning s.token_hash, s.user_id, p.pin_hash, s.pin_tries;
end $$;

-- The PIN was right: the session goes on uncovered, under a new token where another person had the desk.
create function fjt.uncover(session_hash bytea, new_hash bytea) returns void
language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    update fjt.web_sessions s set covered_at = null, pin_tries = 0, seen_at = clock.now(), token_hash = coalesce(new_hash, s.token_hash)
        where s.token_hash = session_hash;
end $$;

-- Keep the PIN of the person whose session that is, and who has shown their password.
create function fjt.keep_pin(session_hash bytea, hash text) returns void
language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    insert into fjt.desk_pins (user_id, pin_hash)
        select s.user_id, hash from fjt.web_sessions s where s.token_hash = session_hash and s.expires_at > clock.now()
        on conflict (user_id) do update set pin_hash = excluded.pin_hash;
end $$;

revoke all on function fjt.cover(), fjt.join_desk(bytea, bytea), fjt.desk_people(bytea), fjt.try_pin(bytea, bytea, uuid),
    fjt.uncover(bytea, bytea), fjt.keep_pin(bytea, text) from public;

grant execute on function fjt.cover() to fjt_web;

grant execute on function fjt.join_desk(bytea, bytea), fjt.desk_people(bytea), fjt.try_pin(bytea, bytea, uuid),
    fjt.uncover(bytea, bytea), fjt.keep_pin(bytea, text) to fjt_sign_in;
