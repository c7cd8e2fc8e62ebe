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

-- The other open cases of the link's phone: its own, and those that it is asked about, while the link has taken its case, its shift is not
-- over and the phone is not lost. Not for a page: it has their tokens.
create function fjt.others_of_phone() returns table (token text, alarm_id uuid, case_no int, priority int, visit boolean, took boolean)
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select distinct on (a.alarm_id) n.token, a.alarm_id, a.case_no, a.priority, a.visit, n.state = 'took'
    from fjt.notices mine join fjt.notices n on (n.org, n.phone) = (mine.org, mine.phone) join fjt.alarms a on a.alarm_id = n.alarm_id
    where mine.notice_id = fjt.link() and mine.state = 'took' and n.alarm_id <> mine.alarm_id and a.state <> 'closed'
        and (n.state = 'took' or n.state = 'asked' and a.seeks)
        and not exists (select from fjt.shifts s where s.shift_id = mine.shift_id and s.ends_at <= clock.now())
        and not exists (select from fjt.lost_phones l where (l.org, l.phone) = (mine.org, mine.phone) and l.found_at is null)
    order by a.alarm_id, n.state = 'took' desc, n.asked_at desc
$$;

-- Those cases for the link's page. No name, no address, and no way in.
create function fjt.cases_of_phone() returns table (case_no int, priority int, visit boolean, took boolean)
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select case_no, priority, visit, took from fjt.others_of_phone()
$$;

-- The link of one of them, to go on to; only from a case that is open itself.
create function fjt.link_of_other(no int) returns text
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select o.token from fjt.others_of_phone() o
    where o.case_no = no and exists (select from fjt.notices m join fjt.alarms a using (alarm_id) where m.notice_id = fjt.link() and a.state <> 'closed')
    order by o.took desc, o.alarm_id limit 1
$$;

revoke all on function fjt.say_who(text), fjt.others_of_phone(), fjt.cases_of_phone(), fjt.link_of_other(int) from public;

grant execute on function fjt.say_who(text), fjt.cases_of_phone(), fjt.link_of_other(int) to fjt_web;
