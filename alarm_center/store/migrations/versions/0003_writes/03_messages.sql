-- An SMS of a page is a wording and values. The worker makes the text from them; no page reads a text or a link's token.

-- The words of core/plan.py Wording, which a page chooses among (a test compares).
create table fjt.wordings (wording text primary key);

insert into fjt.wordings (wording) values
    ('call_out'), ('visit'), ('reminder'), ('escalation'), ('escalation_late'), ('outcome'), ('on_site_check'), ('muster'),
    ('muster_silent'), ('pauses_unanswered'), ('night_threatened'), ('planner_waiting'), ('carer_test'), ('muster_who'), ('code_unknown'), ('codes_refused'), ('confirm_by_voice'), ('confirm_overdue'),
    ('incident'), ('stuck'), ('stuck_check'), ('granted'), ('taken'), ('stood_down'), ('case_closed'), ('also_seeks'),
    ('have_both'), ('declined'), ('declined_one'), ('arrived'), ('done'), ('cannot_get_in'), ('staying'), ('help_coming'), ('muster_yes'),
    ('muster_no'), ('not_yours'), ('no_case'), ('unknown_case'), ('which_case'), ('which_answer'), ('where_again'), ('not_understood'), ('voice_call_out'), ('voice_connect'),
    ('voice_on_site_check'), ('trouble_help'), ('trouble_cannot_get_in'), ('trouble_nobody_home'), ('trouble_silent'), ('trouble_undelivered'),
    ('seen_to'), ('you_see_to_it'), ('voice_trouble_help'), ('voice_trouble_cannot_get_in'), ('voice_trouble_nobody_home'),
    ('voice_trouble_silent'), ('voice_trouble_undelivered'), ('voice_trouble_late'), ('voice_trouble_outcome'), ('read_by_operator'), ('late_noted'), ('late_again'),
    ('carer_late'), ('nobody_home'), ('where_noted'), ('where_unknown'), ('found'), ('sms_stopped'), ('sms_stopped_last'), ('sms_started'),
    ('shift_ends'), ('incident_late'), ('incident_lead'), ('incident_yours'), ('incident_over'), ('voice_incident_late'), ('no_more_looks');

alter table fjt.wordings enable row level security;

alter table fjt.wordings force row level security;

create policy anybody on fjt.wordings for select using (true);

grant select on fjt.wordings to fjt_worker, fjt_web;

-- Are these values that a text may say? Numbers, codes and instants by the names of core/messages/text_facts.py, and no free text.
-- A link's token is none of them: the worker knows it from the notice.
create function fjt.are_facts(said jsonb) returns boolean language sql immutable
as $$
    select jsonb_typeof(said) = 'object' and not exists (
        select from jsonb_each(case jsonb_typeof(said) when 'object' then said else '{}' end) fact (name, value)
        where not case
            when name in ('case_no', 'other_no', 'priority', 'other_priority', 'minutes', 'places') then value::text ~ '^[0-9]{1,6}$'
            when name = 'area' then value::text ~ '^"[0-9A-ZÅÄÖ]{1,4}"$'
            when name = 'patrol' then value::text ~ '^"([A-Za-zÅÄÖåäö]{1,8} ?)?[0-9]{1,3}"$'
            when name in ('by', 'starts_at', 'ends_at') then value::text ~ '^"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|[+-][0-9]{2}:[0-9]{2})"$'
            when name = 'digit' then value::text ~ '^"[0-9]"$'
            else false end)
$$;

-- The values of a message that is not worded yet, by whom a page left it to; the text's own are in it once it is.
alter table fjt.messages add column facts jsonb check (fjt.are_facts(facts));

-- A message waits, with an endless not_before, until the worker has worded it: no replica of any release sends it before.
alter table fjt.messages add column worded boolean not null default true;

alter table fjt.messages add check (worded or state = 'queued' and body = '' and facts is not null and not_before = 'infinity');

-- Which messages of pages are to be worded? (store/messages.py)
create index messages_to_word on fjt.messages (created_at) where not worded;

create function fjt.messages_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
declare
    asked record;
    at timestamptz := clock.now();
begin
    if fjt.is_old_page() then
        return new;
    end if;
    select n.phone, n.channel, a.case_no, o.sending_number into asked
    from fjt.notices n join fjt.alarms a using (alarm_id) join fjt.organisations o on o.org = n.org
    where n.notice_id = new.notice_id and n.alarm_id = new.alarm_id and n.org = new.org;
    if not found or not exists (select from fjt.wordings w where w.wording = new.wording) or new.facts is null
        or new.channel = 'call' and asked.channel <> 'call' or new.rank not between 1 and 5
    then
        perform fjt.refuse_write('a message to a phone that no notice asks, or in words that are none of ours');
    end if;
    if (new.facts ->> 'case_no')::int is distinct from asked.case_no and (new.facts ->> 'other_no')::int is distinct from asked.case_no
        or not exists (select from fjt.areas e where e.org = new.org and e.code = new.facts ->> 'area')
    then
        perform fjt.refuse_write('a message about another case');
    end if;
    if (select count(*) from fjt.messages m where m.notice_id = new.notice_id) >= 40 then
        perform fjt.refuse_write('a message more to a phone that has had so many of one notice');
    end if;
    new.phone := asked.phone;
    new.sender := asked.sending_number;
    new.body := '';
    new.token := '';
    new.worded := false;
    new.created_at := fjt.just_now(new.created_at);
    new.not_before := 'infinity';
    new.valid_until := least(new.valid_until, at + interval '24 hours');
    return new;
end $$;

create trigger page_writes before insert on fjt.messages for each row when (session_user = 'fjt_web') execute function fjt.messages_of_page();

-- A new link's token: 48 random bits, made here so that no page has it.
create function fjt.new_link_token() returns text language sql volatile
as $$ select left(translate(encode(sha256(uuid_send(gen_random_uuid())), 'base64'), '+/=', '-_'), 8) $$;

alter table fjt.notices alter column token set default fjt.new_link_token();

-- A notice asks a phone that is on duty, or the town's fixed number; a carer's word is said by their own link.
create function fjt.notices_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if fjt.is_old_page() then
        return new;
    end if;
    if tg_op = 'INSERT' then
        -- The same again is an update, of which the next branch judges.
        if exists (select from fjt.notices n where n.notice_id = new.notice_id) then
            return new;
        end if;
        if new.state in ('took', 'declined') or new.browser is not null
            or not exists (select from fjt.wordings w where w.wording = new.wording)
            or not exists (select from fjt.alarms a where a.alarm_id = new.alarm_id and a.org = new.org)
            or not (case when new.shift_id is null
                then new.patrol = '' and exists (select from fjt.organisations o where o.org = new.org and o.fixed_number = new.phone)
                else exists (
                    select from fjt.shifts s join fjt.carers c using (carer_id)
                    where s.shift_id = new.shift_id and s.org = new.org and c.phone = new.phone and s.patrol = new.patrol
                        and s.starts_at < clock.now() + interval '1 hour' and s.ends_at > clock.now() - interval '1 minute') end)
        then
            perform fjt.refuse_write('a notice to a phone that is not on duty');
        end if;
        new.token := fjt.new_link_token();
        new.asked_at := fjt.just_now(new.asked_at);
        return new;
    end if;
    if new.state is distinct from old.state and new.state in ('took', 'declined')
        and not exists (select from fjt.notices mine where mine.notice_id = fjt.link() and mine.phone = old.phone)
    then
        perform fjt.refuse_write('a carer''s word that is not of the link carried');
    end if;
    if (new.browser, new.opened_at) is distinct from (old.browser, old.opened_at) then
        if old.browser is not null or old.notice_id is distinct from fjt.link() then
            perform fjt.refuse_write('the browser of another''s link');
        end if;
        new.opened_at := fjt.just_now(new.opened_at);
    end if;
    return new;
end $$;

create trigger page_writes before insert or update on fjt.notices for each row when (session_user = 'fjt_web') execute function fjt.notices_of_page();
