-- An incident that is not ticked in time is told on as one (docs/adr/0074-an-operator-holds-the-dispatch.md): the next step of
-- core/alarm/incident.py and its time, since when the board is red, and who at a board has seen it. A release before leaves them as
-- they are.
alter table fjt.incidents
    add column step int not null default 0,
    add column next_at timestamptz,
    add column red_at timestamptz,
    add column acknowledged_at timestamptz,
    add column acknowledged_by text;

-- The steps are the worker's. A page acknowledges, in its own name and now.
grant update (acknowledged_at, acknowledged_by) on fjt.incidents to fjt_web;

create or replace function fjt.incidents_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if fjt.is_old_page() then
        return new;
    end if;
    if new.acknowledged_at is distinct from old.acknowledged_at or new.acknowledged_by is distinct from old.acknowledged_by then
        if old.closed_at is not null or new.closed_at is not null or old.red_at is null or new.acknowledged_by is distinct from fjt.who()::text then
            perform fjt.refuse_write('an incident acknowledged in another''s name, or that nobody waits for');
        end if;
        new.acknowledged_at := fjt.just_now(new.acknowledged_at);
        return new;
    end if;
    if old.closed_at is not null or new.closed_by is distinct from fjt.who()::text or fjt.places_left(new.incident_id) > 0 then
        perform fjt.refuse_write('an incident closed twice, in another''s name or before its last place');
    end if;
    new.closed_at := fjt.just_now(new.closed_at);
    return new;
end $$;
