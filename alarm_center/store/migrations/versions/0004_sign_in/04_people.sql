-- Invitations: a town asks a login for a membership. The row is the town's own and names no user, so that nothing in it, in
-- its answer or in its time depends on whether there is such a person (docs/adr/0029).

-- An alarm centre is an employer: its people see a town while the two have an agreement (0006_review/02_agreements.sql).
create table fjt.alarm_centres (
    centre text primary key check (centre ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    name text not null check (name <> ''),
    created_at timestamptz not null default now()
);

create table fjt.centre_members (
    centre text not null references fjt.alarm_centres,
    user_id uuid not null references fjt.users,
    -- an admin accepts and ends the centre's agreements, and has no right in any town by it
    roles text[] not null check (roles <> '{}' and roles <@ '{operator,supervisor,admin}'),
    accepted_at timestamptz not null,
    ended_at timestamptz,
    primary key (centre, user_id)
);

create index centre_members_of_user on fjt.centre_members (user_id);

create table fjt.invitations (
    invitation_id uuid primary key default gen_random_uuid(),
    -- who asks: a town, or an alarm centre
    org text references fjt.organisations,
    centre text references fjt.alarm_centres,
    login text not null check (login ~ '^[a-z0-9][a-z0-9._@-]{0,62}$'),
    -- what the town calls them; the name that a new person begins with
    name text not null check (name <> '' and length(name) <= 200),
    roles text[] not null check (roles <> '{}' and roles <@
        '{operator,supervisor,lead,carer,case_officer,coordinator,installer,auditor,admin}'),
    areas uuid[] check (areas <> '{}'),
    performers text[] check (performers <> '{}'),
    -- the instant at which the membership is to end
    ends_at timestamptz,
    -- of the link's token, which is shown once and kept nowhere
    token_hash bytea not null unique,
    invited_at timestamptz not null,
    expires_at timestamptz not null,
    answer text check (answer in ('accepted', 'declined', 'withdrawn')),
    answered_at timestamptz,
    version int not null default 1,
    check ((answer is null) = (answered_at is null)),
    check ((org is null) <> (centre is null)),
    check (centre is null or areas is null and performers is null and roles <@ '{operator,supervisor,admin}')
);

-- A town, or a centre, asks a login once at a time.
create unique index invitations_open on fjt.invitations (org, login) where answer is null;

create unique index invitations_open_of_centre on fjt.invitations (centre, login) where answer is null;

-- Which people has a town? (fjt.people, fjt.invite)
create index memberships_of_town on fjt.memberships (org);

do $$
declare
    t text;
begin
    foreach t in array '{alarm_centres,centre_members,invitations}'::text[] loop
        execute format('alter table fjt.%I enable row level security', t);
        execute format('alter table fjt.%I force row level security', t);
        execute format('create policy people on fjt.%I to fjt_owner using (true) with check (true)', t);
    end loop;
end $$;

create policy people on fjt.areas for select to fjt_owner using (true);

create trigger counted before update on fjt.invitations for each row execute function fjt.count_change();

-- The login that a town's file gives to a carer: theirs is the user who says yes to the town under it.
alter table fjt.carers add column login text;

create policy people on fjt.carers to fjt_owner using (true) with check (true);

create function fjt.bind_carers(town text, whose uuid) returns void
language sql security definer set search_path = fjt, pg_temp
as $$
    update fjt.carers c set user_id = whose from fjt.users u
    where u.user_id = whose and c.org = town and c.login = u.login and c.user_id is distinct from whose
$$;

-- ---- who may ----

-- May the caller give a membership of these areas and performers in the town (null: all)? The import and the command line may; a
-- page may for a person with the right 'users' there, who gives nothing that they don't have.
create function fjt.may_keep_people(town text, given uuid[], given_performers text[]) returns boolean
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    if session_user = 'fjt_worker' then
        return true;
    end if;
    return fjt.who() is not null and current_setting('fjt.scope', true) = 'users' and exists (
        select from fjt.grants() g where g.org = town and (g.areas is null or given <@ g.areas) and (g.performers is null or given_performers <@ g.performers));
end $$;

-- Refuse who may not, and areas or performers that are not the town's; else take the town's turn: two admins change one after the other.
create function fjt.keep_people(town text, given uuid[], given_performers text[]) returns void
language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    if not coalesce(fjt.may_keep_people(town, given, given_performers), false) then
        raise exception 'no right to the people of that town' using errcode = 'insufficient_privilege';
    end if;
    if exists (select from unnest(given) area where not exists (select from fjt.areas a where a.area_id = area and a.org = town)) then
        raise exception 'an area of another town' using errcode = 'foreign_key_violation';
    end if;
    if exists (select from unnest(given_performers) wanted
        where wanted <> 'town' and not exists (select from fjt.performers p where p.org = town and p.code = wanted)) then
        raise exception 'a performer of another town' using errcode = 'foreign_key_violation';
    end if;
    perform pg_advisory_xact_lock(hashtext('people'), hashtext(town));
end $$;

create function fjt.note_people(town text, said text, about jsonb, said_by text) returns void
language sql security definer set search_path = fjt, pg_temp
as $$
    insert into fjt.events (at, org, kind, data, actor)
    select clock.now(), town, said, jsonb_strip_nulls(about), coalesce(fjt.who()::text, said_by)
    where town is not null -- an alarm centre has no timeline of its own
$$;

-- ---- a town's people ----

-- The town's members and its open invitations: of an admin with areas or performers of their own, those who have no other. Of a
-- login that was only asked, the town reads what it wrote itself.
create function fjt.people(town text) returns table (
    user_id uuid, membership_id uuid, invitation_id uuid, login text, name text, roles text[], areas uuid[], performers text[],
    accepted boolean, ends_at timestamptz, expires_at timestamptz, has_factor boolean, version int)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return query
        select m.user_id, m.membership_id, null::uuid, u.login, case when m.accepted_at is null then u.login else u.name end, m.roles, m.areas, m.performers,
            m.accepted_at is not null, m.ended_at, null::timestamptz, m.accepted_at is null or fjt.has_factor(m.user_id), m.version
        from fjt.memberships m join fjt.users u using (user_id)
        where m.org = town and (m.accepted_at is not null or not exists (
            select from fjt.invitations i where i.org = town and i.login = u.login and i.answer is null))
            and fjt.may_keep_people(town, m.areas, m.performers)
        union all
        select null, null, i.invitation_id, i.login, i.name, i.roles, i.areas, i.performers, false, i.ends_at, i.expires_at, true, i.version
        from fjt.invitations i where i.org = town and i.answer is null and fjt.may_keep_people(town, i.areas, i.performers);
end $$;

-- Ask a login. The answer: invited, member (of this town already) or asked (an invitation is open).
create function fjt.invite(town text, asked text, called text, new_roles text[], new_areas uuid[], new_performers text[], until timestamptz, hash bytea, said_by text)
returns text language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    made uuid;
begin
    perform fjt.keep_people(town, new_areas, new_performers);
    -- The town's own logins first, and then the asked one among them: the work is the same whoever is asked.
    if asked in (with own as materialized (
        select u.login from fjt.memberships m join fjt.users u using (user_id)
        where m.org = town and m.accepted_at is not null and (m.ended_at is null or m.ended_at > clock.now())
    ) select own.login from own) then
        return 'member';
    end if;
    if exists (select from fjt.invitations i where i.org = town and i.login = asked and i.answer is null) then
        return 'asked';
    end if;
    insert into fjt.invitations (org, login, name, roles, areas, performers, ends_at, token_hash, invited_at, expires_at)
        values (town, asked, called, new_roles, new_areas, new_performers, until, hash, clock.now(), clock.now() + interval '7 days')
        returning invitation_id into made;
    perform fjt.note_people(town, 'membership_invited', jsonb_build_object(
        'invitation_id', made, 'roles', new_roles, 'areas', new_areas, 'performers', new_performers, 'ends_at', until), said_by);
    return 'invited';
end $$;

-- Change an open invitation: its link, for another seven days, where *hash* says one; its roles, areas, performers and end. The answer:
-- changed, stale (somebody changed it since *seen*) or gone.
create function fjt.change_invitation(invitation uuid, seen int, new_roles text[], new_areas uuid[], new_performers text[], until timestamptz, hash bytea, said_by text)
returns text language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    it fjt.invitations;
begin
    select * into it from fjt.invitations i where i.invitation_id = invitation;
    if it.org is null or not fjt.may_keep_people(it.org, it.areas, it.performers) then
        return 'gone';
    end if;
    perform fjt.keep_people(it.org, new_areas, new_performers);
    select * into it from fjt.invitations i where i.invitation_id = invitation and i.answer is null for update;
    if it.org is null then
        return 'gone';
    elsif it.version <> seen then
        return 'stale';
    end if;
    update fjt.invitations i set roles = new_roles, areas = new_areas, performers = new_performers, ends_at = until, token_hash = coalesce(hash, i.token_hash),
        expires_at = case when hash is null then i.expires_at else clock.now() + interval '7 days' end
        where i.invitation_id = invitation;
    perform fjt.note_people(it.org, 'membership_invited', jsonb_build_object(
        'invitation_id', invitation, 'roles', new_roles, 'areas', new_areas, 'performers', new_performers, 'ends_at', until), said_by);
    return 'changed';
end $$;

create function fjt.withdraw_invitation(invitation uuid, seen int, said_by text) returns text
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    it fjt.invitations;
begin
    select * into it from fjt.invitations i where i.invitation_id = invitation and i.answer is null for update;
    if it.org is null or not fjt.may_keep_people(it.org, it.areas, it.performers) then
        return 'gone';
    elsif it.version <> seen then
        return 'stale';
    end if;
    update fjt.invitations set answer = 'withdrawn', answered_at = clock.now() where invitation_id = invitation;
    perform fjt.note_people(it.org, 'invitation_ended', jsonb_build_object('invitation_id', invitation, 'answer', 'withdrawn'), said_by);
    return 'changed';
end $$;

-- Change a member's roles, areas, performers and end. *seen* is the version that the admin was shown; null: whatever it is. The answer:
-- changed, stale, last_admin (the town would have nobody who invites) or gone.
create function fjt.change_membership(town text, whose uuid, seen int, new_roles text[], new_areas uuid[], new_performers text[], until timestamptz, said_by text)
returns text language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    it fjt.memberships;
    over boolean := until is not null and until <= clock.now();
begin
    perform fjt.keep_people(town, new_areas, new_performers);
    select * into it from fjt.memberships m where m.org = town and m.user_id = whose and m.accepted_at is not null for update;
    if it.org is null or it.ended_at <= clock.now() or not fjt.may_keep_people(town, it.areas, it.performers) then
        return 'gone';
    elsif seen is not null and it.version <> seen then
        return 'stale';
    end if;
    if 'admin' = any (it.roles) and (until is not null or not 'admin' = any (new_roles) or new_areas is not null or new_performers is not null)
        and not exists (
        select from fjt.memberships m join fjt.users u using (user_id)
        where m.org = town and m.user_id <> whose and 'admin' = any (m.roles) and m.areas is null and m.performers is null
            and m.accepted_at is not null and m.ended_at is null and u.disabled_at is null) then
        return 'last_admin';
    end if;
    update fjt.memberships m set roles = new_roles, areas = new_areas, performers = new_performers, ended_at = until where m.org = town and m.user_id = whose;
    if over then
        perform fjt.note_people(town, 'membership_ended', jsonb_build_object('user_id', whose), said_by);
    else
        perform fjt.note_people(town, 'membership_changed', jsonb_build_object(
            'user_id', whose, 'roles', new_roles, 'areas', new_areas, 'performers', new_performers, 'ends_at', until), said_by);
    end if;
    return 'changed';
end $$;

-- ---- the person's answer ----

-- The open invitation behind a link's raw token; knowing a hash opens nothing.
create function fjt.invitation(token text) returns table (
    org text, town text, login text, name text, roles text[], areas text[], performers text[], ends_at timestamptz, zone text)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return query
        select i.org, coalesce(o.name, c.name), i.login, i.name, i.roles,
            (select array_agg(a.code order by a.code) from fjt.areas a where a.area_id = any (i.areas)),
            -- names; the town's own care has none
            case when i.performers is not null then array(select coalesce(p.name, '')
                from unnest(i.performers) given left join fjt.performers p on (p.org, p.code) = (i.org, given) order by 1) end, i.ends_at,
            coalesce(o.zone, 'Europe/Stockholm')
        from fjt.invitations i left join fjt.organisations o using (org) left join fjt.alarm_centres c using (centre)
        where i.token_hash = sha256(convert_to(token, 'UTF8')) and i.answer is null and i.expires_at > clock.now();
end $$;

-- The membership that an invitation offers, for a person who has said yes.
create function fjt.begin_membership(it fjt.invitations, whose uuid) returns void
language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    update fjt.invitations set answer = 'accepted', answered_at = clock.now() where invitation_id = it.invitation_id;
    if it.centre is not null then
        insert into fjt.centre_members as m (centre, user_id, roles, accepted_at, ended_at)
            values (it.centre, whose, it.roles, clock.now(), it.ends_at)
            on conflict (centre, user_id) do update set roles = excluded.roles, accepted_at = excluded.accepted_at,
                ended_at = excluded.ended_at;
        return;
    end if;
    insert into fjt.memberships as m (user_id, org, roles, areas, performers, accepted_at, ended_at)
        values (whose, it.org, it.roles, it.areas, it.performers, clock.now(), it.ends_at)
        on conflict (user_id, org) do update set roles = excluded.roles, areas = excluded.areas, performers = excluded.performers,
            accepted_at = excluded.accepted_at, ended_at = excluded.ended_at;
    perform fjt.bind_carers(it.org, whose);
    perform fjt.note_people(it.org, 'membership_accepted', jsonb_build_object('user_id', whose, 'invitation_id', it.invitation_id,
        'roles', it.roles, 'areas', it.areas, 'performers', it.performers, 'ends_at', it.ends_at), whose::text);
end $$;

-- The carried session's person answers. The answer: accepted, declined, other (the invitation is for another login) or gone.
create function fjt.answer_invitation(token text, yes boolean) returns text
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    it fjt.invitations;
    whose uuid := fjt.who();
begin
    select * into it from fjt.invitations i
        where i.token_hash = sha256(convert_to(token, 'UTF8')) and i.answer is null and i.expires_at > clock.now() for update;
    if it.invitation_id is null then
        return 'gone';
    elsif not exists (select from fjt.users u where u.user_id = whose and u.login = it.login) then
        return 'other';
    elsif not yes then
        update fjt.invitations set answer = 'declined', answered_at = clock.now() where invitation_id = it.invitation_id;
        perform fjt.note_people(it.org, 'invitation_ended', jsonb_build_object('invitation_id', it.invitation_id, 'answer', 'declined'), whose::text);
        return 'declined';
    end if;
    perform fjt.begin_membership(it, whose);
    return 'accepted';
end $$;

-- A new person with a password of their own. The answer: accepted, with the proof that begins their first session; known (the
-- login is somebody's, who signs in) or gone.
create function fjt.join_as_new(token text, called text, hash text, out answer text, out proof uuid)
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    it fjt.invitations;
    whose uuid;
begin
    select * into it from fjt.invitations i
        where i.token_hash = sha256(convert_to(token, 'UTF8')) and i.answer is null and i.expires_at > clock.now() for update;
    if it.invitation_id is null then
        answer := 'gone';
        return;
    end if;
    insert into fjt.users (login, name, password_hash, created_at) values (it.login, called, hash, clock.now())
        on conflict (login) do nothing returning user_id into whose;
    if whose is null then
        answer := 'known';
        return;
    end if;
    perform fjt.begin_membership(it, whose);
    proof := gen_random_uuid();
    insert into fjt.sign_ins (proof_hash, user_id, asked_at) values (sha256(convert_to(proof::text, 'UTF8')), whose, clock_timestamp());
    answer := 'accepted';
end $$;

-- ---- a lost second factor ----

-- Is every role that this person has, in towns whose people the caller keeps? An admin of one town may know a person's password.
-- To take the second factor from somebody who works elsewhere too would open that other place as well.
create function fjt.is_kept_here(whose uuid) returns boolean
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return not exists (
        select from fjt.memberships m
        where m.user_id = whose and (m.ended_at is null or m.ended_at > clock.now())
            and not coalesce(fjt.may_keep_people(m.org, m.areas, m.performers), false)
    ) and not exists (
        select from fjt.centre_members c where c.user_id = whose and (c.ended_at is null or c.ended_at > clock.now()));
end $$;

-- As 03_second_factors.sql has it, of people who work nowhere else.
create function fjt.reset_factors(whose uuid, asked_by text) returns boolean language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    admin uuid;
begin
    if session_user = 'fjt_web' then
        admin := fjt.person_who_may_change();
        if admin = whose or not exists (
            select from fjt.my_memberships() m join fjt.roles_held theirs using (org) join fjt.organisations o using (org)
            join fjt.role_rights r on r.role = any (m.roles) and r.handled_by = o.handled_by and r.allows = 'users'
            where theirs.user_id = whose
        ) or not fjt.is_kept_here(whose) then
            return false;
        end if;
        asked_by := admin::text;
    end if;
    update fjt.users set totp_secret = null, totp_added_at = null where user_id = whose;
    if not found then
        return false;
    end if;
    delete from fjt.passkeys where user_id = whose;
    delete from fjt.recovery_codes where user_id = whose;
    delete from fjt.used_codes where user_id = whose;
    delete from fjt.factor_tries where user_id = whose;
    perform fjt.end_other_sessions(whose);
    perform fjt.write_factor_line(whose, asked_by, 'second_factors_reset', '{}');
    return true;
end $$;

revoke all on function fjt.reset_factors(uuid, text) from public;

grant execute on function fjt.reset_factors(uuid, text) to fjt_web, fjt_worker;

-- A lost password, given anew from the command line by the one who runs the service: no town's to do. Null: there is no such login.
create function fjt.reset_password(asked text, hash text) returns uuid
language sql security definer set search_path = fjt, pg_temp
as $$
    update fjt.users set password_hash = hash where login = asked returning user_id
$$;

-- ---- an alarm centre's people, kept by the one who runs the service ----

create function fjt.keep_centre(wanted text, called text) returns void
language sql security definer set search_path = fjt, pg_temp
as $$
    insert into fjt.alarm_centres (centre, name) values (wanted, called) on conflict (centre) do update set name = excluded.name
$$;

-- Ask a login to be one of a centre's people, or make its open invitation's link anew.
create function fjt.invite_to_centre(wanted text, asked text, called text, new_roles text[], hash bytea) returns void
language sql security definer set search_path = fjt, pg_temp
as $$
    insert into fjt.invitations as i (centre, login, name, roles, token_hash, invited_at, expires_at)
    values (wanted, asked, called, new_roles, hash, clock.now(), clock.now() + interval '7 days')
    on conflict (centre, login) where answer is null do update set name = excluded.name, roles = excluded.roles,
        token_hash = excluded.token_hash, expires_at = excluded.expires_at
$$;

-- End a person's work for a centre now, or withdraw what they were asked. True: there was something to end.
create function fjt.end_centre_member(wanted text, asked text) returns boolean
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    ended int;
    withdrawn int;
begin
    update fjt.centre_members m set ended_at = clock.now() from fjt.users u
        where m.centre = wanted and u.user_id = m.user_id and u.login = asked and (m.ended_at is null or m.ended_at > clock.now());
    get diagnostics ended = row_count;
    update fjt.invitations set answer = 'withdrawn', answered_at = clock.now()
        where centre = wanted and login = asked and answer is null;
    get diagnostics withdrawn = row_count;
    return ended + withdrawn > 0;
end $$;

-- A user made from the command line, by the one who runs the service. Where a town has asked that login, they answer it. A
-- known login gets another name and password only where that town alone knows the person; elsewhere they are invited.
create or replace function fjt.keep_user(wanted_login text, wanted_name text, hash text, wanted_org text, wanted_roles text[]) returns uuid
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    whose uuid;
    open fjt.invitations;
begin
    insert into fjt.users (login, name, password_hash) values (lower(wanted_login), wanted_name, hash)
        on conflict (login) do nothing returning user_id into whose;
    if whose is null then
        select u.user_id into whose from fjt.users u where u.login = lower(wanted_login) for update;
        if exists (select from fjt.memberships m where m.user_id = whose and m.org <> wanted_org)
            or not exists (select from fjt.memberships m where m.user_id = whose and m.org = wanted_org) then
            raise exception 'the login is somebody''s already' using errcode = 'insufficient_privilege';
        end if;
        update fjt.users set name = wanted_name, password_hash = hash where user_id = whose;
    end if;
    update fjt.invitations i set answer = 'accepted', answered_at = clock.now()
        where i.org = wanted_org and i.login = lower(wanted_login) and i.answer is null returning * into open;
    insert into fjt.memberships as m (user_id, org, roles, areas, performers, accepted_at)
        values (whose, wanted_org, wanted_roles, open.areas, open.performers, clock.now())
        on conflict (user_id, org) do update set roles = excluded.roles, ended_at = null,
            accepted_at = coalesce(m.accepted_at, excluded.accepted_at);
    perform fjt.bind_carers(wanted_org, whose);
    return whose;
end $$;

-- ---- rights ----

revoke all on function fjt.may_keep_people(text, uuid[], text[]), fjt.keep_people(text, uuid[], text[]), fjt.note_people(text, text, jsonb, text),
    fjt.bind_carers(text, uuid), fjt.people(text), fjt.invite(text, text, text, text[], uuid[], text[], timestamptz, bytea, text),
    fjt.change_invitation(uuid, int, text[], uuid[], text[], timestamptz, bytea, text), fjt.withdraw_invitation(uuid, int, text),
    fjt.change_membership(text, uuid, int, text[], uuid[], text[], timestamptz, text), fjt.invitation(text),
    fjt.begin_membership(fjt.invitations, uuid), fjt.answer_invitation(text, boolean), fjt.join_as_new(text, text, text),
    fjt.keep_centre(text, text), fjt.invite_to_centre(text, text, text, text[], bytea), fjt.end_centre_member(text, text),
    fjt.is_kept_here(uuid), fjt.reset_password(text, text), fjt.count_change(), fjt.ask_first(), fjt.keep_name() from public;

grant execute on function fjt.keep_centre(text, text), fjt.invite_to_centre(text, text, text, text[], bytea),
    fjt.end_centre_member(text, text), fjt.reset_password(text, text) to fjt_worker;

grant execute on function fjt.people(text), fjt.invite(text, text, text, text[], uuid[], text[], timestamptz, bytea, text),
    fjt.change_invitation(uuid, int, text[], uuid[], text[], timestamptz, bytea, text), fjt.withdraw_invitation(uuid, int, text),
    fjt.change_membership(text, uuid, int, text[], uuid[], text[], timestamptz, text) to fjt_worker, fjt_web;

grant execute on function fjt.invitation(text), fjt.answer_invitation(text, boolean) to fjt_web;

grant execute on function fjt.join_as_new(text, text, text) to fjt_sign_in;
