-- A door's code that is shown on a page by day: a row of the readings and a line, as for the log of looks. A page without it writes nothing.

alter table fjt.look_log_reads drop constraint look_log_reads_what_check;

alter table fjt.look_log_reads add constraint look_log_reads_what_check
    check (what in ('log', 'export', 'tallies', 'sample', 'resident_list', 'door_code'));

-- Write that the carried session's person is shown the code of the resident's port; false: it is not theirs to see.
create function fjt.note_door_code(whose uuid) returns boolean language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    town text;
begin
    if coalesce(current_setting('fjt.scope', true), '') <> 'plan' then
        return false;
    end if;
    select r.org into town from fjt.residents r where r.resident_id = whose and exists (
        select from fjt.grants() g where g.org = r.org and (g.areas is null or r.area_id = any (g.areas))
            and (g.performers is null or coalesce(r.performer, 'town') = any (g.performers)));
    if town is null then
        return false;
    end if;
    insert into fjt.look_log_reads (org, user_id, at, what, resident_id, looks) values (town, fjt.who(), clock.now(), 'door_code', whose, 0);
    perform fjt.write_review_line(town, 'door_code_shown', whose, '{}');
    return true;
end $$;

revoke all on function fjt.note_door_code(uuid) from public;

grant execute on function fjt.note_door_code(uuid) to fjt_web;
