-- Who is signed in at this board now? Of the carried session's towns and areas; three minutes as in fjt.somebody_signed_in, and each by
-- what their roles allow in their session. (store/users.py)
create function fjt.at_the_board() returns table (user_id uuid, name text)
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select distinct u.user_id, u.name
    from (select fjt.orgs() as orgs, fjt.own_areas() as areas) here
    join fjt.roles_held m on m.org = any (here.orgs)
    join fjt.organisations o on o.org = m.org
    join fjt.users u on u.user_id = m.user_id
    join fjt.web_sessions s on s.user_id = m.user_id and m.org = coalesce(s.only_org, m.org)
    where current_setting('fjt.scope', true) = 'watch' and u.disabled_at is null
        and s.expires_at > clock.now() and s.seen_at > clock.now() - interval '3 minutes'
        and (here.areas is null or coalesce(m.areas && here.areas, true) and coalesce(s.only_areas && here.areas, true))
        and exists (
            select from unnest(m.roles) r join fjt.role_rights q on q.role = r and q.handled_by = o.handled_by and q.allows = 'watch'
            where s.only_roles is null or r = any (s.only_roles))
$$;

revoke all on function fjt.at_the_board() from public;

grant execute on function fjt.at_the_board() to fjt_web;
