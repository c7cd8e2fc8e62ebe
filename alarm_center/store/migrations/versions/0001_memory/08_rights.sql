-- Rights: no more than each role uses.

grant usage on schema fjt, clock to fjt_worker, fjt_web;

grant usage on sequence fjt.event_ids, fjt.arrivals to fjt_worker, fjt_web;

-- ---- the worker ----

grant select, insert, update, delete on all tables in schema fjt to fjt_worker;

revoke all on fjt.case_counters, fjt.sign_ins, fjt.write_probe from fjt_worker;

revoke update, delete on fjt.events, fjt.event_seals from fjt_worker;

-- ---- the pages ----
--
-- Pages read under the policies. They write the rows that an operator, a carer by link and the decisions of both write, and
-- none that a planner, a device, a provider or the clockwork writes: those are the worker's. The link tokens stay readable:
-- the SMS of a decision is worded in the decision's own transaction.

grant select on all tables in schema fjt to fjt_web;

revoke all on fjt.case_counters, fjt.events_other, fjt.parked_statuses, fjt.sign_ins, fjt.sms_turns, fjt.users, fjt.web_sessions,
    fjt.write_probe from fjt_web;

grant select (user_id, login, name, language, disabled_at) on fjt.users to fjt_web;

-- A raising stands as it was said: no update.
grant insert on fjt.events, fjt.alarms, fjt.attempts, fjt.notices, fjt.commands, fjt.looks, fjt.raisings to fjt_web;

grant insert (org, alarm_id, notice_id, channel, wording, sender, phone, body, token, rank, created_at, not_before, valid_until)
    on fjt.messages to fjt_web;

-- A carer's word on the link's page is one of the phone's.
grant insert (provider, provider_id, org, phone, sender, body, received_at, alarm_id, notice_id, meaning, seen_by, seen_at)
    on fjt.replies to fjt_web;

-- Not: the resident, the times when it is owed, and who may turn it green.
grant update (state, next_step_at, deadline, rechecks_left, retries_left, answer, reason, seen_by, alarm_id, late, held,
    fault_known, cancel_reason, instead, agreed_by, ended_at) on fjt.checks to fjt_web;

grant update (opens_at, closes_at, state, session_id, answer, reason) on fjt.attempts to fjt_web;

grant update (kind, priority, reason, state, condition, body, lane, seeks, arrive_by, accepted_at, staff_inside, done_at,
    next_step_at, holder, lease_until, incident_id, outcome, note, closed_by, closed_at, red_at) on fjt.alarms to fjt_web;

grant update (state, answered_at, closed_at, browser, opened_at) on fjt.notices to fjt_web;

grant update (config, wanted_version, behind_since) on fjt.devices to fjt_web;

grant update (ended_at) on fjt.looks to fjt_web;

grant update (seen_by, seen_at) on fjt.replies to fjt_web;

grant update (closed_at, closed_by) on fjt.incidents to fjt_web;

grant update (fetched_at, fetched_by) on fjt.reserve_lists to fjt_web;

-- ---- functions ----

revoke all on all functions in schema fjt from public;

grant execute on function fjt.orgs(), fjt.areas(), fjt.next_case_no(text, timestamptz), fjt.somebody_signed_in(text, timestamptz),
    fjt.places_left(uuid), fjt.busy(text, uuid), fjt.taken_by(text, uuid), fjt.areas_around(uuid), fjt.hold_consents(uuid),
    fjt.search_form(text), fjt.is_held(uuid, timestamptz, timestamptz), fjt.may_look(uuid, text, boolean)
    to fjt_worker, fjt_web;

grant execute on function fjt.make_event_month(date), fjt.keep_user(text, text, text, text, text[]), fjt.session_lives(int, timestamptz),
    fjt.probe_writing()
    to fjt_worker;

grant execute on function fjt.login(text), fjt.begin_session(bytea, uuid, timestamptz, timestamptz, text), fjt.session_of(bytea, timestamptz),
    fjt.end_session(bytea), fjt.eyes_of_link(text) to fjt_web;
