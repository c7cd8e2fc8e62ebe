-- Row-level security: the worker sees every town; a page sees the towns, and the areas, of the person signed in (docs/database.md#whose-rows-a-page-sees).
--
-- A person limited to some areas sees the rows about the residents of those areas, and no other. Each policy asks first
-- whether there is a limit, once a statement: (select fjt.areas()) is worked out before the rows, and without a limit
-- nothing else is looked up. A row that has no area is seen through the row that it hangs on, whose own policy answers.

do $$
declare
    t text;
begin
    for t in select tablename from pg_tables where schemaname = 'fjt' loop
        execute format('alter table fjt.%I enable row level security', t);
        execute format('alter table fjt.%I force row level security', t);
        -- Sign-ins under way are for the sign-in's own functions.
        if t <> 'sign_ins' then
            execute format('create policy worker on fjt.%I to fjt_worker using (true) with check (true)', t);
        end if;
    end loop;
    -- By town, on purpose, whatever the areas: settings and neutral codes (organisations, areas), colleagues (memberships)
    -- and digests (event_seals). Carers and shifts too: a decision taken for a person on a page chooses among all who are
    -- on duty in the town, neighbours and leads included, or an alarm would wait for nobody.
    foreach t in array '{organisations,areas,memberships,event_seals,carers,shifts}'::text[] loop
        execute format('create policy own_town on fjt.%I to fjt_web using (org = any (fjt.orgs())) with check (org = any (fjt.orgs()))', t);
    end loop;
end $$;

-- ---- with an area of their own ----

-- A case stays in the area where it was opened, also when the resident moves. A person who handles the case there goes on
-- seeing its resident until it is closed, as the carer with its link does (fjt.eyes_of_link): an operator who rings 112
-- reads out the address.
create policy own_town on fjt.residents to fjt_web
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])
        or exists (select from fjt.alarms a where a.resident_id = residents.resident_id and a.state <> 'closed')))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])));

create policy own_town on fjt.alarms to fjt_web
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])));

create policy own_town on fjt.reserve_lists to fjt_web
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])));

-- An incident without an area is the whole service's; its places are alarms, each seen by its own area.
create policy own_town on fjt.incidents to fjt_web
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id is null or area_id = any ((select fjt.areas())::uuid[])))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id is null or area_id = any ((select fjt.areas())::uuid[])));

-- A discrepancy with neither area nor resident is about the town.
create policy own_town on fjt.discrepancies to fjt_web
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])
        or area_id is null and resident_id is null))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])
        or area_id is null and resident_id is null));

-- A line without an area that is about nobody and nothing in particular is the town's.
create policy own_town on fjt.events to fjt_web
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])
        or area_id is null and resident_id is null and check_id is null and alarm_id is null and device_id is null))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])
        or area_id is null and resident_id is null and check_id is null and alarm_id is null and device_id is null));

-- ---- seen through another row ----

do $$
declare
    t text;
    mine text;
begin
    -- Of a resident. A device or a session of nobody is in no area: only a person who sees the whole town sees it.
    foreach t in array '{consents,decisions,plans,devices,slots,pauses,checks,sessions}'::text[] loop
        mine := format('org = any (fjt.orgs()) and ((select fjt.areas()) is null
            or exists (select from fjt.residents r where r.resident_id = %I.resident_id))', t);
        execute format('create policy own_town on fjt.%I to fjt_web using (%s) with check (%s)', t, mine, mine);
    end loop;
    -- Of an alarm. An SMS of no alarm is a muster or an answer to free text, which no page shows.
    foreach t in array '{notices,messages,raisings}'::text[] loop
        mine := format('org = any (fjt.orgs()) and ((select fjt.areas()) is null
            or exists (select from fjt.alarms a where a.alarm_id = %I.alarm_id))', t);
        execute format('create policy own_town on fjt.%I to fjt_web using (%s) with check (%s)', t, mine, mine);
    end loop;
end $$;

create policy own_town on fjt.attempts to fjt_web
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null or exists (select from fjt.checks c where c.check_id = attempts.check_id)))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null or exists (select from fjt.checks c where c.check_id = attempts.check_id)));

create policy own_town on fjt.receipts to fjt_web
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null or exists (
        select from fjt.sessions s where s.org = receipts.org and s.device_id = receipts.device_id and s.session_id = receipts.session_id)))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null or exists (
        select from fjt.sessions s where s.org = receipts.org and s.device_id = receipts.device_id and s.session_id = receipts.session_id)));

-- The case of a command is a check or an alarm.
create policy own_town on fjt.commands to fjt_web
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null
        or exists (select from fjt.alarms a where a.alarm_id = commands.case_id)
        or exists (select from fjt.checks c where c.check_id = commands.case_id)))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null
        or exists (select from fjt.alarms a where a.alarm_id = commands.case_id)
        or exists (select from fjt.checks c where c.check_id = commands.case_id)));

create policy own_town on fjt.looks to fjt_web
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null
        or exists (select from fjt.alarms a where a.alarm_id = looks.alarm_id)
        or exists (select from fjt.checks c where c.check_id = looks.check_id)))
    with check (org = any (fjt.orgs()) and ((select fjt.areas()) is null
        or exists (select from fjt.alarms a where a.alarm_id = looks.alarm_id)
        or exists (select from fjt.checks c where c.check_id = looks.check_id)));

-- A carer's words about no case belong to the area where that phone was on duty when they came. From a phone that was on
-- duty nowhere they are for everybody in the town, since somebody has to read them.
create policy own_town on fjt.replies to fjt_web
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null
        or exists (select from fjt.alarms a where a.alarm_id = replies.alarm_id)
        or alarm_id is null and coalesce((
            select bool_or(s.area_id = any ((select fjt.areas())::uuid[])) from fjt.carers c join fjt.shifts s using (carer_id)
            where c.org = replies.org and c.phone = replies.phone and s.starts_at <= received_at and s.ends_at > received_at), true)))
    with check (org = any (fjt.orgs()));

-- A page keeps only what was said on it: with a provider's id it could be there before the provider's own reply.
create policy said_on_the_page on fjt.replies as restrictive for insert to fjt_web with check (provider = 'page');

-- A colleague of one's own town.
create policy own_town on fjt.users for select to fjt_web
    using (exists (select from fjt.memberships m where m.user_id = users.user_id and m.org = any (fjt.orgs())));

create policy anybody on fjt.detectors for select to fjt_web using (true);

create policy anybody on fjt.jobs for select to fjt_web using (true);

-- ---- the owner, inside the functions that run as it ----

create policy numbers on fjt.case_counters to fjt_owner using (true) with check (true);

create policy numbers on fjt.alarms for select to fjt_owner using (true);

create policy numbers on fjt.organisations for select to fjt_owner using (true);

create policy months on fjt.events_other for select to fjt_owner using (true);

-- The link in an SMS comes before a town is known.
create policy link on fjt.notices for select to fjt_owner using (true);

create policy link on fjt.residents for select to fjt_owner using (true);

create policy hold on fjt.consents to fjt_owner using (true);

create policy probe on fjt.write_probe to fjt_owner using (true) with check (true);

-- Sign-in happens before a town is known, so it goes through functions and no policy.
create policy sign_in on fjt.users to fjt_owner using (true) with check (true);

create policy sign_in on fjt.memberships to fjt_owner using (true) with check (true);

create policy sign_in on fjt.web_sessions to fjt_owner using (true) with check (true);

create policy sign_in on fjt.sign_ins to fjt_owner using (true) with check (true);
