-- Who signs in with a password alone, now that there are other ways: a passkey is a second factor, an account that a provider
-- or a sealed secret opens has no password ('!'), and their sessions were not begun by one.

create or replace function fjt.people_by_password_alone() returns table (login text, org text, signed_in boolean)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return query
        select u.login, held.org, exists (
            select from fjt.web_sessions s
            where s.user_id = u.user_id and s.expires_at > clock.now() and s.method = 'password' and s.factor_at is null)
        from fjt.users u join fjt.roles_held held using (user_id)
        where u.password_hash is not null and u.password_hash <> '!' and u.disabled_at is null and not fjt.has_factor(u.user_id)
        order by held.org, u.login;
end $$;
