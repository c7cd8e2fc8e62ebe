-- The towns of a transaction come from its token alone.

create or replace function fjt.orgs() returns text[] language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    kept text[] := fjt.carried();
begin
    if kept is not null then
        return kept[1]::text[];
    end if;
    return (select g.orgs from fjt.granted() g);
end $$;

create or replace function fjt.areas() returns uuid[] language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    kept text[] := fjt.carried();
begin
    if kept is not null then
        return kept[2]::uuid[];
    end if;
    return (select g.areas from fjt.granted() g);
end $$;

-- Pages begin no session and read no hash.
revoke all on function fjt.login(text), fjt.begin_session(bytea, uuid, timestamptz, timestamptz, text) from fjt_web;

drop function fjt.session_of(bytea, timestamptz);

drop function fjt.eyes_of_link(text);

drop function fjt.areas_around(uuid);

-- The roles' names of release 0.2.0.
update fjt.memberships set roles = array(select distinct case r when 'planner' then 'coordinator' when 'engineer' then 'installer' else r end from unnest(roles) r)
    where roles && '{planner,engineer}';
