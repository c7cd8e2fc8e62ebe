-- A case stays in the area where it was opened, whoever moves. Who handles it there goes on seeing whom it is about until
-- it is closed, as the carer with its link does (fjt.eyes_of_link): an operator who rings 112 reads out the address.
alter policy own_town on fjt.residents
    using (org = any (fjt.orgs()) and ((select fjt.areas()) is null or area_id = any ((select fjt.areas())::uuid[])
        or exists (select from fjt.alarms a where a.resident_id = residents.resident_id and a.state <> 'closed')));

-- Where a resident lives and where their cases lie, for the decision of somebody who sees the resident or one of the cases;
-- of nobody else anything. A case is one a resident, whatever areas the viewer is limited to.
create function fjt.areas_around(whose uuid) returns uuid[]
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select array_agg(area_id) from (
        select r.area_id from fjt.residents r where r.resident_id = whose and r.org = any (fjt.orgs())
        union
        select a.area_id from fjt.alarms a where a.resident_id = whose and a.org = any (fjt.orgs())
    ) around
    having bool_or(area_id = any (fjt.areas()))
$$;

-- The same, and the policy of residents.
create index alarms_of_resident on fjt.alarms (resident_id);

revoke all on function fjt.areas_around(uuid) from public;

grant execute on function fjt.areas_around(uuid) to fjt_worker, fjt_web;
