-- Why a person has ended an incident; the service ends one that is ticked through, and gives no reason.
alter table fjt.incidents add column closed_reason text check (char_length(closed_reason) <= 200);

grant update (closed_reason) on fjt.incidents to fjt_web;

-- As it was; and a page acknowledges an incident that is red or that a lead has been asked to see to, in its own name and now, and gives no
-- reason with that.
create or replace function fjt.incidents_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if fjt.is_old_page() then
        return new;
    end if;
    if new.acknowledged_at is distinct from old.acknowledged_at or new.acknowledged_by is distinct from old.acknowledged_by then
        if old.closed_at is not null or new.closed_at is not null or old.red_at is null and old.step < 2
            or new.acknowledged_by is distinct from fjt.who()::text or new.closed_reason is distinct from old.closed_reason
        then
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
