-- Carers who are there for a time, the SMS that tests their number before the first shift, and the last day of one who leaves.

alter table fjt.carers
    -- the last night
    add column ends_on date,
    add column test_wanted_at timestamptz,
    add column test_asked_at timestamptz,
    add column test_answered_at timestamptz;

-- Who is to be asked, and who has not answered. (store/carers.py, store/reconciliation.py)
create index carers_untested on fjt.carers (org) where test_wanted_at is not null and test_answered_at is null;

grant insert (ends_on, test_wanted_at), update (ends_on) on fjt.carers to fjt_planner;

create trigger planner_ends before update on fjt.carers for each row
    when (session_user = 'fjt_planner') execute function fjt.staff_of_planner();
