-- A camera that an installer has put up is judged by people until one of them has looked through it in the dark (docs/mounting.md).

create function fjt.is_seen_in_dark(whose uuid) returns boolean language sql stable parallel safe
as $$
    select not exists (select from fjt.devices d where d.resident_id = any (fjt.bed_of(whose)) and d.unseen_in_dark)
$$;

-- May a machine alone say of this resident that all is well? Every device that serves them knows its room and was looked through in the
-- dark, and everybody who has to agree has said yes, or was never asked and had it so before there was the question.
create function fjt.may_answer_alone(whose uuid) returns boolean
language sql stable parallel safe
as $$ select fjt.knows_room(whose) and fjt.is_seen_in_dark(whose) and fjt.agrees_to_machine(whose, '{yes,carried_over}') $$;

revoke all on function fjt.is_seen_in_dark(uuid), fjt.may_answer_alone(uuid) from public;

grant execute on function fjt.is_seen_in_dark(uuid), fjt.may_answer_alone(uuid) to fjt_worker, fjt_web, fjt_planner;

-- Which cameras has nobody looked through in the dark? (store/mountings.py)
create index devices_unseen_in_dark on fjt.devices (org, device_id) where unseen_in_dark;
