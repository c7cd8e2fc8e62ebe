-- A camera that an installer has put up is judged by people until one of them has looked through it in the dark (docs/mounting.md).

create function fjt.is_seen_in_dark(whose uuid) returns boolean language sql stable parallel safe
as $$
    select not exists (select from fjt.devices d where d.resident_id = any (fjt.bed_of(whose)) and d.unseen_in_dark)
$$;

revoke all on function fjt.is_seen_in_dark(uuid) from public;

grant execute on function fjt.is_seen_in_dark(uuid) to fjt_worker, fjt_web, fjt_planner;

-- As in 21_shadow.sql, and: somebody has looked in the dark.
create or replace function fjt.may_answer_alone(whose uuid) returns boolean
language sql stable parallel safe
as $$ select fjt.knows_room(whose) and fjt.is_seen_in_dark(whose) and fjt.agrees_to_machine(whose, '{yes,carried_over}') $$;

-- Which cameras has nobody looked through in the dark? (store/mountings.py)
create index devices_unseen_in_dark on fjt.devices (org, device_id) where unseen_in_dark
