-- The life of a session: it ends at its own hour, when it has not been used for as long as its person's roles allow, and at
-- once with a new password, other roles, an ended membership or a disabled user. Streams ask each second (web/stream.py).

-- How long a session of that role may go unused, as core/roles.py has it (a test compares). A role that is not named: as long
-- as it lives. A person with several roles has the shortest of theirs.
create table fjt.idle_limits (
    role text primary key,
    unused interval not null
);

insert into fjt.idle_limits (role, unused) values
    ('lead', '20 minutes'), ('carer', '20 minutes'), ('case_officer', '20 minutes'), ('coordinator', '20 minutes'), ('installer', '20 minutes'),
    -- the last two as release 0.2.0 writes them
    ('planner', '20 minutes'), ('engineer', '20 minutes'), ('auditor', '15 minutes'), ('admin', '15 minutes');

alter table fjt.idle_limits enable row level security;

alter table fjt.idle_limits force row level security;

create policy anybody on fjt.idle_limits for select using (true);

grant select on fjt.idle_limits to fjt_worker;

-- The hour at which it ends however much it is used, and how long it may go unused (null: for ever). Every function asks
-- expires_at alone: the earlier of the two, as the trigger below keeps it, also for replicas of the release before. Where a
-- session does not idle, as in the demo, whose clock runs fast, the limit is null.
alter table fjt.web_sessions add column ends_at timestamptz, add column idle_limit interval,
    add column idles boolean not null default true;

-- Of a person's roles, those count that the session's assignment leaves (00_narrowed_sessions.sql): nulls where it has none.
create function fjt.idle_limit_of(whose uuid, town text, narrowed text[]) returns interval
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return (
        select min(l.unused) from fjt.roles_held h join fjt.idle_limits l on l.role = any (h.roles)
        where h.user_id = whose and (town is null or h.org = town and l.role = any (narrowed)));
end $$;

-- A session that is over is not used again: a late word of its use moves nothing.
create function fjt.limit_session() returns trigger language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        new.ends_at := new.expires_at;
        new.idle_limit := case when new.idles then fjt.idle_limit_of(new.user_id, new.only_org, new.only_roles) end;
    elsif old.expires_at <= clock.now() then
        return new;
    end if;
    new.expires_at := least(new.ends_at, greatest(new.seen_at, new.created_at) + new.idle_limit);
    return new;
end $$;

update fjt.web_sessions s set ends_at = s.expires_at, idle_limit = fjt.idle_limit_of(s.user_id, s.only_org, s.only_roles);

update fjt.web_sessions s set expires_at = least(s.ends_at, greatest(s.seen_at, s.created_at) + s.idle_limit);

alter table fjt.web_sessions alter column ends_at set not null;

create trigger limits before insert or update of seen_at, idle_limit on fjt.web_sessions
    for each row execute function fjt.limit_session();

-- ends of a person's sessions below, and the list of them
create index web_sessions_of_user on fjt.web_sessions (user_id);

-- ---- ended everywhere ----

-- A membership as far as it gives something now: its roles by their present names, and the rest as it stands; null: nothing.
create function fjt.given_by(m fjt.memberships) returns jsonb language sql stable set search_path = fjt, pg_temp
as $$
    select to_jsonb(m) - '{accepted_at,ended_at,version,roles}'::text[] || jsonb_build_object('roles', (
        select jsonb_agg(distinct case r when 'planner' then 'coordinator' when 'engineer' then 'installer' else r end)
        from unnest(m.roles) r))
    where m.accepted_at is not null and (m.ended_at is null or m.ended_at > clock.now())
$$;

create function fjt.end_sessions_of_user() returns trigger language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    -- Whoever changes their own password stays where they did it (fjt.change_password).
    delete from fjt.web_sessions where user_id = new.user_id and (new.disabled_at is not null
        or token_hash is distinct from sha256(convert_to(nullif(current_setting('fjt.token', true), ''), 'UTF8')));
    delete from fjt.sign_ins where user_id = new.user_id;
    -- The password may have been changed because somebody else knew it, and signed in with it somewhere.
    if old.password_hash is distinct from new.password_hash then
        delete from fjt.known_browsers where user_id = new.user_id;
    end if;
    return null;
end $$;

create trigger ends_sessions after update of password_hash, disabled_at on fjt.users for each row
    when (old.password_hash is distinct from new.password_hash or old.disabled_at is null and new.disabled_at is not null)
    execute function fjt.end_sessions_of_user();

-- A membership that gives something else ends its person's sessions, at the end of the transaction: the lines of it are
-- still theirs who write them. One that gave nothing yet takes nothing away, and may shorten how long they go unused.
create function fjt.end_sessions_of_member() returns trigger language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    if tg_op = 'DELETE' or tg_op = 'UPDATE'
        and fjt.given_by(old) is not null and fjt.given_by(old) is distinct from fjt.given_by(new) then
        delete from fjt.web_sessions where user_id = old.user_id;
    else
        update fjt.web_sessions s set idle_limit = fjt.idle_limit_of(s.user_id, s.only_org, s.only_roles)
            where s.user_id = new.user_id and s.idles
                and s.idle_limit is distinct from fjt.idle_limit_of(s.user_id, s.only_org, s.only_roles);
    end if;
    return null;
end $$;

create constraint trigger ends_sessions after insert or update or delete on fjt.memberships deferrable initially deferred
    for each row execute function fjt.end_sessions_of_member();

-- ---- begun, and ended by its person ----

-- Begin a session: the one that the browser brought ends, and the browser is a known one from now on, under a new token, so
-- that nobody who has planted or seen the one before is known by it.
create function fjt.open_session(hash bytea, shown uuid, at timestamptz, until timestamptz, csrf_token text, idles boolean,
    brought bytea, browser_before bytea, browser_now bytea) returns void
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    whose uuid;
begin
    perform fjt.begin_session(hash, shown, at, until, csrf_token);
    select s.user_id into whose from fjt.web_sessions s where s.token_hash = hash;
    if not idles then
        update fjt.web_sessions set idles = false, idle_limit = null where token_hash = hash;
    end if;
    delete from fjt.web_sessions s where s.token_hash = brought or s.user_id = whose and s.expires_at <= clock.now();
    update fjt.known_browsers set browser_hash = browser_now where browser_hash = browser_before;
    insert into fjt.known_browsers (browser_hash, user_id) values (browser_now, whose)
        on conflict (browser_hash, user_id) do update set used_at = clock_timestamp();
    delete from fjt.known_browsers where user_id = whose and used_at < clock_timestamp() - interval '1 year';
end $$;

create function fjt.end_my_session() returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    delete from fjt.web_sessions where token_hash = sha256(convert_to(nullif(current_setting('fjt.token', true), ''), 'UTF8'));
end $$;

create function fjt.end_my_sessions() returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    delete from fjt.web_sessions where user_id = fjt.who();
end $$;

-- Where the person is signed in, the last begun first.
create function fjt.my_sessions() returns table (created_at timestamptz, seen_at timestamptz, is_this boolean)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return query
        select s.created_at, s.seen_at, s.token_hash = sha256(convert_to(nullif(current_setting('fjt.token', true), ''), 'UTF8'))
        from fjt.web_sessions s where s.user_id = fjt.who() and s.expires_at > clock.now() order by s.created_at desc;
end $$;

-- Has the person of the carried session a password? Whom a provider or a sealed secret lets in has none.
create function fjt.have_i_password() returns boolean language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return exists (select from fjt.users u where u.user_id = fjt.who() and u.password_hash <> '!');
end $$;

-- Give the person of the carried session, whose password was right for that proof, another password. Their other sessions
-- end with it; this one goes on under a new token.
create function fjt.change_password(shown uuid, hash text, token_hash_now bytea, csrf_token text, browser_now bytea) returns void
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    whose uuid;
begin
    delete from fjt.sign_ins s
        where s.proof_hash = sha256(convert_to(shown::text, 'UTF8')) and s.asked_at >= clock_timestamp() - interval '5 minutes'
        returning s.user_id into whose;
    if whose is null or whose is distinct from fjt.who() then
        raise exception 'no sign-in of this person is under way with that proof' using errcode = 'insufficient_privilege';
    end if;
    update fjt.users set password_hash = hash where user_id = whose;
    update fjt.web_sessions set token_hash = token_hash_now, csrf = csrf_token
        where token_hash = sha256(convert_to(current_setting('fjt.token'), 'UTF8'));
    insert into fjt.known_browsers (browser_hash, user_id) values (browser_now, whose);
end $$;

revoke all on function fjt.idle_limit_of(uuid, text, text[]), fjt.given_by(fjt.memberships), fjt.limit_session(), fjt.end_sessions_of_user(), fjt.end_sessions_of_member(),
    fjt.open_session(bytea, uuid, timestamptz, timestamptz, text, boolean, bytea, bytea, bytea), fjt.end_my_session(),
    fjt.end_my_sessions(), fjt.my_sessions(), fjt.have_i_password(), fjt.change_password(uuid, text, bytea, text, bytea) from public;

grant execute on function fjt.end_my_session(), fjt.end_my_sessions(), fjt.my_sessions(), fjt.have_i_password() to fjt_web;

grant execute on function fjt.open_session(bytea, uuid, timestamptz, timestamptz, text, boolean, bytea, bytea, bytea),
    fjt.change_password(uuid, text, bytea, text, bytea) to fjt_sign_in;
