-- The carer's page says when a shift's next visit is due, once there is nothing else: a time, and no name or place.

-- When is the next visit of the link's shift due that nobody has taken? Null: none before the shift ends, and for a link that has not taken
-- its case. (store/links.py)
create function fjt.next_visit_of_shift() returns timestamptz
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select min(a.arrive_by) from fjt.notices n join fjt.shifts s using (shift_id)
        join fjt.alarms a on a.org = n.org and a.area_id = s.area_id and a.visit and a.lane = 'real' and a.state in ('open', 'claimed', 'dispatched')
    where n.notice_id = fjt.link() and n.state = 'took' and s.ends_at > clock.now() and a.arrive_by between clock.now() and s.ends_at
$$;

revoke all on function fjt.next_visit_of_shift() from public;

grant execute on function fjt.next_visit_of_shift() to fjt_web;
