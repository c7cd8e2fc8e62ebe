-- What is asked before a town goes live, and by `fjarrtillsyn doctor` (store/readiness.py).

create function fjt.schema_revision() returns text language sql stable security definer set search_path = fjt, pg_temp
as $$ select version_num from public.revision $$;

-- People who may sign in with a password alone: they hold a role, and have added no second factor yet.
create function fjt.people_by_password_alone() returns table (login text, org text, signed_in boolean)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return query
        select u.login, held.org, exists (select from fjt.web_sessions s where s.user_id = u.user_id and s.expires_at > clock.now())
        from fjt.users u join fjt.roles_held held using (user_id)
        where u.password_hash <> '!' and u.disabled_at is null and not fjt.has_factor(u.user_id)
        order by held.org, u.login;
end $$;

revoke all on function fjt.schema_revision(), fjt.people_by_password_alone() from public;

grant execute on function fjt.schema_revision(), fjt.people_by_password_alone() to fjt_worker;
