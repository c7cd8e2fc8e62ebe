-- The timeline's lines are signed by the server: who wrote each, and when.
--
-- A client says what happened and when (at). These columns say what it cannot: they are filled by trigger, also for a
-- replica of the release before, which does not name them. The seals cover them (docs/database.md#the-seals).

-- All locks at once, in the order in which decisions take them, so that a replica that runs waits rather than deadlocks.
lock table fjt.checks, fjt.alarms, fjt.sessions, fjt.looks, fjt.raisings, fjt.consents, fjt.events in access exclusive mode;

alter table fjt.events
    -- the database's role of the session that wrote the line
    add column writer text,
    -- by the service's clock, which at was read from
    add column written_at timestamptz,
    -- by the server's own clock, which no test and no demo moves
    add column real_at timestamptz;

create function fjt.sign_line() returns trigger language plpgsql
as $$
begin
    new.tx := pg_current_xact_id();
    new.writer := session_user;
    new.written_at := clock.now();
    new.real_at := clock_timestamp();
    return new;
end $$;

create trigger events_signed before insert on fjt.events for each row execute function fjt.sign_line();
