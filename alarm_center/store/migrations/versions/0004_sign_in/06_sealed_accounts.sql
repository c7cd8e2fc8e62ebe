-- Sealed accounts (break-glass): for the shift that begins while the identity provider is away. The secret is two halves in
-- two envelopes. Two people, who say their names, open one together: an operator's roles in that town for twelve hours.

create table fjt.sealed_accounts (
    account_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    -- as it stands on the envelopes
    number int not null,
    first_hash bytea not null unique check (length(first_hash) = 32),
    second_hash bytea not null unique check (length(second_hash) = 32),
    made_at timestamptz not null default clock.now(),
    -- Used up: opened for a shift, or tried. Another is made in its place.
    opened_at timestamptz,
    trial boolean,
    first_name text,
    second_name text,
    -- the end of the shift that it was opened for
    good_until timestamptz,
    user_id uuid references fjt.users,
    unique (org, number),
    check (num_nulls(opened_at, trial, first_name, second_name) in (0, 4)),
    check ((good_until is null) = (user_id is null) and (good_until is null) = (trial is not false))
);

-- Wrong halves, by address and real time. They cannot be guessed: 100 bits each. The limit keeps the work small, and
-- it never refuses the right ones, or whoever sends wrong ones from the town's address would keep the shift out.
create table fjt.sealed_tries (
    address text not null,
    tried_at timestamptz not null default clock_timestamp()
);

-- How many wrong halves came from this address lately? (fjt.open_sealed)
create index sealed_tries_by_address on fjt.sealed_tries (address, tried_at);

do $$
declare
    t text;
begin
    foreach t in array '{sealed_accounts,sealed_tries}'::text[] loop
        execute format('alter table fjt.%I enable row level security', t);
        execute format('alter table fjt.%I force row level security', t);
        execute format('create policy owner on fjt.%I to fjt_owner using (true) with check (true)', t);
    end loop;
end $$;

create policy worker on fjt.sealed_accounts to fjt_worker using (true) with check (true);

create policy own_town on fjt.sealed_accounts for select to fjt_web using (org = any ((select fjt.orgs())::text[]));

-- The command makes them; it changes none. Pages show who opened one.
grant insert (org, number, first_hash, second_hash) on fjt.sealed_accounts to fjt_worker;

grant select (account_id, org, number, made_at, opened_at, trial, first_name, second_name, good_until, user_id)
    on fjt.sealed_accounts to fjt_worker, fjt_web;

-- Open, or only try, the sealed account of two halves, in either order. wait: too many wrong halves from there; wrong: no
-- account that is still sealed has both; tried or opened, with the account's number and town.
create function fjt.open_sealed(half text, other_half text, name text, other_name text, only_try boolean, from_address text,
    hash bytea, csrf_token text, brought bytea) returns table (result text, org text, number int)
language plpgsql security definer set search_path = fjt, pg_temp
as $$
#variable_conflict use_column
declare
    halves bytea[] := array[sha256(convert_to(half, 'UTF8')), sha256(convert_to(other_half, 'UTF8'))];
    at timestamptz := clock.now();
    account fjt.sealed_accounts;
    whose uuid := gen_random_uuid();
begin
    select * into account from fjt.sealed_accounts a
        where a.opened_at is null and (a.first_hash = halves[1] and a.second_hash = halves[2]
            or a.first_hash = halves[2] and a.second_hash = halves[1])
        for update;
    if not found then
        delete from fjt.sealed_tries t where t.tried_at < clock_timestamp() - interval '5 minutes';
        if (select count(*) from fjt.sealed_tries t where t.address = from_address) >= 20 then
            return query select 'wait', null::text, null::int;
        else
            insert into fjt.sealed_tries (address) values (from_address);
            return query select 'wrong', null::text, null::int;
        end if;
        return;
    end if;
    if only_try then
        update fjt.sealed_accounts a set opened_at = at, trial = true, first_name = name, second_name = other_name
            where a.account_id = account.account_id;
        insert into fjt.events (at, org, kind, data)
            values (at, account.org, 'sealed_account_tried', jsonb_build_object('number', account.number));
        return query select 'tried', account.org, account.number;
        return;
    end if;
    -- The names stand beside all that is done under it, for as long as that is kept.
    insert into fjt.users (user_id, login, name, password_hash) values (whose, 'sealed:' || account.account_id, name || ' + ' || other_name, '!');
    insert into fjt.memberships (user_id, org, roles, accepted_at, ended_at)
        values (whose, account.org, '{operator}', at, at + interval '12 hours');
    update fjt.sealed_accounts a set opened_at = at, trial = false, first_name = name, second_name = other_name,
            good_until = at + interval '12 hours', user_id = whose
        where a.account_id = account.account_id;
    delete from fjt.web_sessions s where s.token_hash = brought;
    insert into fjt.web_sessions (token_hash, user_id, created_at, seen_at, expires_at, csrf, method, only_org, only_roles)
        values (hash, whose, at, at, at + interval '12 hours', csrf_token, 'sealed', account.org, '{operator}');
    insert into fjt.events (at, org, kind, actor, data)
        values (at, account.org, 'sealed_account_opened', whose::text, jsonb_build_object('number', account.number));
    return query select 'opened', account.org, account.number;
end $$;

revoke all on function fjt.open_sealed(text, text, text, text, boolean, text, bytea, text, bytea) from public;

grant execute on function fjt.open_sealed(text, text, text, text, boolean, text, bytea, text, bytea) to fjt_sign_in;

-- The halves of a sealed account are spent: its people have nothing to show again, and need the night's papers.
create or replace function fjt.factor_is_fresh() returns boolean language sql stable security definer set search_path = fjt, pg_temp
as $$
    select coalesce((
        select method = 'sealed' or factor_at > clock.now() - interval '10 minutes' from fjt.web_sessions
        where token_hash = fjt.carried_hash() and fjt.who() is not null), false)
$$;
