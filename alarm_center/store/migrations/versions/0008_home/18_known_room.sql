-- A device knows its room once its profile was calibrated with the room empty, and while the places in it have stayed the same since
-- (docs/calibration.md#whose-green). Sensors alone have no view to know. Written by the database: whoever writes a profile, and a
-- replica of the release before too, leaves it right.
alter table fjt.devices add column room_known boolean not null default false;

alter table fjt.devices no force row level security;

update fjt.devices set room_known = kind = 'sensors' or jsonb_array_length(coalesce(profile->'signature', '[]')) > 0;

alter table fjt.devices force row level security;

create function fjt.note_known_room() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
declare
    now_signed jsonb := coalesce(new.profile->'signature', '[]');
begin
    new.room_known := case
        when new.kind = 'sensors' then true
        when jsonb_array_length(now_signed) = 0 then false
        when tg_op = 'INSERT' then true
        when now_signed is distinct from coalesce(old.profile->'signature', '[]') then true
        when coalesce(new.profile->'zones', '[]') is distinct from coalesce(old.profile->'zones', '[]') then false
        else old.room_known
    end;
    return new;
end $$;

create trigger known_room before insert or update of profile, kind on fjt.devices for each row execute function fjt.note_known_room();

-- Does every device that serves the resident know its room?
create function fjt.knows_room(whose uuid) returns boolean language sql stable parallel safe
as $$
    select not exists (select from fjt.devices d where d.resident_id = any (fjt.bed_of(whose)) and not d.room_known)
$$;

revoke all on function fjt.note_known_room(), fjt.knows_room(uuid) from public;

grant execute on function fjt.knows_room(uuid) to fjt_worker, fjt_web, fjt_planner;
