-- Whose eyes a carer's link gives: the town of its alarm and that alarm's area. A resident who has moved to another area
-- while somebody drives is still found by whoever drives. fjt.org_of_link stays for a replica of the version before.
create policy link on fjt.residents for select to fjt_owner using (true);

create function fjt.eyes_of_link(asked text) returns table (org text, areas uuid[])
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select a.org, array_remove(array[a.area_id, nullif(r.area_id, a.area_id)], null)
    from fjt.notices n join fjt.alarms a using (alarm_id) left join fjt.residents r using (resident_id)
    where n.token = asked
$$;

revoke all on function fjt.eyes_of_link(text) from public;

grant execute on function fjt.eyes_of_link(text) to fjt_web;
