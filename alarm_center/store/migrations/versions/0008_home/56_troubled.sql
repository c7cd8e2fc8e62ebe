-- A trouble of the case that no person has acknowledged: it has to be heard (docs/adr/0086-the-board-audits-itself.md). A replica of
-- 0.2.0 knows no trouble: it leaves the column as it is, also when it closes the case.
alter table fjt.alarms add column troubled boolean not null default false;

grant update (troubled) on fjt.alarms to fjt_web, fjt_planner;

-- Which cases have to be heard? (store/board.py)
create index alarms_troubled on fjt.alarms (org) where troubled and state <> 'closed';
