-- Protected identity in the log of looks and in the lists for a resident: no name, but for those with the right.

-- The name as the carried person may read it; empty for protected identity without the right. It says nothing of another town's.
create function fjt.shown_resident(whose uuid, name text) returns text language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return case when exists (
        select from fjt.residents r where r.resident_id = whose and r.protected and not fjt.sees_protected(r.org)
            and (not fjt.is_page() or r.org in (select m.org from fjt.my_memberships() m))
    ) then '' else name end;
end $$;

revoke all on function fjt.shown_resident(uuid, text) from public;

grant execute on function fjt.shown_resident(uuid, text) to fjt_worker, fjt_web;

-- As in 0006_review, and: protected names are masked.
create or replace function fjt.look_log_readings(town text, before_at timestamptz, before_id uuid, most int)
returns table (read_id uuid, at timestamptz, who text, what text, person text, resident text, from_at timestamptz, to_at timestamptz, looks int)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
#variable_conflict use_column
begin
    if fjt.areas_to_review(town, '{review}') is not null or fjt.performers_to_review(town) is not null then
        raise exception 'for the auditor of the whole town' using errcode = 'insufficient_privilege';
    end if;
    return query
        select w.read_id, w.at, u.name, w.what, p.name, fjt.shown_resident(r.resident_id, r.name), w.from_at, w.to_at, w.looks
        from fjt.look_log_reads w
        left join fjt.users u on u.user_id = w.user_id
        left join fjt.users p on p.user_id = w.person
        left join fjt.residents r on r.resident_id = w.resident_id
        where w.org = town and (before_id is null or (w.at, w.read_id) < (before_at, before_id))
        order by w.at desc, w.read_id desc limit least(most, 500);
end $$;
