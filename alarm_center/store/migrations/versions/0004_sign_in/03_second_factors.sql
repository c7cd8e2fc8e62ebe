-- Second factors: passkeys, one-time codes (TOTP) and recovery codes, and a sign-in that waits for one.
--
-- A page is let near none of these rows. The functions below run as the owner, for fjt_sign_in alone, and answer for the one
-- person whose raw token the transaction carries (fjt.token): of a session, or of a sign-in whose password was right.
--
-- Lives and waits of a sign-in are real time, which no test and no demo moves; a session's are the service's clock.

alter table fjt.users add column totp_added_at timestamptz;

-- When the second factor was shown for this proof; null: it was not.
alter table fjt.sign_ins add column factor_at timestamptz;

-- When the session's person last showed a second factor.
alter table fjt.web_sessions add column factor_at timestamptz;

create table fjt.passkeys (
    credential_id bytea primary key check (length(credential_id) between 1 and 1023),
    user_id uuid not null references fjt.users,
    public_key bytea not null,
    sign_count bigint not null,
    added_at timestamptz not null,
    used_at timestamptz
);

-- The passkeys of one person.
create index passkeys_of_user on fjt.passkeys (user_id);

-- The time steps (30 s each since 1970) whose code was used: a code is good once in the whole service.
create table fjt.used_codes (
    user_id uuid not null references fjt.users,
    step bigint not null,
    primary key (user_id, step)
);

create table fjt.recovery_codes (
    user_id uuid not null references fjt.users,
    code_hash bytea not null check (length(code_hash) = 32),
    made_at timestamptz not null,
    used_at timestamptz,
    primary key (user_id, code_hash)
);

-- Tries of a code, counted before it is verified: five in five minutes. New browsers, known ones and sessions each have a
-- budget of their own, so that nobody who knows a password keeps its owner out.
create table fjt.factor_tries (
    user_id uuid not null references fjt.users,
    place text not null check (place in ('new', 'known', 'session')),
    began_at timestamptz not null,
    tries int not null,
    primary key (user_id, place)
);

-- A sign-in whose password was right, and that waits for its second factor.
create table fjt.pending_sign_ins (
    token_hash bytea primary key check (length(token_hash) = 32),
    user_id uuid not null references fjt.users,
    began_at timestamptz not null,
    known_browser boolean not null,
    factor_at timestamptz
);

-- The one-time secret that an enrolment shows, until a code of it is brought.
create table fjt.offered_secrets (
    token_hash bytea primary key,
    totp_secret text not null,
    offered_at timestamptz not null
);

-- The challenge that a passkey's next answer to this browser has to sign; it is taken once.
create table fjt.passkey_challenges (
    token_hash bytea not null,
    purpose text not null check (purpose in ('sign_in', 'prove', 'add')),
    challenge bytea not null,
    made_at timestamptz not null,
    primary key (token_hash, purpose)
);

create index challenges_by_age on fjt.passkey_challenges (made_at);

do $$
declare
    t text;
begin
    foreach t in array '{passkeys,used_codes,recovery_codes,factor_tries,pending_sign_ins,offered_secrets,passkey_challenges}'::text[] loop
        execute format('alter table fjt.%I enable row level security', t);
        execute format('alter table fjt.%I force row level security', t);
        execute format('create policy sign_in on fjt.%I to fjt_owner using (true) with check (true)', t);
    end loop;
end $$;

-- ---- the person who is asked ----

create function fjt.carried_hash() returns bytea language sql stable set search_path = fjt, pg_temp
as $$ select sha256(convert_to(nullif(current_setting('fjt.token', true), ''), 'UTF8')) $$;

create function fjt.has_factor(whose uuid) returns boolean language sql stable security definer set search_path = fjt, pg_temp
as $$
    select exists (select from fjt.users where user_id = whose and totp_secret is not null)
        or exists (select from fjt.passkeys where user_id = whose)
$$;

-- Has the carried session's person shown a second factor within the last ten minutes? The two who have opened a sealed account
-- need its papers for the whole shift, and have nothing else to show.
create function fjt.factor_is_fresh() returns boolean language sql stable security definer set search_path = fjt, pg_temp
as $$
    select coalesce((
        select method = 'sealed' or factor_at > clock.now() - interval '10 minutes' from fjt.web_sessions
        where token_hash = fjt.carried_hash() and fjt.who() is not null), false)
$$;

-- The person whose token is carried, with the budget of their tries. They may change their factors with a fresh one, and add
-- the first one where no factor was ever asked for. A sealed account is nobody's own, and gets none.
create function fjt.asked_person(out user_id uuid, out place text, out may_change boolean)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    select p.user_id, case when p.known_browser then 'known' else 'new' end, p.factor_at is not null or not fjt.has_factor(p.user_id)
        into user_id, place, may_change
        from fjt.pending_sign_ins p join fjt.users u using (user_id)
        where p.token_hash = fjt.carried_hash() and p.began_at > clock_timestamp() - interval '10 minutes' and u.disabled_at is null;
    if user_id is null then
        user_id := fjt.who();
        if user_id is not null then
            place := 'session';
            may_change := exists (
                select from fjt.web_sessions s
                where s.token_hash = fjt.carried_hash() and s.method <> 'sealed'
                    and (fjt.factor_is_fresh() or s.factor_at is null and not fjt.has_factor(s.user_id)));
        end if;
    end if;
end $$;

-- The same person, who may change their factors; anybody else is refused.
create function fjt.person_who_may_change() returns uuid language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    asked record;
begin
    select * into asked from fjt.asked_person();
    if asked.user_id is null or not asked.may_change then
        raise exception 'a second factor has to be shown first' using errcode = 'insufficient_privilege';
    end if;
    return asked.user_id;
end $$;

-- A line for each town of the person: the auditor's, and never more than ids and codes.
create function fjt.write_factor_line(whose uuid, wanted_actor text, wanted_kind text, content jsonb) returns void
language sql security definer set search_path = fjt, pg_temp
as $$
    insert into fjt.events (at, org, kind, data, actor)
    select clock.now(), h.org, wanted_kind, jsonb_build_object('user_id', whose) || content, wanted_actor
    from fjt.roles_held h where h.user_id = whose
$$;

create function fjt.my_factors() returns table (user_id uuid, login text, name text, pending boolean, may_change boolean, fresh boolean, totp boolean,
    totp_added_at timestamptz, codes_left int)
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select u.user_id, u.login, u.name, a.place <> 'session', a.may_change, fjt.factor_is_fresh(), u.totp_secret is not null, u.totp_added_at,
        (select count(*)::int from fjt.recovery_codes c where c.user_id = u.user_id and c.used_at is null)
    from fjt.asked_person() a join fjt.users u on u.user_id = a.user_id
$$;

create function fjt.my_passkeys() returns table (credential_id bytea, added_at timestamptz, used_at timestamptz)
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select p.credential_id, p.added_at, p.used_at from fjt.asked_person() a join fjt.passkeys p on p.user_id = a.user_id order by p.added_at
$$;

-- ---- a sign-in that waits for its second factor ----

-- Is there a second factor that this sign-in has to show?
create function fjt.sign_in_has_factor(shown uuid) returns boolean language sql stable security definer set search_path = fjt, pg_temp
as $$
    select coalesce((select fjt.has_factor(user_id) from fjt.sign_ins where proof_hash = sha256(convert_to(shown::text, 'UTF8'))), false)
$$;

-- The password was right: the proof is used up, and the sign-in waits under the hash of a token that its browser keeps.
create function fjt.begin_pending(shown uuid, hash bytea, known boolean) returns void
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    whose uuid;
begin
    delete from fjt.pending_sign_ins where began_at < clock_timestamp() - interval '10 minutes';
    delete from fjt.offered_secrets where offered_at < clock_timestamp() - interval '1 hour';
    delete from fjt.sign_ins s
        where s.proof_hash = sha256(convert_to(shown::text, 'UTF8')) and s.asked_at >= clock_timestamp() - interval '5 minutes'
        returning s.user_id into whose;
    if whose is null then
        raise exception 'no sign-in is under way with that proof' using errcode = 'insufficient_privilege';
    end if;
    insert into fjt.pending_sign_ins (token_hash, user_id, began_at, known_browser) values (hash, whose, clock_timestamp(), known);
end $$;

-- A proof that begins the session of somebody whose second factor was shown.
create function fjt.make_proof(whose uuid) returns uuid language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    proof uuid := gen_random_uuid();
begin
    insert into fjt.sign_ins (proof_hash, user_id, asked_at, factor_at)
        values (sha256(convert_to(proof::text, 'UTF8')), whose, clock_timestamp(), clock_timestamp());
    return proof;
end $$;

-- The waiting sign-in is over: the proof that begins its session, once its second factor was shown.
create function fjt.finish_pending() returns uuid language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    whose uuid;
begin
    delete from fjt.pending_sign_ins
        where token_hash = fjt.carried_hash() and began_at > clock_timestamp() - interval '10 minutes' and factor_at is not null
        returning user_id into whose;
    if whose is null then
        raise exception 'no sign-in waits that has shown its second factor' using errcode = 'insufficient_privilege';
    end if;
    return fjt.make_proof(whose);
end $$;

-- As release 0.2.0 calls it. Whoever has a second factor has shown it, or there is no session: old replicas, as fjt_web, ask
-- for it themselves, where it is a code.
create or replace function fjt.begin_session(hash bytea, shown uuid, at timestamptz, until timestamptz, csrf_token text) returns void
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    signing fjt.sign_ins;
begin
    delete from fjt.sign_ins s
        where s.proof_hash = sha256(convert_to(shown::text, 'UTF8')) and s.asked_at >= clock_timestamp() - interval '5 minutes'
        returning s.* into signing;
    if signing.user_id is null then
        raise exception 'no sign-in is under way with that proof' using errcode = 'insufficient_privilege';
    end if;
    if session_user <> 'fjt_web' and signing.factor_at is null and fjt.has_factor(signing.user_id) then
        raise exception 'a second factor has to be shown first' using errcode = 'insufficient_privilege';
    end if;
    insert into fjt.web_sessions (token_hash, user_id, created_at, seen_at, expires_at, csrf, factor_at)
        values (hash, signing.user_id, at, at, until, csrf_token, case when signing.factor_at is not null then at end);
end $$;

-- A provider, and the two halves of a sealed account, bring their second factor with them.
create function fjt.note_factor() returns trigger language plpgsql
as $$
begin
    new.factor_at := coalesce(new.factor_at, new.created_at);
    return new;
end $$;

create trigger note_factor before insert on fjt.web_sessions for each row when (new.method <> 'password') execute function fjt.note_factor();

-- ---- showing a second factor ----

-- Count a try before the code is verified. Up to five in five minutes are told the secret and the real time to verify by;
-- then the seconds to wait.
create function fjt.try_code(out wait_s int, out totp_secret text, out at timestamptz)
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    asked record;
    counted record;
begin
    select * into asked from fjt.asked_person();
    if asked.user_id is null then
        raise exception 'nobody is asked for a second factor' using errcode = 'insufficient_privilege';
    end if;
    at := clock_timestamp();
    insert into fjt.factor_tries as t (user_id, place, began_at, tries) values (asked.user_id, asked.place, at, 1)
        on conflict (user_id, place) do update set
            began_at = case when t.began_at <= excluded.began_at - interval '5 minutes' then excluded.began_at else t.began_at end,
            tries = case when t.began_at <= excluded.began_at - interval '5 minutes' then 1 else t.tries + 1 end
        returning t.began_at, t.tries into counted;
    if counted.tries > 5 then
        wait_s := greatest(1, ceil(extract(epoch from counted.began_at + interval '5 minutes' - at))::int);
        if counted.tries = 6 then
            perform fjt.write_factor_line(asked.user_id, asked.user_id::text, 'second_factor_refused', jsonb_build_object('place', asked.place));
        end if;
        return;
    end if;
    wait_s := 0;
    select u.totp_secret into totp_secret from fjt.users u where u.user_id = asked.user_id;
end $$;

-- The second factor was shown: the waiting sign-in may go on, the session is fresh, and its tries count no more.
create function fjt.keep_factor_shown() returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    asked record;
begin
    select * into asked from fjt.asked_person();
    update fjt.pending_sign_ins set factor_at = clock_timestamp() where token_hash = fjt.carried_hash();
    if not found then
        update fjt.web_sessions set factor_at = clock.now() where token_hash = fjt.carried_hash();
    end if;
    delete from fjt.factor_tries where user_id = asked.user_id and place = asked.place;
end $$;

-- Use the code of a time step up: false if it was used before, by whatever replica.
create function fjt.use_code(used_step bigint) returns boolean language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    whose uuid := (select user_id from fjt.asked_person());
begin
    delete from fjt.used_codes where user_id = whose and step < used_step - 20;
    insert into fjt.used_codes (user_id, step) values (whose, used_step) on conflict do nothing;
    if not found then
        return false;
    end if;
    perform fjt.keep_factor_shown();
    return true;
end $$;

-- Use a recovery code up, given as it is written, without its dashes.
create function fjt.use_recovery_code(code text) returns boolean language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    whose uuid := (select user_id from fjt.asked_person());
begin
    update fjt.recovery_codes set used_at = clock_timestamp()
        where user_id = whose and code_hash = sha256(convert_to(code, 'UTF8')) and used_at is null;
    if not found then
        return false;
    end if;
    perform fjt.keep_factor_shown();
    perform fjt.write_factor_line(whose, whose::text, 'recovery_code_used', jsonb_build_object(
        'left', (select count(*) from fjt.recovery_codes where user_id = whose and used_at is null)));
    return true;
end $$;

-- Keep the challenge for this browser's next answer; an earlier one of the same purpose is void.
create function fjt.make_challenge(wanted_purpose text, made bytea) returns void
language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    delete from fjt.passkey_challenges where made_at < clock_timestamp() - interval '5 minutes';
    insert into fjt.passkey_challenges (token_hash, purpose, challenge, made_at) values (fjt.carried_hash(), wanted_purpose, made, clock_timestamp())
        on conflict (token_hash, purpose) do update set challenge = excluded.challenge, made_at = excluded.made_at;
end $$;

-- Take this browser's challenge, before the answer to it is verified: no answer counts twice.
create function fjt.take_challenge(wanted_purpose text) returns bytea language sql security definer set search_path = fjt, pg_temp
as $$
    delete from fjt.passkey_challenges
    where token_hash = fjt.carried_hash() and purpose = wanted_purpose and made_at >= clock_timestamp() - interval '5 minutes'
    returning challenge
$$;

create function fjt.passkey(wanted bytea) returns table (user_id uuid, public_key bytea, sign_count bigint)
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select p.user_id, p.public_key, p.sign_count from fjt.passkeys p join fjt.users u using (user_id)
    where p.credential_id = wanted and u.disabled_at is null
$$;

-- The person's own passkey has signed the challenge.
create function fjt.use_passkey(used bytea, new_count bigint) returns boolean
language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    update fjt.passkeys set sign_count = new_count, used_at = clock.now()
        where credential_id = used and user_id = (select user_id from fjt.asked_person()) and (new_count > sign_count or (new_count, sign_count) = (0, 0));
    if not found then
        return false;
    end if;
    perform fjt.keep_factor_shown();
    return true;
end $$;

-- A passkey whose owner was verified by the authenticator is both factors: the proof that begins its owner's session. Not of
-- somebody who has no password here: their provider decides whether they still sign in, and their passkey only confirms.
create function fjt.sign_in_by_passkey(used bytea, new_count bigint) returns uuid
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    whose uuid;
begin
    update fjt.passkeys p set sign_count = new_count, used_at = clock.now() from fjt.users u
        where p.credential_id = used and u.user_id = p.user_id and u.disabled_at is null and u.password_hash <> '!'
            and (new_count > p.sign_count or (new_count, p.sign_count) = (0, 0))
        returning p.user_id into whose;
    return case when whose is not null then fjt.make_proof(whose) end;
end $$;

-- ---- changes ----

-- End the person's sessions and waiting sign-ins, but not the one that asks.
create function fjt.end_other_sessions(whose uuid) returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    delete from fjt.web_sessions where user_id = whose and token_hash is distinct from fjt.carried_hash();
    delete from fjt.pending_sign_ins where user_id = whose and token_hash is distinct from fjt.carried_hash();
    delete from fjt.sign_ins where user_id = whose;
end $$;

-- The secret that this enrolment shows: the one that was offered before, so that a page that is opened again shows the same.
create function fjt.offer_secret(fresh text) returns text language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    offered text;
begin
    perform fjt.person_who_may_change();
    insert into fjt.offered_secrets as o (token_hash, totp_secret, offered_at) values (fjt.carried_hash(), fresh, clock_timestamp())
        on conflict (token_hash) do update set
            totp_secret = case when o.offered_at < clock_timestamp() - interval '1 hour' then excluded.totp_secret else o.totp_secret end,
            offered_at = clock_timestamp()
        returning o.totp_secret into offered;
    return offered;
end $$;

create function fjt.offered_secret(out totp_secret text, out at timestamptz) language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    perform fjt.person_who_may_change();
    at := clock_timestamp();
    select o.totp_secret into totp_secret from fjt.offered_secrets o where o.token_hash = fjt.carried_hash();
end $$;

-- Said of each factor that is added. The first one ends the sessions that were begun without.
create function fjt.factor_was_added(whose uuid, is_first boolean, factor text) returns void
language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    if is_first then
        perform fjt.end_other_sessions(whose);
    end if;
    perform fjt.keep_factor_shown();
    perform fjt.write_factor_line(whose, whose::text, 'second_factor_added', jsonb_build_object('factor', factor));
end $$;

-- A code of the offered secret was brought: from now on it is the person's, in the place of an earlier one.
create function fjt.confirm_secret(used_step bigint) returns boolean language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    whose uuid := fjt.person_who_may_change();
    is_first boolean := not fjt.has_factor(whose);
    offered text;
begin
    delete from fjt.offered_secrets where token_hash = fjt.carried_hash() returning totp_secret into offered;
    if offered is null then
        return false;
    end if;
    update fjt.users set totp_secret = offered, totp_added_at = clock.now() where user_id = whose;
    delete from fjt.used_codes where user_id = whose;
    insert into fjt.used_codes (user_id, step) values (whose, used_step);
    perform fjt.factor_was_added(whose, is_first, 'totp');
    return true;
end $$;

create function fjt.add_passkey(added bytea, key bytea, count bigint) returns boolean
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    whose uuid := fjt.person_who_may_change();
    is_first boolean := not fjt.has_factor(whose);
begin
    insert into fjt.passkeys (credential_id, user_id, public_key, sign_count, added_at) values (added, whose, key, count, clock.now())
        on conflict do nothing;
    if not found then
        return false;
    end if;
    perform fjt.factor_was_added(whose, is_first, 'passkey');
    return true;
end $$;

-- New recovery codes, by their hashes; the earlier ones are void.
create function fjt.keep_recovery_codes(hashes bytea[]) returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    whose uuid := fjt.person_who_may_change();
begin
    delete from fjt.recovery_codes where user_id = whose;
    insert into fjt.recovery_codes (user_id, code_hash, made_at) select whose, h, clock.now() from unnest(hashes) h;
    perform fjt.write_factor_line(whose, whose::text, 'recovery_codes_made', '{}');
end $$;

-- Remove a passkey, or the app (null); not the last one where *keep_one* says so. Recovery codes go with the last.
create function fjt.remove_factor(removed bytea, keep_one boolean) returns boolean
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    whose uuid := fjt.person_who_may_change();
begin
    perform from fjt.users where user_id = whose for update;
    if keep_one and 1 = (select count(*) from fjt.passkeys where user_id = whose)
            + (select count(*) from fjt.users where user_id = whose and totp_secret is not null) then
        return false;
    end if;
    if removed is null then
        update fjt.users set totp_secret = null, totp_added_at = null where user_id = whose and totp_secret is not null;
    else
        delete from fjt.passkeys where user_id = whose and credential_id = removed;
    end if;
    if not found then
        return false;
    end if;
    if not fjt.has_factor(whose) then
        delete from fjt.recovery_codes where user_id = whose;
    end if;
    perform fjt.end_other_sessions(whose);
    perform fjt.write_factor_line(whose, whose::text, 'second_factor_removed',
        jsonb_build_object('factor', case when removed is null then 'totp' else 'passkey' end));
    return true;
end $$;

-- ---- rights ----

revoke all on function fjt.carried_hash(), fjt.has_factor(uuid), fjt.factor_is_fresh(), fjt.asked_person(), fjt.person_who_may_change(),
    fjt.write_factor_line(uuid, text, text, jsonb), fjt.my_factors(), fjt.my_passkeys(), fjt.sign_in_has_factor(uuid),
    fjt.begin_pending(uuid, bytea, boolean), fjt.make_proof(uuid), fjt.finish_pending(), fjt.try_code(), fjt.keep_factor_shown(),
    fjt.use_code(bigint), fjt.use_recovery_code(text), fjt.make_challenge(text, bytea), fjt.take_challenge(text), fjt.passkey(bytea),
    fjt.use_passkey(bytea, bigint), fjt.sign_in_by_passkey(bytea, bigint), fjt.end_other_sessions(uuid), fjt.offer_secret(text),
    fjt.offered_secret(), fjt.factor_was_added(uuid, boolean, text), fjt.confirm_secret(bigint), fjt.add_passkey(bytea, bytea, bigint),
    fjt.keep_recovery_codes(bytea[]), fjt.remove_factor(bytea, boolean)
    from public;

grant execute on function fjt.my_factors(), fjt.my_passkeys(), fjt.sign_in_has_factor(uuid), fjt.begin_pending(uuid, bytea, boolean),
    fjt.finish_pending(), fjt.try_code(), fjt.use_code(bigint), fjt.use_recovery_code(text), fjt.make_challenge(text, bytea),
    fjt.take_challenge(text), fjt.passkey(bytea), fjt.use_passkey(bytea, bigint), fjt.sign_in_by_passkey(bytea, bigint),
    fjt.offer_secret(text), fjt.offered_secret(), fjt.confirm_secret(bigint), fjt.add_passkey(bytea, bytea, bigint),
    fjt.keep_recovery_codes(bytea[]), fjt.remove_factor(bytea, boolean) to fjt_sign_in;

grant execute on function fjt.factor_is_fresh() to fjt_web;
