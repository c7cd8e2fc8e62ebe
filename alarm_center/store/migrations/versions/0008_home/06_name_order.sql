-- Names in the order of the Swedish alphabet, on any server: one without ICU has no collation for it. Å, Ä and Ö come after Z; capitals
-- and other accents make no difference.
create function fjt.name_order(name text) returns text language sql immutable parallel safe
as $$
    select translate(lower(name), 'ÅåÄäÆæÖöØøÉéÈèËëÜüÁáÀàÓóÍíÑñÇç', '{{||||}}}}eeeeeeyyaaaaooiinncc') collate "C"
$$;

revoke all on function fjt.name_order(text) from public;

grant execute on function fjt.name_order(text) to fjt_worker, fjt_web, fjt_planner;
