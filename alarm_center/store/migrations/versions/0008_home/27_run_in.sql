-- Run-in nights: for the first nights with looks after a mounting a patrol goes too (docs/mounting.md, "The first nights").

-- The visit beside a look: an alarm whose instead_of is this check (core/check/state.py).
alter table fjt.checks add column visit_beside boolean not null default false;

-- From which night on, and how many nights that have a look (core/run_in.py); null: no camera was mounted here.
alter table fjt.residents add column run_in_from date, add column run_in_nights int,
    add check ((run_in_from is null) = (run_in_nights is null)), add check (run_in_nights between 0 and 14);

-- As the town's plan said when the mounting was given; fjt.move_mounting begins the run-in with the receipt.
alter table fjt.mountings add column run_in_nights int not null default 0 check (run_in_nights between 0 and 14);

grant select (run_in_nights) on fjt.mountings to fjt_web, fjt_planner;

grant insert (run_in_nights), update (run_in_nights) on fjt.mountings to fjt_planner;

grant update (run_in_nights) on fjt.residents to fjt_planner;

-- What fjt.move_mounting writes.
create policy run_in on fjt.residents for update to fjt_owner using (true) with check (true);

grant update (visit_beside) on fjt.checks to fjt_web, fjt_planner;

-- A night page saves a check whole, and plans no visit.
create function fjt.visit_beside_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    perform fjt.refuse_write('a visit beside a look');
    return new;
end $$;

revoke all on function fjt.visit_beside_of_page() from public;

create trigger visit_beside_of_page before update of visit_beside on fjt.checks for each row
    when (session_user = 'fjt_web' and new.visit_beside is distinct from old.visit_beside) execute function fjt.visit_beside_of_page();
