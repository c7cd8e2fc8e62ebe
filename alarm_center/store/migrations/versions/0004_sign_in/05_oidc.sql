-- Sign-in by a provider (OpenID Connect): who is known by which identity, sign-ins under way, and what they may choose.
-- Only fjt_sign_in, which verifies tokens, calls these functions; no role reads the tables but the worker the identities.

-- A person's identity at a provider. The subject (a personal number, an HSA id) is not here: only a keyed hash of it is.
create table fjt.identities (
    issuer text not null,
    subject_hash bytea not null check (length(subject_hash) = 32),
    user_id uuid not null references fjt.users,
    linked_at timestamptz not null default now(),
    primary key (issuer, subject_hash)
);

-- A membership that a provider's claim gives ends when the claim is gone; null: the town gave it.
alter table fjt.memberships add column from_issuer text;

-- When the claim was found gone. A membership that ended then begins again with the claim; one that the town ended stays so.
alter table fjt.memberships add column claim_gone_at timestamptz;

-- A sign-in that a browser has begun at a provider. Used once, within ten minutes of real time. What the answer is held
-- against (nonce, PKCE verifier) follows from the browser's cookie, of which this is the hash: a reader of the row has nothing.
create table fjt.oidc_requests (
    state_hash bytea primary key,
    browser_hash bytea not null,
    provider text not null,
    goal text not null,
    asked_at timestamptz not null default clock_timestamp()
);

-- Which requests are over? (fjt.begin_oidc)
create index oidc_requests_by_age on fjt.oidc_requests (asked_at);

-- A verified person who has not chosen an assignment yet. Used once, within ten minutes of real time.
create table fjt.oidc_proofs (
    proof_hash bytea primary key,
    user_id uuid not null references fjt.users,
    provider text not null,
    acr text,
    -- how long before that the provider had verified them: a session of its own may be hours old
    verified_ago interval not null,
    goal text not null,
    proved_at timestamptz not null default clock_timestamp(),
    -- as in web_sessions
    subject_hash bytea,
    sid_hash bytea,
    hint bytea
);

-- By what a provider ends a session (12_provider_logout.sql): keyed hashes of its own name of the person (sub), and of its session
-- with them (sid) where it says one. And the ID token, which names a person, under a key that only the browser has: it goes along
-- when they sign out there.
alter table fjt.web_sessions add column provider_subject_hash bytea, add column provider_sid_hash bytea, add column logout_hint bytea;

create table fjt.offered_assignments (
    proof_hash bytea not null references fjt.oidc_proofs on delete cascade,
    number int not null,
    org text not null references fjt.organisations,
    roles text[] not null,
    areas uuid[],
    performers text[],
    title text not null,
    primary key (proof_hash, number)
);

do $$
declare
    t text;
begin
    foreach t in array '{identities,oidc_requests,oidc_proofs,offered_assignments}'::text[] loop
        execute format('alter table fjt.%I enable row level security', t);
        execute format('alter table fjt.%I force row level security', t);
        execute format('create policy owner on fjt.%I to fjt_owner using (true) with check (true)', t);
    end loop;
end $$;

-- Codes of areas that a claim stands for.
create policy assignments on fjt.areas for select to fjt_owner using (true);

create policy worker on fjt.identities to fjt_worker using (true) with check (true);

grant select, insert, delete on fjt.identities to fjt_worker;

create function fjt.begin_oidc(state text, browser text, asked_provider text, wanted_goal text) returns void
language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    delete from fjt.oidc_requests where asked_at < clock_timestamp() - interval '10 minutes';
    insert into fjt.oidc_requests (state_hash, browser_hash, provider, goal)
        values (sha256(convert_to(state, 'UTF8')), sha256(convert_to(browser, 'UTF8')), asked_provider, wanted_goal);
end $$;

-- The request that the browser began with that state, which is used up; no row: there is none.
create function fjt.take_oidc(state text, browser text) returns table (provider text, goal text)
language sql security definer set search_path = fjt, pg_temp
as $$
    delete from fjt.oidc_requests r
        where r.state_hash = sha256(convert_to(state, 'UTF8')) and r.browser_hash = sha256(convert_to(browser, 'UTF8'))
            and r.asked_at >= clock_timestamp() - interval '10 minutes'
        returning r.provider, r.goal
$$;

-- The person of an identity, made if there is none; no password opens their account.
create function fjt.make_identity(wanted_issuer text, subject bytea, wanted_name text) returns uuid
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    whose uuid;
begin
    perform pg_advisory_xact_lock(hashtextextended('identity ' || wanted_issuer || encode(subject, 'hex'), 0));
    select i.user_id into whose from fjt.identities i where i.issuer = wanted_issuer and i.subject_hash = subject;
    if whose is null then
        whose := gen_random_uuid();
        insert into fjt.users (user_id, login, name, password_hash) values (whose, 'oidc:' || whose, wanted_name, '!');
        insert into fjt.identities (issuer, subject_hash, user_id) values (wanted_issuer, subject, whose);
    else
        -- The name of somebody whom a town knows by login is the town's.
        update fjt.users u set name = wanted_name
            where u.user_id = whose and u.login = 'oidc:' || whose and wanted_name <> '' and u.name <> wanted_name;
    end if;
    return whose;
end $$;

-- Give the person of an identity what a claim stands for in a town. What the town itself gave is left as it is.
create function fjt.keep_claimed_membership(wanted_issuer text, subject bytea, wanted_org text, wanted_roles text[], codes text[], performer_codes text[])
returns void
language sql security definer set search_path = fjt, pg_temp
as $$
    insert into fjt.memberships as m (user_id, org, roles, areas, performers, from_issuer, accepted_at)
        select i.user_id, o.org, wanted_roles,
            case when codes is not null then array(select a.area_id from fjt.areas a where a.org = o.org and a.code = any (codes)) end,
            performer_codes, wanted_issuer, clock.now()
        from fjt.identities i cross join fjt.organisations o
        where i.issuer = wanted_issuer and i.subject_hash = subject and o.org = wanted_org
    on conflict (user_id, org) do update
        set roles = excluded.roles, areas = excluded.areas, performers = excluded.performers, ended_at = null, claim_gone_at = null
        where m.from_issuer = excluded.from_issuer and m.ended_at is not distinct from m.claim_gone_at
            and (m.roles, m.areas, m.performers, m.ended_at)
                is distinct from (excluded.roles, excluded.areas, excluded.performers, null::timestamptz)
$$;

-- End what claims of that provider gave before and give no longer.
create function fjt.end_claimed_memberships(wanted_issuer text, subject bytea, kept text[]) returns void
language sql security definer set search_path = fjt, pg_temp
as $$
    update fjt.memberships m set ended_at = clock.now(), claim_gone_at = clock.now()
        from fjt.identities i
        where i.issuer = wanted_issuer and i.subject_hash = subject and m.user_id = i.user_id
            and m.from_issuer = wanted_issuer and (m.ended_at is null or m.ended_at > clock.now()) and m.org <> all (kept)
$$;

-- Note that the identity was verified just now. False: nobody has it, or who does is disabled.
create function fjt.prove_identity(proof text, wanted_issuer text, subject bytea, by_provider text, said_acr text,
    ago interval, wanted_goal text, said_subject bytea, said_sid bytea, sealed_hint bytea) returns boolean
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    whose uuid;
begin
    delete from fjt.oidc_proofs where proved_at < clock_timestamp() - interval '10 minutes';
    select i.user_id into whose from fjt.identities i join fjt.users u using (user_id)
        where i.issuer = wanted_issuer and i.subject_hash = subject and u.disabled_at is null;
    if whose is null then
        return false;
    end if;
    insert into fjt.oidc_proofs (proof_hash, user_id, provider, acr, verified_ago, goal, subject_hash, sid_hash, hint)
        values (sha256(convert_to(proof, 'UTF8')), whose, by_provider, said_acr, ago, wanted_goal, said_subject, said_sid, sealed_hint);
    return true;
end $$;

-- Offer an assignment to the person of a proof, as far as it lies within their membership. False: nothing is left of it.
create function fjt.offer_assignment(proof text, place int, wanted_org text, wanted_roles text[], codes text[], performer_codes text[],
    shown text) returns boolean
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    wanted_areas uuid[];
begin
    if codes is not null then
        wanted_areas := array(select a.area_id from fjt.areas a where a.org = wanted_org and a.code = any (codes));
    end if;
    insert into fjt.offered_assignments (proof_hash, number, org, roles, areas, performers, title)
        select p.proof_hash, place, m.org, wanted_roles, wanted_areas, performer_codes, shown
        from fjt.oidc_proofs p join fjt.roles_held m on m.user_id = p.user_id and m.org = wanted_org
        where p.proof_hash = sha256(convert_to(proof, 'UTF8')) and m.roles && wanted_roles
            and (wanted_areas is null or wanted_areas <> '{}' and (m.areas is null or m.areas && wanted_areas))
            and (performer_codes is null or performer_codes <> '{}' and (m.performers is null or m.performers && performer_codes));
    return found;
end $$;

-- The assignments that the person of a proof may choose among.
create function fjt.offered(proof text) returns table (number int, town text, roles text[], title text)
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select a.number, o.name, a.roles, a.title
    from fjt.oidc_proofs p join fjt.offered_assignments a using (proof_hash) join fjt.organisations o using (org)
    where p.proof_hash = sha256(convert_to(proof, 'UTF8')) and p.proved_at >= clock_timestamp() - interval '10 minutes'
    order by a.number
$$;

-- Begin the session of a proof, which is used up, under the assignment chosen; place null: the provider gives none, and the
-- person's own memberships count. The session that the browser brought ends. Returns the page that was asked for; null: no such proof or place.
create function fjt.begin_oidc_session(hash bytea, proof text, place int, at timestamptz, until timestamptz, csrf_token text,
    brought bytea) returns text
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    proved fjt.oidc_proofs;
    chosen fjt.offered_assignments;
begin
    select * into proved from fjt.oidc_proofs p
        where p.proof_hash = sha256(convert_to(proof, 'UTF8')) and p.proved_at >= clock_timestamp() - interval '10 minutes'
        for update;
    if not found then
        return null;
    end if;
    select * into chosen from fjt.offered_assignments a where a.proof_hash = proved.proof_hash and a.number = place;
    if not found and (place is not null or exists (select from fjt.offered_assignments a where a.proof_hash = proved.proof_hash)) then
        return null;
    end if;
    delete from fjt.oidc_proofs p where p.proof_hash = proved.proof_hash;
    delete from fjt.web_sessions s where s.token_hash = brought;
    insert into fjt.web_sessions (token_hash, user_id, created_at, seen_at, expires_at, csrf, method, provider, acr,
            factor_at, only_org, only_roles, only_areas, only_performers, provider_subject_hash, provider_sid_hash, logout_hint)
        values (hash, proved.user_id, at, at, until, csrf_token, 'oidc', proved.provider, proved.acr,
            at - proved.verified_ago, chosen.org, chosen.roles, chosen.areas, chosen.performers, proved.subject_hash, proved.sid_hash, proved.hint);
    return proved.goal;
end $$;

-- The provider by which the person of the carried session signed in, with what goes along to its sign-out; no row: by none.
create function fjt.session_provider() returns table (provider text, hint bytea)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return query
        select s.provider, s.logout_hint from fjt.web_sessions s
        where s.token_hash = sha256(convert_to(nullif(current_setting('fjt.token', true), ''), 'UTF8')) and s.provider is not null;
end $$;

revoke all on function fjt.begin_oidc(text, text, text, text), fjt.take_oidc(text, text), fjt.make_identity(text, bytea, text),
    fjt.keep_claimed_membership(text, bytea, text, text[], text[], text[]), fjt.end_claimed_memberships(text, bytea, text[]),
    fjt.prove_identity(text, text, bytea, text, text, interval, text, bytea, bytea, bytea), fjt.offer_assignment(text, int, text, text[], text[], text[], text),
    fjt.offered(text), fjt.begin_oidc_session(bytea, text, int, timestamptz, timestamptz, text, bytea), fjt.session_provider()
    from public;

grant execute on function fjt.begin_oidc(text, text, text, text), fjt.take_oidc(text, text), fjt.make_identity(text, bytea, text),
    fjt.keep_claimed_membership(text, bytea, text, text[], text[], text[]), fjt.end_claimed_memberships(text, bytea, text[]),
    fjt.prove_identity(text, text, bytea, text, text, interval, text, bytea, bytea, bytea), fjt.offer_assignment(text, int, text, text[], text[], text[], text),
    fjt.offered(text), fjt.begin_oidc_session(bytea, text, int, timestamptz, timestamptz, text, bytea)
    to fjt_sign_in;

grant execute on function fjt.session_provider() to fjt_web;
