-- Protected identity (docs/planning-data.md#protected-identity).

-- May the person whose token is carried read names and addresses of people with protected identity in that town? Whoever is no page may.
create function fjt.sees_protected(town text) returns boolean language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return not fjt.is_page() or exists (
        select from fjt.my_memberships() m join fjt.organisations o on o.org = m.org
        join fjt.role_rights r on r.role = any (m.roles) and r.handled_by = o.handled_by
        where m.org = town and r.allows = 'protected');
end $$;

revoke all on function fjt.sees_protected(text) from public;

grant execute on function fjt.sees_protected(text) to fjt_worker, fjt_web, fjt_planner;
