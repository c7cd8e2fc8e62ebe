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

-- As in 0006_review, and: somebody with protected identity is found by their number alone, but for those with the right.
create or replace function fjt.residents_to_list(town text, asked text, most int) returns table (resident_id uuid, number int, name text, area text)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
#variable_conflict use_column
declare
    limited uuid[] := fjt.areas_to_review(town, '{hand_out}');
    own text[] := fjt.performers_to_review(town);
begin
    return query
        select r.resident_id, r.number, r.name, e.code from fjt.residents r join fjt.areas e using (area_id)
        where r.org = town and (limited is null or r.area_id = any (limited))
            and (own is null or coalesce(r.performer, 'town') = any (own))
            and (r.number::text = trim(asked) or position(fjt.search_form(asked) in fjt.search_form(r.name)) > 0
                and (not r.protected or fjt.sees_protected(r.org)))
        order by fjt.name_order(r.name), r.number limit least(most, 100);
end $$;
