-- The log's review is sealed as looks are: who read the log, what a supervisor has reviewed, and the monthly samples with their
-- verdicts (02_fact_log.sql of 0005_seals). So are the roles in which somebody looked.

create or replace function fjt.fact_of(r fjt.looks) returns table (org text, key text, fact jsonb, words text) language sql stable
as $$
    select r.org, r.look_id::text, jsonb_build_object(
        'resident_id', r.resident_id, 'check_id', r.check_id, 'alarm_id', r.alarm_id, 'session_id', r.session_id,
        'command_id', r.command_id, 'user_id', r.user_id, 'roles', r.roles, 'kind', r.kind, 'clear', r.clear, 'reason', r.reason,
        'began_at', r.began_at at time zone 'UTC', 'ended_at', r.ended_at at time zone 'UTC'), null::text
$$;

create function fjt.fact_of(r fjt.look_log_reads) returns table (org text, key text, fact jsonb, words text) language sql stable
as $$
    select r.org, r.read_id::text, jsonb_build_object(
        'user_id', r.user_id, 'at', r.at at time zone 'UTC', 'what', r.what, 'person', r.person, 'resident_id', r.resident_id,
        'from_at', r.from_at at time zone 'UTC', 'to_at', r.to_at at time zone 'UTC', 'looks', r.looks), null::text
$$;

create function fjt.fact_of(r fjt.look_reviews) returns table (org text, key text, fact jsonb, words text) language sql stable
as $$
    select r.org, r.look_id::text, jsonb_build_object('reviewed_by', r.reviewed_by, 'reviewed_at', r.reviewed_at at time zone 'UTC'), r.note
$$;

create function fjt.fact_of(r fjt.look_samples) returns table (org text, key text, fact jsonb, words text) language sql stable
as $$
    select r.org, r.sample_id::text, jsonb_build_object(
        'month', r.month, 'seed', r.seed, 'looks', r.looks, 'drawn_at', r.drawn_at at time zone 'UTC', 'signed_by', r.signed_by,
        'signed_at', r.signed_at at time zone 'UTC'), null::text
$$;

create function fjt.fact_of(r fjt.look_sample_items) returns table (org text, key text, fact jsonb, words text) language sql stable
as $$
    select (select s.org from fjt.look_samples s where s.sample_id = r.sample_id), r.sample_id || '/' || r.place, jsonb_build_object(
        'look_id', r.look_id, 'verdict', r.verdict, 'judged_by', r.judged_by, 'judged_at', r.judged_at at time zone 'UTC'), r.note
$$;

do $$
declare
    t text;
begin
    foreach t in array '{look_log_reads,look_reviews,look_samples,look_sample_items}'::text[] loop
        execute format('create trigger %1$s_logged after insert or delete on fjt.%1$s for each row execute function fjt.log_fact()', t);
        execute format('create trigger %1$s_change_logged after update on fjt.%1$s for each row when (old.* is distinct from new.*) execute function fjt.log_fact()', t);
        execute format('revoke all on function fjt.fact_of(fjt.%I) from public', t);
        execute format('grant execute on function fjt.fact_of(fjt.%I) to fjt_worker', t);
    end loop;
end $$;
