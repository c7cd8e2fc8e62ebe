-- The log of facts: each row that the law asks about, as it was added, changed or removed, in the order of the timeline.
--
-- A line of the timeline says what happened; these rows say what is so: who looked at whom, how an alarm ended, what was
-- agreed to. They change, so each change is logged here by trigger, in its own transaction, and sealed with the lines.

create table fjt.fact_log (
    -- lines and facts share one sequence, so that (tx, id) is one order for both
    id bigint not null default nextval('fjt.event_ids'),
    tx xid8 not null default pg_current_xact_id(),
    org text not null,
    -- the table, and the row's key in it
    kind text not null,
    key text not null,
    -- found: the row was there before this log was. erased: the words of this row were taken out of the log
    -- expired: rows of this kind, and their facts, were erased since they were five years old (0006_review, 08_retention.sql)
    deed text not null check (deed in ('found', 'added', 'changed', 'deleted', 'erased', 'expired')),
    -- the row's columns that are sealed as they are: ids, codes, numbers, times
    fact jsonb not null,
    -- Free text may have to be erased, so it is sealed by a digest with a salt: without words and salt, the digest says
    -- nothing of what they were, and the chain holds.
    words text,
    salt uuid,
    words_digest bytea,
    -- Facts about looks are erased after five years. Their line is sealed with a salt, and what is left of it is its digest: without
    -- the salt it cannot be tried against guesses, and the chain holds.
    expiry_salt uuid,
    expired_digest bytea check (expired_digest is null or expiry_salt is null and fact = '{}' and person is null and words is null),
    -- who wrote the row: the database's role, and the person whose page it was
    writer text not null,
    person uuid,
    written_at timestamptz not null,
    real_at timestamptz not null,
    primary key (org, tx, id)
);

-- Where does a town's chain begin? Asked each time that it is sealed. (store/seal_lines.py)
create index fact_log_starts on fjt.fact_log (org) where kind = 'organisations';

create function fjt.digest_of_words(words text, salt uuid) returns bytea language sql immutable strict parallel safe
as $$ select sha256(uuid_send(salt) || convert_to(words, 'UTF8')) $$;

-- A fact as the text that is sealed (store/seal_lines.py).
create function fjt.fact_line(f fjt.fact_log) returns text language sql stable parallel safe
as $$
    select json_build_array('fact', f.tx::text, f.id, f.org, f.kind, f.key, f.deed, f.fact, encode(f.words_digest, 'hex'), f.writer, f.person,
        f.written_at at time zone 'UTC', f.real_at at time zone 'UTC', f.expiry_salt)::text
$$;

-- Is that a kind of fact that is erased after five years?
create function fjt.expires(kind text) returns boolean language sql immutable parallel safe
as $$ select kind in ('looks', 'look_log_reads', 'look_reviews', 'look_samples', 'look_sample_items') $$;

-- Words can only be taken out, and an expired fact leaves its digest; nothing else ever changes.
create trigger facts_only_grow before update on fjt.fact_log for each row
    when ((old.id, old.tx, old.org, old.kind, old.key, old.deed, old.words_digest, old.writer, old.written_at, old.real_at)
        is distinct from (new.id, new.tx, new.org, new.kind, new.key, new.deed, new.words_digest, new.writer, new.written_at, new.real_at)
        or new.words is not null or new.salt is not null
        or (old.fact, old.person, old.expiry_salt, old.expired_digest) is distinct from (new.fact, new.person, new.expiry_salt, new.expired_digest)
            and (old.expired_digest is not null or new.expired_digest is null))
    execute function fjt.refuse();

create trigger facts_not_removed before delete on fjt.fact_log for each row execute function fjt.refuse();

create trigger facts_not_emptied before truncate on fjt.fact_log for each statement execute function fjt.refuse();

-- ---- what is a fact of each table ----
--
-- Times are written in UTC whatever the session's zone is: the text is sealed. A column that comes later gets its place
-- here only for rows that come later; what was sealed stays as it was.

create function fjt.fact_of(r fjt.looks) returns table (org text, key text, fact jsonb, words text) language sql stable
as $$
    select r.org, r.look_id::text, jsonb_build_object(
        'resident_id', r.resident_id, 'check_id', r.check_id, 'alarm_id', r.alarm_id, 'session_id', r.session_id,
        'command_id', r.command_id, 'user_id', r.user_id, 'kind', r.kind, 'clear', r.clear, 'reason', r.reason,
        'began_at', r.began_at at time zone 'UTC', 'ended_at', r.ended_at at time zone 'UTC'), null::text
$$;

create function fjt.fact_of(r fjt.alarms) returns table (org text, key text, fact jsonb, words text) language sql stable
as $$
    select r.org, r.alarm_id::text, jsonb_build_object(
        'resident_id', r.resident_id, 'area_id', r.area_id, 'case_no', r.case_no, 'kind', r.kind, 'priority', r.priority,
        'lane', r.lane, 'opened_at', r.opened_at at time zone 'UTC', 'outcome', r.outcome, 'closed_by', r.closed_by,
        'closed_at', r.closed_at at time zone 'UTC'), r.note
$$;

create function fjt.fact_of(r fjt.checks) returns table (org text, key text, fact jsonb, words text) language sql stable
as $$
    select r.org, r.check_id::text, jsonb_build_object(
        'resident_id', r.resident_id, 'night', r.night, 'slot_id', r.slot_id,
        'ended_as', case when r.ended_at is not null then r.state end, 'answer', r.answer, 'reason', r.reason,
        'seen_by', r.seen_by, 'cancel_reason', r.cancel_reason, 'instead', r.instead, 'agreed_by', r.agreed_by,
        'ended_at', r.ended_at at time zone 'UTC'), null::text
$$;

create function fjt.fact_of(r fjt.consents) returns table (org text, key text, fact jsonb, words text) language sql stable
as $$
    select r.org, r.consent_id::text, jsonb_build_object(
        'resident_id', r.resident_id, 'who', r.who, 'state', r.state, 'camera', r.camera, 'sensors', r.sensors,
        'shown_to_people', r.shown_to_people, 'given_at', r.given_at at time zone 'UTC',
        'revoked_at', r.revoked_at at time zone 'UTC', 'revoked_instead', r.revoked_instead, 'recorded_by', r.recorded_by),
        nullif(r.basis, '')
$$;

create function fjt.fact_of(r fjt.raisings) returns table (org text, key text, fact jsonb, words text) language sql stable
as $$
    select r.org, r.raising_id::text, jsonb_build_object(
        'alarm_id', r.alarm_id, 'user_id', r.user_id, 'priority', r.priority, 'reason', r.reason,
        'raised_at', r.raised_at at time zone 'UTC'), r.note
$$;

-- The answer and the evidence for it. The measures are numbers for those who tune a detector, and no answer.
create function fjt.fact_of(r fjt.sessions) returns table (org text, key text, fact jsonb, words text) language sql stable
as $$
    select r.org, r.device_id || '/' || r.session_id, jsonb_build_object(
        'resident_id', r.resident_id, 'check_id', r.check_id, 'attempt', r.attempt, 'command_id', r.command_id,
        'alarm_id', r.alarm_id, 'receipt', r.receipt, 'refusal', r.refusal, 'answer', r.answer, 'reasons', r.reasons,
        'people', r.people, 'evidence', r.evidence, 'detector', r.detector, 'needs_human', r.needs_human, 'pictures', r.pictures,
        'received_at', r.received_at at time zone 'UTC', 'started_at', r.started_at at time zone 'UTC'), null::text
$$;

-- ---- each change is logged ----

create function fjt.log_fact() returns trigger language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    -- Most facts are written by no page: nobody is looked up then.
    author uuid := case when current_setting('fjt.token', true) <> '' then fjt.who() end;
begin
    if tg_op = 'DELETE' then
        -- fjt.expire_rows logs that rows are gone, and no word of them. Whoever says so for another row leaves its facts: it is missed.
        if current_setting('fjt.expiring', true) = 'on' and fjt.expires(tg_table_name) then
            return null;
        end if;
        insert into fjt.fact_log (org, kind, key, deed, fact, words, salt, words_digest, expiry_salt, writer, person, written_at, real_at)
        select f.org, tg_table_name, f.key, 'deleted', f.fact, f.words, s.salt, fjt.digest_of_words(f.words, s.salt),
            case when fjt.expires(tg_table_name) then gen_random_uuid() end, session_user, author, clock.now(), clock_timestamp()
        from fjt.fact_of(old) f cross join lateral (select case when f.words is not null then gen_random_uuid() end) s (salt);
    else
        insert into fjt.fact_log (org, kind, key, deed, fact, words, salt, words_digest, expiry_salt, writer, person, written_at, real_at)
        select f.org, tg_table_name, f.key, case tg_op when 'INSERT' then 'added' else 'changed' end, f.fact, f.words, s.salt,
            fjt.digest_of_words(f.words, s.salt), case when fjt.expires(tg_table_name) then gen_random_uuid() end, session_user, author,
            clock.now(), clock_timestamp()
        from fjt.fact_of(new) f cross join lateral (select case when f.words is not null then gen_random_uuid() end) s (salt);
    end if;
    return null;
end $$;

do $$
declare
    t text;
begin
    foreach t in array '{looks,alarms,checks,consents,raisings,sessions}'::text[] loop
        execute format('create trigger %1$s_logged after insert or delete on fjt.%1$s for each row execute function fjt.log_fact()', t);
    end loop;
    -- Every column of these is a fact.
    foreach t in array '{looks,consents,raisings,sessions}'::text[] loop
        execute format('create trigger %1$s_change_logged after update on fjt.%1$s for each row when (old.* is distinct from new.*) execute function fjt.log_fact()', t);
    end loop;
end $$;

-- A case is changed at each of its steps, and few of them change a fact: the others cost a comparison.
create trigger alarms_change_logged after update on fjt.alarms for each row
    when ((old.org, old.resident_id, old.area_id, old.case_no, old.kind, old.priority, old.lane, old.opened_at, old.outcome, old.note, old.closed_by, old.closed_at)
        is distinct from (new.org, new.resident_id, new.area_id, new.case_no, new.kind, new.priority, new.lane, new.opened_at, new.outcome, new.note, new.closed_by, new.closed_at))
    execute function fjt.log_fact();

create trigger checks_change_logged after update on fjt.checks for each row
    when ((old.org, old.resident_id, old.night, old.slot_id, old.answer, old.reason, old.seen_by, old.cancel_reason, old.instead, old.agreed_by, old.ended_at)
        is distinct from (new.org, new.resident_id, new.night, new.slot_id, new.answer, new.reason, new.seen_by, new.cancel_reason, new.instead, new.agreed_by, new.ended_at))
    execute function fjt.log_fact();

-- ---- words are erased ----

-- Take the words of one row out of the log, and log that. The row itself has been given other words before.
create function fjt.erase_words(town text, of_kind text, of_key text) returns int
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    newest xid8 := pg_current_xact_id();
    found int;
begin
    update fjt.fact_log set words = null, salt = null
        where org = town and kind = of_kind and key = of_key and words is not null and tx < newest;
    get diagnostics found = row_count;
    if found > 0 then
        insert into fjt.fact_log (org, kind, key, deed, fact, writer, person, written_at, real_at)
        values (town, of_kind, of_key, 'erased', jsonb_build_object('entries', found), session_user, fjt.who(), clock.now(), clock_timestamp());
    end if;
    return found;
end $$;
