-- The writer of a page's rows: the person whose session the transaction carries, or the notice whose link it carries. The
-- triggers of this revision run for the role of the pages alone, as the caller and under its policies. What our own code never
-- writes they refuse; what a moved clock or a slow page can make differ they set.

-- A replica of the release before carries no token, and its writes pass as before, until the rollout is finished (0009).
create function fjt.is_old_page() returns boolean language sql stable
as $$ select session_user = 'fjt_web' and coalesce(current_setting('fjt.token', true), '') = '' $$;

-- Is the caller one of the roles of the pages, which see the towns of their token alone?
create function fjt.is_page() returns boolean language sql stable
as $$ select session_user in ('fjt_web', 'fjt_planner') $$;

-- The writer as the timeline names it: a user's id, or a notice's.
create function fjt.page_actor() returns text language plpgsql stable set search_path = fjt, pg_temp
as $$
begin
    return coalesce(fjt.who()::text, fjt.link()::text);
end $$;

create function fjt.refuse_write(why text) returns void language plpgsql
as $$ begin raise exception 'a page may not write that: %', why using errcode = 'insufficient_privilege'; end $$;

-- An instant that a page read from the clock a moment ago, or the clock's own time where it is another. The longest transaction lasts 8 s.
create function fjt.just_now(said timestamptz) returns timestamptz language plpgsql stable set search_path = fjt, pg_temp
as $$
declare
    at timestamptz := clock.now();
begin
    return case when said between at - interval '10 seconds' and at + interval '10 seconds' then said else at end;
end $$;

-- ---- the timeline ----

create function fjt.events_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if fjt.is_old_page() then
        return new;
    end if;
    if new.actor is distinct from fjt.page_actor() then
        if new.actor is not null then
            perform fjt.refuse_write('a line of another''s');
        end if;
        new.actor := fjt.page_actor();
    end if;
    new.at := fjt.just_now(new.at);
    return new;
end $$;

create trigger page_writes before insert on fjt.events for each row when (session_user = 'fjt_web') execute function fjt.events_of_page();

-- ---- looks ----

create function fjt.looks_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
declare
    at timestamptz := clock.now();
begin
    if fjt.is_old_page() then
        return new;
    end if;
    if tg_op = 'INSERT' then
        if new.user_id is distinct from fjt.who() then
            perform fjt.refuse_write('a look in another''s name');
        end if;
        new.began_at := fjt.just_now(new.began_at);
        new.ended_at := null;
        return new;
    end if;
    if old.ended_at is not null and new.ended_at is distinct from old.ended_at then
        perform fjt.refuse_write('a look that has ended stays as it is');
    end if;
    -- Taking a case over, or closing it, ends the looks of the person who had it.
    if old.user_id is distinct from fjt.who() and not exists (
        select from fjt.alarms a where a.alarm_id = old.alarm_id and (a.state = 'closed' or a.holder is distinct from old.user_id)
    ) then
        perform fjt.refuse_write('the end of another''s look');
    end if;
    new.ended_at := greatest(at, old.began_at);
    return new;
end $$;

create trigger page_writes before insert or update on fjt.looks for each row when (session_user = 'fjt_web') execute function fjt.looks_of_page();

-- ---- what a person answers for on a row of its own ----

create function fjt.raisings_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if fjt.is_old_page() then
        return new;
    end if;
    if new.user_id is distinct from fjt.who() then
        perform fjt.refuse_write('a raising in another''s name');
    end if;
    new.raised_at := fjt.just_now(new.raised_at);
    return new;
end $$;

create trigger page_writes before insert on fjt.raisings for each row when (session_user = 'fjt_web') execute function fjt.raisings_of_page();

create function fjt.reserve_lists_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if fjt.is_old_page() then
        return new;
    end if;
    if new.fetched_by is distinct from fjt.who()::text then
        perform fjt.refuse_write('a list fetched in another''s name');
    end if;
    new.fetched_at := fjt.just_now(new.fetched_at);
    return new;
end $$;

create trigger page_writes before update on fjt.reserve_lists for each row when (session_user = 'fjt_web') execute function fjt.reserve_lists_of_page();

create function fjt.incidents_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if fjt.is_old_page() then
        return new;
    end if;
    if old.closed_at is not null or new.closed_by is distinct from fjt.who()::text or fjt.places_left(new.incident_id) > 0 then
        perform fjt.refuse_write('an incident closed twice, in another''s name or before its last place');
    end if;
    new.closed_at := fjt.just_now(new.closed_at);
    return new;
end $$;

create trigger page_writes before update on fjt.incidents for each row when (session_user = 'fjt_web') execute function fjt.incidents_of_page();

-- A carer's word by link is kept as the phone's own, and has no text; a session marks the words of carers as read.
create function fjt.replies_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if fjt.is_old_page() then
        return new;
    end if;
    if tg_op = 'INSERT' then
        if new.body <> '' or new.seen_by is distinct from 'service' or new.notice_id is distinct from fjt.link() or not exists (
            select from fjt.notices n join fjt.organisations o using (org)
            where n.notice_id = new.notice_id and (n.org, n.alarm_id, n.phone, o.sending_number) = (new.org, new.alarm_id, new.phone, new.sender)
        ) then
            perform fjt.refuse_write('a carer''s word that is not of the link carried');
        end if;
        new.received_at := fjt.just_now(new.received_at);
        new.seen_at := new.received_at;
        return new;
    end if;
    if old.seen_at is not null or new.seen_by is distinct from fjt.who()::text then
        perform fjt.refuse_write('a reply read twice, or by another');
    end if;
    new.seen_at := fjt.just_now(new.seen_at);
    return new;
end $$;

create trigger page_writes before insert or update on fjt.replies for each row when (session_user = 'fjt_web') execute function fjt.replies_of_page();
