-- A mounting in hand is ended by those who plan, with a reason (docs/mounting.md): its installer is told at the next step, its code is void.

-- A camera that has been tried stays, and the mounting waits for another day: nobody is left without one by one person's word. One that has not
-- is nobody's, as where the installer stops, and in an exchange the old one goes on. In a wrong home none stays, tried or not: it would look into
-- somebody else's bedroom. The resident's looks are planned anew. Returns 'kept', 'stopped', or null where nobody has begun one.
create function fjt.end_mounting(whose uuid, why text) returns text language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    m fjt.mountings;
    kept boolean;
begin
    if current_setting('fjt.scope', true) is distinct from 'arrange' then
        perform fjt.refuse_write('the end of a mounting, by a page of another right');
    end if;
    select t.* into m from fjt.mountings t join fjt.residents r using (resident_id)
        where t.resident_id = whose and t.begun_at is not null and t.ended_at is null and t.halted_for is null
            and exists (select from fjt.grants() g where g.org = t.org and (g.areas is null or r.area_id = any (g.areas))
                and (g.performers is null or coalesce(r.performer, 'town') = any (g.performers)))
        for update of t;
    if m.mounting_id is null then
        return null;
    end if;
    kept := why <> 'wrong_home' and (m.replaced_at is not null or m.replaces is null and m.step in ('weekend', 'paper'));
    if kept then
        update fjt.commands set ended = 'refused' where mounting_id = m.mounting_id and ended is null;
        update fjt.looks set ended_at = greatest(began_at, clock.now()) where mounting_id = m.mounting_id and ended_at is null;
    elsif m.device_id is not null then
        perform fjt.release_mounted(m);
        update fjt.residents set unplanned_since = least(unplanned_since, clock.now()) where resident_id = m.resident_id;
    end if;
    update fjt.mountings set code_hash = null, code_until = null, halted_by = fjt.page_actor(), halted_for = why,
        installer = case when kept then null else installer end, ends_at = case when kept then null else ends_at end,
        step = case when kept then step else 'stopped' end, stopped_for = case when not kept then why end,
        ended_at = case when not kept then clock.now() end
        where mounting_id = m.mounting_id;
    perform fjt.write_mounting_line(m, 'mounting_stopped', jsonb_build_object('why', why));
    return case when kept then 'kept' else 'stopped' end;
end $$;

revoke all on function fjt.end_mounting(uuid, text) from public;

grant execute on function fjt.end_mounting(uuid, text) to fjt_planner;
