-- The review of the log, for the pages. Each function asks for the right that the page is for (fjt.scope), in the town that it
-- answers about, and gives only the columns that the page shows: no address, no door code, no picture, no word of a note about a
-- resident. Each reading is a row and a line of the timeline, written by the function that answers it.

-- The areas that the carried token may review in the town; null: all of them. Refuses where the page's right is none of *rights*,
-- or is not the person's in that town.
create function fjt.areas_to_review(town text, rights text[]) returns uuid[]
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
declare
    granted int;
    whole boolean;
    limited uuid[];
begin
    if current_setting('fjt.scope', true) = any (rights) then
        select count(*), bool_or(g.areas is null) into granted, whole from fjt.grants() g where g.org = town;
        select array_agg(area) into limited from fjt.grants() g, unnest(g.areas) area where g.org = town;
    end if;
    if coalesce(granted, 0) = 0 or not whole and limited is null then
        raise exception 'no right to review this town' using errcode = 'insufficient_privilege';
    end if;
    return case when whole then null else limited end;
end $$;

-- The performers whose residents' looks the carried token may review in the town; null: all of them.
create function fjt.performers_to_review(town text) returns text[]
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return (
        select array_agg(code) from fjt.grants() g, unnest(g.performers) code where g.org = town);
end $$;

create function fjt.write_review_line(town text, line text, about uuid, content jsonb) returns void
language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    insert into fjt.events (at, org, kind, resident_id, actor, data) values (clock.now(), town, line, about, fjt.who()::text, content);
end $$;

create function fjt.note_reading(town text, read text, whose uuid, about uuid, since timestamptz, until timestamptz, many int) returns void
language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    insert into fjt.look_log_reads (org, user_id, at, what, person, resident_id, from_at, to_at, looks)
        values (town, fjt.who(), clock.now(), read, whose, about, since, until, many);
    perform fjt.write_review_line(town, case read when 'export' then 'look_log_exported' when 'resident_list' then 'look_list_shown'
        else 'look_log_read' end, about, case read when 'resident_list' then jsonb_build_object('looks', many)
        else jsonb_build_object('what', read, 'person', whose, 'looks', many) end);
end $$;

-- The towns whose log the page may review, by the page's right.
create function fjt.towns_to_review() returns table (org text, name text, zone text)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    if coalesce(current_setting('fjt.scope', true), '') not in ('review', 'supervise', 'hand_out') then
        return;
    end if;
    return query select o.org, o.name, o.zone from fjt.organisations o
        where o.org in (select g.org from fjt.grants() g where g.areas is null or g.areas <> '{}') order by o.name, o.org;
end $$;

-- A page of the log, the newest first, past a look (*before_at*, *before_id*). Limits that are null are none. The statement is put
-- together of those that there are, so that each combination has its own plan and its own index: a page costs the same in
-- the first month and after five years.
create function fjt.look_log(town text, read text, person uuid, of_number int, since timestamptz, until timestamptz,
    shown text, without_check boolean, before_at timestamptz, before_id uuid, most int)
returns table (look_id uuid, began_at timestamptz, ended_at timestamptz, user_id uuid, who text, roles text[], resident_id uuid,
    resident_no int, resident text, area text, kind text, clear boolean, reason text, cause text, due boolean, stranger boolean,
    check_at timestamptz, case_no int, raised_for text, reviewed_by text, reviewed_at timestamptz, review_note text)
language plpgsql security definer set search_path = fjt, pg_temp
as $$
#variable_conflict use_column
declare
    limited uuid[] := fjt.areas_to_review(town, '{review,supervise}');
    own text[] := fjt.performers_to_review(town);
    about uuid;
    many int;
begin
    if read not in ('log', 'export') then
        raise exception 'the log is read or exported' using errcode = 'invalid_parameter_value';
    end if;
    if of_number is not null then
        select r.resident_id into about from fjt.residents r where r.org = town and r.number = of_number;
    end if;
    return query execute '
        select l.look_id, l.began_at, l.ended_at, l.user_id, u.name, l.roles, l.resident_id, r.number, r.name, e.code, l.kind, l.clear,
            l.reason, l.cause, l.due, l.stranger, l.check_at, l.case_no, l.raised_for, w.name, v.reviewed_at, v.note
        from fjt.explained_looks l
        left join fjt.users u on u.user_id = l.user_id
        left join fjt.residents r on r.resident_id = l.resident_id
        left join fjt.areas e on e.area_id = l.area_id
        left join fjt.look_reviews v on v.look_id = l.look_id
        left join fjt.users w on w.user_id = v.reviewed_by
        where l.org = $1 and l.began_at >= greatest($2, clock.now() - interval ''5 years'')'
        || case when until is null then '' else ' and l.began_at < $3' end
        || case when person is null then '' else ' and l.user_id = $4' end
        || case when of_number is null then '' else ' and l.resident_id = $5' end
        || case shown when 'clear' then ' and l.reason is not null' when 'live' then ' and l.kind = ''live'''
            when 'picture' then ' and l.kind = ''session''' else '' end
        || case when without_check then ' and l.check_id is null and not l.due and l.cause <> ''trial''' else '' end
        || case when limited is null then '' else ' and l.area_id = any ($6)' end
        || case when own is null then '' else ' and (l.performer is null or l.performer = any ($10))' end
        || case when before_id is null then '' else ' and (l.began_at, l.look_id) < ($7, $8)' end
        || ' order by l.began_at desc, l.look_id desc limit $9'
        using town, coalesce(since, '-infinity'), until, person, about, limited, before_at, before_id, least(most, 5000), own;
    get diagnostics many = row_count;
    perform fjt.note_reading(town, read, person, about, since, until, many);
end $$;

-- Each person's looks between two instants, counted for the supervisor.
create function fjt.look_tallies(town text, since timestamptz, until timestamptz, long interval, quiet_from int, quiet_until int)
returns table (user_id uuid, who text, looks int, without_check int, own_alarm int, unreviewed int, clear int, long_ones int,
    strangers int, at_quiet_hours int, most_at_one int, most_looked_at int)
language plpgsql security definer set search_path = fjt, pg_temp
as $$
#variable_conflict use_column
declare
    limited uuid[] := fjt.areas_to_review(town, '{supervise}');
    own text[] := fjt.performers_to_review(town);
    of_zone text := (select o.zone from fjt.organisations o where o.org = town);
    many int;
begin
    return query
        with looked as materialized (
            select l.look_id, l.user_id, l.resident_id, l.cause, l.reason, l.stranger, l.began_at, l.ended_at,
                not l.due and l.cause <> 'trial' as without_check
            from fjt.explained_looks l
            where l.org = town and l.began_at >= since and l.began_at < until and (limited is null or l.area_id = any (limited))
                and (own is null or l.performer is null or l.performer = any (own))
        ), one as (
            select distinct on (l.user_id) l.user_id, r.number, count(*) as looks
            from looked l join fjt.residents r using (resident_id)
            where l.without_check group by l.user_id, r.number order by l.user_id, count(*) desc, r.number
        )
        select l.user_id, u.name, count(*)::int, (count(*) filter (where l.without_check))::int,
            (count(*) filter (where l.cause = 'own_alarm'))::int,
            (count(*) filter (where l.without_check and v.look_id is null))::int,
            (count(*) filter (where l.reason is not null))::int,
            (count(*) filter (where l.ended_at - l.began_at > long))::int, (count(*) filter (where l.stranger))::int,
            (count(*) filter (where l.without_check and extract(hour from l.began_at at time zone of_zone) >= quiet_from
                and extract(hour from l.began_at at time zone of_zone) < quiet_until))::int,
            coalesce(max(one.looks), 0)::int, max(one.number)
        from looked l
        left join fjt.users u on u.user_id = l.user_id
        left join fjt.look_reviews v on v.look_id = l.look_id
        left join one on one.user_id = l.user_id
        group by l.user_id, u.name order by 4 desc, 3 desc, u.name;
    get diagnostics many = row_count;
    perform fjt.note_reading(town, 'tallies', null, null, since, until, many);
end $$;

-- A supervisor has reviewed a look. Nobody reviews their own: false then, and when it is reviewed already; null: there is none.
create function fjt.review_look(town text, look uuid, said text) returns boolean
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    limited uuid[] := fjt.areas_to_review(town, '{supervise}');
    own text[] := fjt.performers_to_review(town);
    looker uuid;
begin
    select l.user_id into looker from fjt.explained_looks l
        where l.org = town and l.look_id = look and (limited is null or l.area_id = any (limited))
            and (own is null or l.performer is null or l.performer = any (own));
    if looker is null or looker = fjt.who() then
        return case when looker is not null then false end;
    end if;
    insert into fjt.look_reviews (look_id, org, reviewed_by, reviewed_at, note) values (look, town, fjt.who(), clock.now(), said)
        on conflict (look_id) do nothing;
    if not found then
        return false;
    end if;
    perform fjt.write_review_line(town, 'look_reviewed', null, jsonb_build_object('look_id', look, 'person', looker));
    return true;
end $$;

-- Who has read the log of a town, the newest first.
create function fjt.look_log_readings(town text, before_at timestamptz, before_id uuid, most int)
returns table (read_id uuid, at timestamptz, who text, what text, person text, resident text, from_at timestamptz, to_at timestamptz, looks int)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
#variable_conflict use_column
begin
    if fjt.areas_to_review(town, '{review}') is not null or fjt.performers_to_review(town) is not null then
        raise exception 'for the auditor of the whole town' using errcode = 'insufficient_privilege';
    end if;
    return query
        select w.read_id, w.at, u.name, w.what, p.name, r.name, w.from_at, w.to_at, w.looks
        from fjt.look_log_reads w
        left join fjt.users u on u.user_id = w.user_id
        left join fjt.users p on p.user_id = w.person
        left join fjt.residents r on r.resident_id = w.resident_id
        where w.org = town and (before_id is null or (w.at, w.read_id) < (before_at, before_id))
        order by w.at desc, w.read_id desc limit least(most, 500);
end $$;
