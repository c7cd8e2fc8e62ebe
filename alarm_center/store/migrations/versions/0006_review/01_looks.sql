-- Looks with the case that allowed each one, for the review of the log (docs/pictures.md#who-reviews-the-looks).

-- The roles of the person in the town when they looked. Replicas of the release before leave them out.
alter table fjt.looks add column roles text[];

-- The roles of the person behind the carried session, in one town.
create function fjt.my_roles(town text) returns text[] language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return (select m.roles from fjt.my_memberships() m where m.org = town);
end $$;

-- The log of a town, and a month of it. (fjt.look_log, fjt.look_tallies)
create index looks_of_town on fjt.looks (org, began_at desc, look_id desc);

-- The log of one person. (fjt.look_log)
create index looks_of_person on fjt.looks (org, user_id, began_at desc, look_id desc);

-- The log of one resident, and the list for that resident. (fjt.look_log, fjt.looks_at_resident)
create index looks_of_resident on fjt.looks (resident_id, began_at desc, look_id desc);

-- Looks that no check of their own asked for: all that lack a due check are among them. (fjt.look_log)
create index looks_without_check on fjt.looks (org, began_at desc, look_id desc) where check_id is null;

-- The first view of a session, and the look under way. (store/looks.py)
create index looks_of_session on fjt.looks (session_id) where session_id is not null;

-- The look of a command. (store/looks.py)
create index looks_of_command on fjt.looks (command_id) where command_id is not null;

-- Looks under way in a case. (store/looks.py)
create index looks_under_way_of_check on fjt.looks (check_id) where ended_at is null and check_id is not null;

create index looks_under_way_of_alarm on fjt.looks (alarm_id) where ended_at is null and alarm_id is not null;

-- Which checks belong to an alarm? (fjt.explained_looks, store/incidents.py)
create index checks_of_alarm on fjt.checks (alarm_id, opens_at) where alarm_id is not null;

-- What the detector judged of one resident. (fjt.looks_at_resident)
create index sessions_of_resident on fjt.sessions (resident_id, received_at desc);
