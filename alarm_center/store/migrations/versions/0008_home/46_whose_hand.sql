-- Whose hand it was that pressed: the person with a shift's phone says their code on the link's page, where none was said at the muster.
-- Each word bears the people of its notice's shift (store/links.py, store/case_pages.py).

-- Wrong codes on this notice's page: five digits are soon guessed, and a code opens an address in a call.
alter table fjt.notices add column code_tries int not null default 0;

create policy owner on fjt.shift_people to fjt_owner using (true) with check (true);

-- Note the person of a code as one with the phone of the link's shift: 'known', 'unknown', or 'over' once three were wrong.
create function fjt.say_who(said text) returns text language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    mine fjt.notices;
    who uuid;
begin
    select * into mine from fjt.notices where notice_id = fjt.link() and state = 'took' and shift_id is not null for update;
    if mine.notice_id is null or mine.code_tries >= 3 then
        return 'over';
    end if;
    select c.carer_id into who from fjt.carers c, fjt.shifts s
        where c.org = mine.org and c.code = said and s.shift_id = mine.shift_id
            and (c.ends_on is null or c.ends_on >= coalesce(s.night, (s.starts_at - interval '12 hours')::date));
    if who is null then
        update fjt.notices set code_tries = code_tries + 1 where notice_id = mine.notice_id;
        update fjt.shifts set unknown_code_at = clock.now() where shift_id = mine.shift_id;
        return 'unknown';
    end if;
    insert into fjt.shift_people (shift_id, carer_id, org, said_at) values (mine.shift_id, who, mine.org, clock.now())
        on conflict do nothing;
    return 'known';
end $$;

-- The other open cases of the link's phone: its own, and those that it is asked about. No name and no address.
create function fjt.cases_of_phone() returns table (token text, case_no int, priority int, visit boolean, took boolean)
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select distinct on (a.alarm_id) n.token, a.case_no, a.priority, a.visit, n.state = 'took'
    from fjt.notices mine join fjt.notices n on (n.org, n.phone) = (mine.org, mine.phone) join fjt.alarms a on a.alarm_id = n.alarm_id
    where mine.notice_id = fjt.link() and n.alarm_id <> mine.alarm_id and a.state <> 'closed'
        and (n.state = 'took' or n.state = 'asked' and a.seeks)
    order by a.alarm_id, n.state = 'took' desc, n.asked_at desc
$$;

revoke all on function fjt.say_who(text), fjt.cases_of_phone() from public;

grant execute on function fjt.say_who(text), fjt.cases_of_phone() to fjt_web;
