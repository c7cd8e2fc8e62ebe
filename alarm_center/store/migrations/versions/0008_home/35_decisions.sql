-- Locks of a decision that are taken one after the other, by one statement (docs/adr/0068-a-decision-is-one-load-and-one-apply.md).

-- The resident's turn to raise an alarm, and then the case that is open, locked. As the caller, who sees what its policies show. Each
-- statement of a volatile function sees what was committed before it began: the case of whoever had the turn before is found.
create function fjt.lock_open_case(whose uuid) returns table (alarm_id uuid, body jsonb)
language plpgsql volatile set search_path = fjt, pg_temp
as $$
begin
    perform pg_advisory_xact_lock(hashtext('case'), hashtext(whose::text));
    return query select a.alarm_id, a.body from fjt.alarms a
        where a.resident_id = whose and a.state <> 'closed' and not a.visit and a.lane <> 'test' for update;
end $$;

revoke all on function fjt.lock_open_case(uuid) from public;

grant execute on function fjt.lock_open_case(uuid) to fjt_worker, fjt_web, fjt_planner;
