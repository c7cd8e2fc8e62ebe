-- Each look with its cause, worked out from the case that it was made in:
-- check, recheck, asked_again: a check that somebody had to look at, by the cause of the attempt that was looked at;
-- alarm, live: a case that came by itself, its session or a live look;
-- own_alarm, colleague_alarm: a case that a person opened by hand, this one or another, before any of its checks was due;
-- trial: a test, which is nobody's home at night.
-- due: some check of the case had opened when the look began. stranger: the look names another resident than its case does,
-- which nothing of ours writes.
create view fjt.explained_looks as
select l.look_id, l.org, l.user_id, l.roles, l.resident_id, l.check_id, l.alarm_id, l.kind, l.clear, l.reason, l.began_at, l.ended_at,
    coalesce(a.area_id, r.area_id) as area_id, c.opens_at as check_at, a.case_no, opened.reason as raised_for,
    l.check_id is not null or due.opens_at is not null as due,
    l.resident_id is distinct from coalesce(c.resident_id, a.resident_id) as stranger,
    case
        when a.lane = 'test' then 'trial'
        when l.alarm_id is null then case attempt.cause when 'recheck' then 'recheck' when 'asked' then 'asked_again' else 'check' end
        when opened.user_id = l.user_id and due.opens_at is null then 'own_alarm'
        when opened.user_id is not null and due.opens_at is null then 'colleague_alarm'
        when l.kind = 'live' then 'live'
        else 'alarm'
    end as cause,
    -- 'town' is the town's own care; null: a case that is about no resident
    (select coalesce(x.performer, 'town') from fjt.residents x where x.resident_id = coalesce(l.resident_id, c.resident_id, a.resident_id))
        as performer
from fjt.looks l
left join fjt.residents r on r.resident_id = l.resident_id
left join fjt.alarms a on a.alarm_id = l.alarm_id
left join fjt.checks c on c.check_id = l.check_id
left join lateral (
    select t.cause from fjt.attempts t where t.check_id = l.check_id and t.session_id = l.session_id order by t.number limit 1
) attempt on true
-- The raising that opened the case. It is written in the same transaction, which the server ends after 8 s.
left join lateral (
    select g.user_id, g.reason from fjt.raisings g
    where g.alarm_id = l.alarm_id and g.raised_at <= a.opened_at + interval '8 seconds' and g.raised_at <= l.began_at
    order by g.raised_at limit 1
) opened on true
left join lateral (
    select d.opens_at from fjt.checks d where d.alarm_id = l.alarm_id and d.opens_at <= l.began_at order by d.opens_at desc limit 1
) due on true;
