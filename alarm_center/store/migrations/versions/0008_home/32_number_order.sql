-- Inventory numbers and device names as people count: cam2 before cam10. Letters are in fjt.name_order, on any server, and a number of up to
-- 24 digits counts as one.
create function fjt.number_order(number text) returns text language sql immutable parallel safe
as $$
    select regexp_replace(regexp_replace(fjt.name_order(number), '([0-9]+)', repeat('0', 24) || '\1', 'g'), '[0-9]*([0-9]{24})', '\1', 'g')
$$;

revoke all on function fjt.number_order(text) from public;

grant execute on function fjt.number_order(text) to fjt_worker, fjt_web, fjt_planner;
