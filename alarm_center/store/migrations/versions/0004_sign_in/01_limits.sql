-- Limits of sign-in: each try is counted before a password is hashed, for all replicas at once, so that of many parallel
-- ones only the allowed few cost a hash (docs/adr/0027-sign-in-limits.md). Time here is real, which no test and no demo moves.

create table fjt.sign_in_tries (
    try_id uuid primary key default gen_random_uuid(),
    -- a digest: people type passwords where the login belongs
    login_hash bytea not null,
    -- somebody has that login; only these count toward the limit of an address
    is_known boolean not null,
    address text not null,
    -- a known browser of that login, which has a budget of its own; null: any other
    browser_hash bytea,
    at timestamptz not null default clock_timestamp()
);

-- fjt.sign_in_wait asks by login and by address, fjt.try_sign_in for what is past.
create index sign_in_tries_of_login on fjt.sign_in_tries (login_hash, at);

create index sign_in_tries_of_address on fjt.sign_in_tries (address, at) where is_known and browser_hash is null;

create index sign_in_tries_by_age on fjt.sign_in_tries (at);

-- Browsers in which somebody has signed in before. It is why nobody's guessing keeps them out. It opens nothing by itself.
create table fjt.known_browsers (
    browser_hash bytea not null,
    user_id uuid not null references fjt.users,
    used_at timestamptz not null default clock_timestamp(),
    primary key (browser_hash, user_id)
);

create index known_browsers_of_user on fjt.known_browsers (user_id);

-- The try that a sign-in under way has counted; null: begun by a replica of the release before.
alter table fjt.sign_ins add column try_id uuid;

do $$
declare
    t text;
begin
    foreach t in array '{sign_in_tries,known_browsers}'::text[] loop
        execute format('alter table fjt.%I enable row level security', t);
        execute format('alter table fjt.%I force row level security', t);
        execute format('create policy sign_in on fjt.%I to fjt_owner using (true) with check (true)', t);
    end loop;
end $$;

-- How long the next try of that login, from there, has to wait; null: it may go on. In five minutes a login has 5 tries from one
-- address and 20 from all of them, an address 30 on logins that there are, a known browser 10 of its own.
create function fjt.sign_in_wait(login_digest bytea, from_address text, browser bytea) returns interval
language plpgsql volatile security definer set search_path = fjt, pg_temp
as $$
declare
    span constant interval := interval '5 minutes';
    since constant timestamptz := clock_timestamp() - span;
    oldest timestamptz;
begin
    if browser is not null then
        select t.at into oldest from fjt.sign_in_tries t
            where t.login_hash = login_digest and t.browser_hash = browser and t.at > since order by t.at desc offset 9 limit 1;
        return oldest + span - clock_timestamp();
    end if;
    select max(counted.at) into oldest from (
        (select t.at from fjt.sign_in_tries t
            where t.login_hash = login_digest and t.browser_hash is null and t.address = from_address and t.at > since
            order by t.at desc offset 4 limit 1)
        union all
        (select t.at from fjt.sign_in_tries t
            where t.login_hash = login_digest and t.browser_hash is null and t.at > since order by t.at desc offset 19 limit 1)
        union all
        (select t.at from fjt.sign_in_tries t
            where t.address = from_address and t.is_known and t.browser_hash is null and t.at > since
            order by t.at desc offset 29 limit 1)
    ) counted;
    return oldest + span - clock_timestamp();
end $$;

-- Count a try, and say how many seconds it has to wait instead, or what its password is compared with. A login that nobody
-- has is counted and refused in the same way, and uses up nobody's budget: an answer does not say whether there is one.
create function fjt.try_sign_in(asked text, from_address text, browser bytea)
returns table (wait_s int, user_id uuid, password_hash text, proof uuid, is_known_browser boolean)
language plpgsql security definer set search_path = fjt, pg_temp
as $$
#variable_conflict use_column
declare
    digest constant bytea := sha256(convert_to(asked, 'UTF8'));
    whose fjt.users%rowtype;
    known bytea;
    pause interval;
    counted uuid;
    given uuid := gen_random_uuid();
begin
    -- A crash may forget the last tries. To wait for the disk would cost each sign-in more than they are worth.
    perform set_config('synchronous_commit', 'off', true);
    select u.* into whose from fjt.users u where u.login = asked and u.disabled_at is null;
    select b.browser_hash into known from fjt.known_browsers b
        where b.browser_hash = browser and b.user_id = whose.user_id and b.used_at > clock_timestamp() - interval '1 year';
    -- What is over its limit writes nothing and waits for no lock.
    pause := fjt.sign_in_wait(digest, from_address, known);
    if pause is null then
        perform pg_advisory_xact_lock(hashtextextended('sign-in of ' || encode(digest, 'hex'), 0));
        if whose.user_id is not null and known is null then
            perform pg_advisory_xact_lock(hashtextextended('sign-in from ' || from_address, 0));
        end if;
        pause := fjt.sign_in_wait(digest, from_address, known);
    end if;
    if pause is not null then
        return query select greatest(1, ceil(extract(epoch from pause)))::int, null::uuid, null::text, null::uuid, known is not null;
        return;
    end if;
    delete from fjt.sign_in_tries t where t.at < clock_timestamp() - interval '5 minutes';
    delete from fjt.sign_ins s where s.asked_at < clock_timestamp() - interval '1 hour';
    insert into fjt.sign_in_tries (login_hash, is_known, address, browser_hash)
        values (digest, whose.user_id is not null, from_address, known) returning try_id into counted;
    if whose.user_id is not null then
        insert into fjt.sign_ins (proof_hash, user_id, asked_at, try_id)
            values (sha256(convert_to(given::text, 'UTF8')), whose.user_id, clock_timestamp(), counted);
    end if;
    return query select 0, whose.user_id, whose.password_hash, case when whose.user_id is not null then given end, known is not null;
end $$;

-- The proof's password was right: what its login has counted from there is forgotten.
create function fjt.clear_tries(shown uuid) returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    delete from fjt.sign_in_tries t using fjt.sign_ins s, fjt.sign_in_tries mine
        where s.proof_hash = sha256(convert_to(shown::text, 'UTF8')) and mine.try_id = s.try_id
            and t.login_hash = mine.login_hash and t.address = mine.address
            and t.browser_hash is not distinct from mine.browser_hash;
end $$;

-- The proof's password was not compared, since too many were in the way: neither try nor proof is left of it.
create function fjt.withdraw_try(shown uuid) returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    counted uuid;
begin
    delete from fjt.sign_ins s where s.proof_hash = sha256(convert_to(shown::text, 'UTF8')) returning s.try_id into counted;
    delete from fjt.sign_in_tries t where t.try_id = counted;
end $$;

revoke all on function fjt.sign_in_wait(bytea, text, bytea), fjt.try_sign_in(text, text, bytea), fjt.clear_tries(uuid),
    fjt.withdraw_try(uuid) from public;

grant execute on function fjt.try_sign_in(text, text, bytea), fjt.clear_tries(uuid), fjt.withdraw_try(uuid) to fjt_sign_in;
