-- The lead's page: what SMS have asked of their own phone, and its answers (docs/adr/0090). Whose a phone is, the carer's sign-in says.

-- The carers whose phones are those of whoever is signed in, in the towns of the page's right: their own, and one that they borrow tonight.
create function fjt.carers_of_mine() returns table (org text, carer_id uuid, phone text)
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select c.org, c.carer_id, c.phone from fjt.carers c left join fjt.carers k on k.carer_id = c.in_place_of
    where coalesce(k.user_id, c.user_id) = fjt.who() and c.org = any (fjt.orgs())
        and (k.carer_id is null or c.ends_on >= (clock.now() - interval '1 day')::date)
        and not exists (select from fjt.lost_phones l where (l.org, l.phone) = (c.org, c.phone) and l.found_at is null)
$$;

-- The notices of open cases to the phones of whoever is signed in, in the towns of the page's right, also where the case lies in an area that is
-- not theirs: they were asked. No token, no text, no name; the cases are read whole, as the board reads them. (store/lead_questions.py)
create function fjt.asked_of_me() returns table (notice_id uuid, dispatch_id uuid, round int, step int, who text, channel text, wording text,
    phone text, shift_id uuid, patrol text, asked_at timestamptz, state text, answered_at timestamptz, done_at timestamptz, alarm_id uuid, body text,
    area text, zone text, carers jsonb)
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select n.notice_id, n.dispatch_id, n.round, n.step, n.who, n.channel, n.wording, n.phone, n.shift_id, n.patrol, n.asked_at, n.state,
        n.answered_at, n.done_at, a.alarm_id, a.body::text, e.code, o.zone,
        (select jsonb_object_agg(k.notice_id, jsonb_build_array(k.patrol, k.phone)) from fjt.notices k where k.alarm_id = a.alarm_id)
    from fjt.carers_of_mine() c join fjt.notices n on (n.org, n.phone) = (c.org, c.phone) join fjt.alarms a on a.alarm_id = n.alarm_id
        join fjt.areas e on e.area_id = a.area_id join fjt.organisations o on o.org = n.org
    -- An exercise has its SMS and its marked page: among real cases it would pass for one.
    where a.state <> 'closed' and a.lane <> 'training'
    order by a.case_no, n.asked_at
$$;

-- The link of one of those notices: the page answers as the phone does. Only on the lead's page.
create function fjt.link_of_mine(which uuid) returns text
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select n.token from fjt.notices n
    where n.notice_id = which and current_setting('fjt.scope', true) = 'lead'
        and exists (select from fjt.asked_of_me() mine where mine.notice_id = which)
$$;

-- When the phone answered its muster last; null where a release before wrote the answer.
alter table fjt.shifts add column mustered_at timestamptz;

create policy mustered on fjt.shifts for update to fjt_owner using (true) with check (true);

-- Say whether the phone of one's own shift is held, once it has been asked, while the shift lasts. False: there is no such shift.
create function fjt.answer_my_muster(which uuid, holds boolean) returns boolean
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    mine fjt.shifts;
begin
    select s.* into mine from fjt.shifts s
        where s.shift_id = which and s.carer_id in (select c.carer_id from fjt.carers_of_mine() c) and s.muster_asked_at is not null
            and s.starts_at <= clock.now() and s.ends_at > clock.now()
        for update of s;
    if mine.shift_id is null then
        return false;
    end if;
    if mine.mustered is distinct from holds then
        update fjt.shifts set mustered = holds, mustered_at = clock.now() where shift_id = which;
        insert into fjt.events (at, org, kind, data, area_id, actor)
            values (clock.now(), mine.org, 'mustered', jsonb_build_object('shift_id', which, 'holds', holds), mine.area_id, fjt.who()::text);
    end if;
    return true;
end $$;

revoke all on function fjt.carers_of_mine(), fjt.asked_of_me(), fjt.link_of_mine(uuid), fjt.answer_my_muster(uuid, boolean) from public;

grant execute on function fjt.carers_of_mine(), fjt.asked_of_me(), fjt.link_of_mine(uuid), fjt.answer_my_muster(uuid, boolean) to fjt_web;
