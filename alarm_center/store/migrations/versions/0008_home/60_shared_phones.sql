-- Does a phone work for several towns? Its texts then name the town beside the area: each may have an area 3.
create function fjt.serves_several(asked text) returns boolean language sql stable security definer set search_path = fjt, pg_temp
as $$
    select count(distinct org) > 1 from (
        select c.org from fjt.carers c where c.phone = asked and (c.ends_on is null or c.ends_on >= clock.now()::date)
        union all
        select o.org from fjt.organisations o where o.fixed_number = asked) known
$$;

-- The worker alone makes texts, and a page has no need to know of another town's carers.
revoke all on function fjt.serves_several(text) from public;

grant execute on function fjt.serves_several(text) to fjt_worker;
