-- A page without a token is none of ours, and writes nothing.
create or replace function fjt.is_old_page() returns boolean language sql stable
as $$ select false $$;

-- No page reads a link's token, or the text of an SMS.
do $$
declare
    t text;
    readable text;
begin
    foreach t in array '{messages,notices}'::text[] loop
        select string_agg(quote_ident(attname), ', ') into readable from pg_attribute
        where attrelid = ('fjt.' || t)::regclass and attnum > 0 and not attisdropped and attname not in ('token', 'body', 'attempt_token');
        execute format('revoke select on fjt.%I from fjt_web', t);
        execute format('grant select (%s) on fjt.%I to fjt_web', readable, t);
    end loop;
end $$;

-- A page names neither phone, sender nor text of a message, and no token of a notice.
revoke insert on fjt.messages, fjt.notices from fjt_web;

grant insert (org, alarm_id, notice_id, channel, wording, facts, rank, valid_until) on fjt.messages to fjt_web;

grant insert (notice_id, org, alarm_id, dispatch_id, round, step, who, shift_id, phone, patrol, channel, wording, asked_at, state, answered_at,
    done_at, closed_at) on fjt.notices to fjt_web;

-- A reserve list is read through fjt.reserve_list_body, which leaves out the residents of other performers.
revoke select on fjt.reserve_lists from fjt_web;

grant select (org, area_id, night, made_at, fetched_at, fetched_by) on fjt.reserve_lists to fjt_web;

-- An older replica knows no training area, and would ask those on duty.
grant insert (exercise_id, org, begun_by, begun_at, ends_at, carers), update (ends_at) on fjt.exercises to fjt_web;
