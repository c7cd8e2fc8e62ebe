-- A resident who is a colleague's relative is closed to that colleague (docs/adr/0048-closed-to-a-relative.md).
--
-- The policies ask nothing new of anybody else: whoever has a resident closed to them counts as limited to performers, to all of
-- their towns' (fjt.granted), and what is asked of such people resident by resident says no of this one.

-- Logins, as a town's file has them: a person may be named before they have signed in.
alter table fjt.residents add column closed_to text[] not null default '{}';

-- Asked once a page: is anybody closed to this person?
create index residents_closed on fjt.residents using gin (closed_to) where closed_to <> '{}';

-- Is a resident who is closed to these logins closed to the person whose token is carried?
create function fjt.is_closed_to_me(logins text[]) returns boolean language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return logins <> '{}' and exists (select from fjt.users u where u.user_id = fjt.who() and u.login = any (logins));
end $$;

-- As in 0006_review.
create or replace function fjt.is_of_own_performer(whose uuid) returns boolean
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return exists (
        select from fjt.residents r
        where r.resident_id = whose and r.org || '/' || coalesce(r.performer, 'town') = any (fjt.performers())
            and not fjt.is_closed_to_me(r.closed_to));
end $$;

-- As in 0002_access.
create or replace function fjt.granted(out orgs text[], out areas uuid[], out performers text[])
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    has_performers boolean;
begin
    select coalesce(array_agg(g.org), '{}'),
        case when bool_or(g.areas is not null)
            then array(select distinct area from fjt.grants() limited, unnest(limited.areas) area) end,
        bool_or(g.performers is not null)
        into orgs, areas, has_performers
    from fjt.grants() g;
    -- No area at all must not be read as every area: then there is no town either. Pages of those rights read no row
    -- themselves: functions answer them, with the columns that they show (0006_review).
    if areas = '{}' or current_setting('fjt.scope', true) in ('review', 'supervise', 'hand_out', 'mount') then
        orgs := '{}';
    end if;
    has_performers := has_performers or exists (
        select from fjt.residents r join fjt.users u on u.user_id = fjt.who()
        where r.closed_to <> '{}' and r.closed_to @> array[u.login] and r.org = any (orgs));
    if has_performers then
        areas := coalesce(areas, array(select a.area_id from fjt.areas a where a.org = any (orgs)));
        performers := array(
            select g.org || '/' || code from fjt.grants() g, unnest(g.performers) code
            union select w.org || '/' || code
            from (select g.org from fjt.grants() g group by g.org having bool_and(g.performers is null)) w,
                lateral (select p.code from fjt.performers p where p.org = w.org union all select 'town') every (code));
    end if;
end $$;

revoke all on function fjt.is_closed_to_me(text[]) from public;

grant execute on function fjt.is_closed_to_me(text[]) to fjt_web, fjt_planner, fjt_worker;

grant insert (closed_to), update (closed_to) on fjt.residents to fjt_planner;

-- As in 0006_review.
alter policy own_town on fjt.residents
    using (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null
        or resident_id = (select fjt.case_of())
        or ((select fjt.performers()) is null
                or org || '/' || coalesce(performer, 'town') = any ((select fjt.performers())::text[]) and not fjt.is_closed_to_me(closed_to))
            and (area_id = any ((select fjt.areas())::uuid[])
                or exists (select from fjt.alarms a where a.resident_id = residents.resident_id and a.state <> 'closed'))));

-- The residents whose list may be handed out: by a part of the name, or by the number. Also those who have moved or died. Somebody with
-- protected identity is found by their number alone, but for those with the right.
create function fjt.residents_to_list(town text, asked text, most int) returns table (resident_id uuid, number int, name text, area text)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
#variable_conflict use_column
declare
    limited uuid[] := fjt.areas_to_review(town, '{hand_out}');
    own text[] := fjt.performers_to_review(town);
begin
    return query
        select r.resident_id, r.number, r.name, e.code from fjt.residents r join fjt.areas e using (area_id)
        where r.org = town and (limited is null or r.area_id = any (limited))
            and (own is null or coalesce(r.performer, 'town') = any (own)) and not fjt.is_closed_to_me(r.closed_to)
            and (r.number::text = trim(asked) or position(fjt.search_form(asked) in fjt.search_form(r.name)) > 0
                and (not r.protected or fjt.sees_protected(r.org)))
        order by fjt.name_order(r.name), r.number limit least(most, 100);
end $$;

revoke all on function fjt.residents_to_list(text, text, int) from public;

grant execute on function fjt.residents_to_list(text, text, int) to fjt_web;
