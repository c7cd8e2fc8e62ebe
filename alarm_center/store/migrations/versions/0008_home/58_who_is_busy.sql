-- Who is busy is said of each phone (docs/adr/0087-a-phone-is-busy-until-its-own-done.md): of two carers in a case one may be done.
alter table fjt.notices add column done_at timestamptz;

update fjt.notices n set done_at = a.done_at from fjt.alarms a
where a.alarm_id = n.alarm_id and a.done_at is not null and a.state <> 'closed' and n.state = 'took';

grant select (done_at), insert (done_at), update (done_at) on fjt.notices to fjt_web, fjt_planner;

-- A page says done for the carer whose link it carries, and for nobody else.
create function fjt.done_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
declare
    before timestamptz := (select n.done_at from fjt.notices n where n.notice_id = new.notice_id);
begin
    if not fjt.is_old_page() and new.done_at is distinct from before
        and not exists (select from fjt.notices mine where mine.notice_id = fjt.link() and mine.phone = new.phone)
    then
        perform fjt.refuse_write('a carer''s word that is not of the link carried');
    end if;
    return new;
end $$;

create trigger page_writes_done before insert or update on fjt.notices for each row
    when (session_user in ('fjt_web', 'fjt_planner')) execute function fjt.done_of_page();

revoke all on function fjt.done_of_page() from public;

-- Which shifts on duty, or about to be, have a phone that has taken an alarm that is not over, and has not said done in it? Whatever the
-- area and the town, and whatever the patrol is called: a phone that drives in one is not free in the next.
create or replace function fjt.busy_shifts(town text, but uuid) returns table (shift_id uuid)
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select s.shift_id from fjt.shifts s join fjt.carers c using (carer_id)
    where s.org = town and s.starts_at < clock.now() + interval '1 hour' and s.ends_at > clock.now() and c.phone in (
            select n.phone from fjt.alarms a join fjt.notices n using (alarm_id)
            where a.state <> 'closed' and a.lane <> 'training' and n.state = 'took' and n.done_at is null and a.alarm_id is distinct from but)
        and (not fjt.is_page() or town = any (fjt.orgs()))
$$;

-- The alarm that a phone took last, that is not over and in which it has not said done: its SMS says which case it is busy with.
create or replace function fjt.taken_by(asked text, but uuid) returns table (case_no int, priority int)
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select a.case_no, a.priority from fjt.notices n join fjt.alarms a using (alarm_id)
    where n.phone = asked and n.state = 'took' and n.done_at is null and a.state <> 'closed' and a.alarm_id <> but
        and (not fjt.is_page() or a.org = any (fjt.orgs()))
    order by n.answered_at desc limit 1
$$;
