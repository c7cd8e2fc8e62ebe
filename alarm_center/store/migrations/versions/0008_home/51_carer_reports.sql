-- What carers report from a home for the day: a fact that does not match it, or a deviation. Each waits until a person has seen to it
-- (docs/adr/0081-a-report-waits-for-a-person.md).

create table fjt.carer_reports (
    report_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    alarm_id uuid not null references fjt.alarms,
    notice_id uuid not null references fjt.notices,
    resident_id uuid not null references fjt.residents,
    -- null: a deviation
    mismatch text check (mismatch in ('key', 'door_code', 'address', 'phone')),
    note text not null default '' check (length(note) <= 500 and (mismatch is null or note = '')),
    said_at timestamptz not null,
    done_by text,
    done_at timestamptz,
    check ((done_by is null) = (done_at is null))
);

-- A tap that comes twice reports once. (store/carer_reports.py)
create unique index carer_reports_once on fjt.carer_reports (notice_id, coalesce(mismatch, ''), note) where done_at is null;

-- The open ones of a town, and those of a case's page. (store/carer_reports.py)
create index carer_reports_to_do on fjt.carer_reports (org) where done_at is null;

create index carer_reports_of_alarm on fjt.carer_reports (alarm_id);

alter table fjt.carer_reports enable row level security;

alter table fjt.carer_reports force row level security;

create policy worker on fjt.carer_reports to fjt_worker using (true) with check (true);

-- Of a home that the viewer sees. A link reads its own reports, and no colleague's.
create policy own_town on fjt.carer_reports for select to fjt_web, fjt_planner
    using (case when (select current_setting('fjt.scope', true)) is not distinct from 'link' then notice_id = (select fjt.link())
        else org = any ((select fjt.orgs())::text[]) and exists (select from fjt.residents r where r.resident_id = carer_reports.resident_id) end);

create policy own_link on fjt.carer_reports for insert to fjt_web with check (notice_id = (select fjt.link()));

create policy ends on fjt.carer_reports for update to fjt_planner
    using ((select current_setting('fjt.scope', true)) is distinct from 'link' and org = any ((select fjt.orgs())::text[])
        and exists (select from fjt.residents r where r.resident_id = carer_reports.resident_id));

grant select, insert on fjt.carer_reports to fjt_web;

grant select, update (done_by, done_at) on fjt.carer_reports to fjt_planner;

grant select, insert on fjt.carer_reports to fjt_worker;

-- A link reports of its own case, now, once the case has been its own. A page ends a report as its own person, now, and once.
create function fjt.carer_reports_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        select n.org, n.alarm_id, n.notice_id, a.resident_id into new.org, new.alarm_id, new.notice_id, new.resident_id
            from fjt.notices n join fjt.alarms a using (alarm_id) where n.notice_id = fjt.link() and n.browser is not null;
        if not found or new.resident_id is null then
            perform fjt.refuse_write('a report of a case that is not its own');
        end if;
        new.said_at := fjt.just_now(new.said_at);
        new.done_by := null;
        new.done_at := null;
    else
        if old.done_at is not null then
            perform fjt.refuse_write('a report ended twice');
        end if;
        new.done_by := fjt.page_actor();
        new.done_at := fjt.just_now(new.done_at);
    end if;
    return new;
end $$;

create trigger page_writes before insert or update on fjt.carer_reports for each row
    when (session_user in ('fjt_web', 'fjt_planner')) execute function fjt.carer_reports_of_page();

revoke all on function fjt.carer_reports_of_page() from public;
