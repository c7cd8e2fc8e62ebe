-- A session may be limited to one assignment of its person: the one that they chose when they signed in by a provider, or
-- the town of a sealed account. It never gives more than the person's memberships do.

-- How the person was verified: by password and a second factor of ours, by a provider (with its name and the level of
-- assurance that it said), or by a sealed account's two halves. The latter two bring their second factor with them.
alter table fjt.web_sessions
    add column method text not null default 'password' check (method in ('password', 'oidc', 'sealed')),
    add column provider text,
    add column acr text,
    add column only_org text references fjt.organisations,
    add column only_roles text[],
    add column only_areas uuid[],
    add column only_performers text[],
    add constraint web_sessions_limited check (
        (only_org is null) = (only_roles is null) and (only_org is not null or only_areas is null and only_performers is null));

-- The session whose token the transaction carries, while it lives and its person may sign in; all null: there is none.
create function fjt.live_session() returns fjt.web_sessions language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    s fjt.web_sessions;
begin
    select w.* into s from fjt.web_sessions w join fjt.users u using (user_id)
        where w.token_hash = sha256(convert_to(nullif(current_setting('fjt.token', true), ''), 'UTF8'))
            and w.expires_at > clock.now() and u.disabled_at is null;
    return s;
end $$;

revoke all on function fjt.live_session() from public;

-- As release 0.2.0 calls it: without the roles that it does not know, and within the session's assignment. Of somebody who is limited
-- to performers it is told nothing: it would show them everybody's residents.
create or replace function fjt.session_of(hash bytea, at timestamptz) returns table (user_id uuid, login text, name text, language text, csrf text, org text, roles text[], areas uuid[])
language sql security definer set search_path = fjt, pg_temp
as $$
    with live as (
        update fjt.web_sessions s set seen_at = at from fjt.users u
        where s.token_hash = hash and s.expires_at > at and u.user_id = s.user_id and u.disabled_at is null
        returning u.user_id, u.login, u.name, u.language, s.csrf, s.only_org, s.only_roles, s.only_areas, s.only_performers
    )
    select l.user_id, l.login, l.name, l.language, l.csrf, m.org,
        array(select r from unnest(m.roles) r where r in ('operator', 'carer', 'lead', 'planner', 'admin', 'engineer')
            and (l.only_roles is null or r = any (l.only_roles))),
        case when l.only_areas is null then m.areas when m.areas is null then l.only_areas
            else array(select a from unnest(m.areas) a where a = any (l.only_areas)) end
    from live l left join fjt.roles_held m on m.user_id = l.user_id and m.org = coalesce(l.only_org, m.org)
        and m.performers is null and l.only_performers is null
$$;

-- Is anybody who may take alarms signed in for this town? Sessions are touched once a minute.
create or replace function fjt.somebody_signed_in(town text, at timestamptz) returns boolean
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select exists (
        select from fjt.web_sessions s
        join fjt.users u using (user_id)
        join fjt.roles_held m on m.user_id = s.user_id and m.org = coalesce(s.only_org, m.org)
        join fjt.organisations o on o.org = m.org
        where m.org = town and (not fjt.is_page() or town = any (fjt.orgs())) and u.disabled_at is null and s.expires_at > at and s.seen_at > at - interval '3 minutes'
            and exists (
                select from unnest(m.roles) r
                where (s.only_roles is null or r = any (s.only_roles)) and r = any (
                    case o.handled_by when 'home_care' then array['operator', 'supervisor', 'lead']
                        else array['operator', 'supervisor'] end)))
$$;
