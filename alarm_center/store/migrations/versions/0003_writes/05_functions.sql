-- Functions of revision 0001 that look past the caller's own rows, for a page now within its own towns only.

create or replace function fjt.next_case_no(sender text, at timestamptz) returns int language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    found int;
begin
    if fjt.is_page() and not exists (
        select from fjt.organisations o where o.sending_number = sender and o.org = any (fjt.orgs())
    ) then
        perform fjt.refuse_write('a case number of another town');
    end if;
    loop
        insert into fjt.case_counters as c (sending_number, last) values (sender, 4801)
            on conflict (sending_number) do update set last = case when c.last >= 9999 then 1000 else c.last + 1 end
            returning c.last into found;
        exit when not exists (
            select from fjt.alarms a join fjt.organisations o using (org)
            where o.sending_number = sender and a.case_no = found and (a.state <> 'closed' or a.closed_at > at - interval '24 hours')
        );
    end loop;
    return found;
end $$;

create or replace function fjt.places_left(incident uuid) returns bigint
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select count(*) from fjt.alarms
    where incident_id = incident and state <> 'closed' and (not fjt.is_page() or org = any ((select fjt.orgs())::text[]))
$$;
