-- Checks, alarms and commands as a page may change them: the person's own hold, answer and look, and nobody else's.

-- Green by a person needs their own look at a session of that check, or a session that came without a picture.
create function fjt.checks_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if fjt.is_old_page() then
        return new;
    end if;
    if new.seen_by is distinct from old.seen_by and new.seen_by is distinct from fjt.who()::text then
        perform fjt.refuse_write('a check answered in another''s name');
    end if;
    if new.state = old.state then
        return new;
    end if;
    if old.state in ('seen', 'alarmed', 'cancelled') or new.state = 'cancelled' then
        perform fjt.refuse_write('a check cancelled, or changed after its end');
    end if;
    if new.state = 'seen' and not exists (
        select from fjt.sessions s
        where s.check_id = new.check_id and s.receipt = 'committed' and (s.pictures = 0 or exists (
            select from fjt.looks l where l.org = s.org and l.session_id = s.session_id and l.user_id = fjt.who()))
    ) then
        perform fjt.refuse_write('a check seen without a look');
    end if;
    if new.ended_at is not null then
        new.ended_at := fjt.just_now(new.ended_at);
    end if;
    return new;
end $$;

create trigger page_writes before update on fjt.checks for each row when (session_user = 'fjt_web') execute function fjt.checks_of_page();

-- The core reads an alarm from its body, so that has to say the same of the person as the columns that are compared here.
create function fjt.alarms_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
declare
    me uuid := fjt.who();
    at timestamptz := clock.now();
begin
    if fjt.is_old_page() then
        return new;
    end if;
    if (new.body ->> 'alarm_id', new.body ->> 'org', new.body ->> 'area_id', new.body ->> 'resident_id', new.body ->> 'state',
            new.body #>> '{claim,lease,holder}', new.body ->> 'outcome', new.body ->> 'closed_by')
        is distinct from (new.alarm_id::text, new.org, new.area_id::text, new.resident_id::text, new.state, new.holder::text, new.outcome,
            new.closed_by)
    then
        perform fjt.refuse_write('an alarm whose value is another than its columns');
    end if;
    if tg_op = 'INSERT' then
        if new.holder is not null or new.state = 'closed' then
            perform fjt.refuse_write('an alarm that begins held or closed');
        end if;
        new.opened_at := fjt.just_now(new.opened_at);
        return new;
    end if;
    if old.state = 'closed' and new.state <> 'closed' then
        perform fjt.refuse_write('a closed alarm opened again');
    end if;
    if (new.holder, new.lease_until) is distinct from (old.holder, old.lease_until) then
        if new.holder is not null and new.holder is distinct from me
            or new.holder is null and old.holder is distinct from me and new.state <> 'closed' and old.lease_until > at
        then
            perform fjt.refuse_write('another''s hold of an alarm');
        end if;
        -- core/plan.py: a lease is 90 s, or what a town says in its place.
        new.lease_until := case when new.lease_until is not null then least(new.lease_until, at + interval '1 hour') end;
    end if;
    if new.closed_by is distinct from old.closed_by and new.closed_by is distinct from fjt.page_actor() then
        perform fjt.refuse_write('an alarm closed in another''s name');
    end if;
    if new.closed_at is distinct from old.closed_at and new.closed_at is not null then
        new.closed_at := fjt.just_now(new.closed_at);
    end if;
    return new;
end $$;

create trigger page_writes before insert or update on fjt.alarms for each row when (session_user = 'fjt_web') execute function fjt.alarms_of_page();
