-- A personal code on the link's page is tried once a tap: one whose answer was lost comes again, and burns no second try.

-- The taps that brought a wrong code; three end the question.
alter table fjt.notices add column code_taps text[] not null default '{}';

drop function fjt.say_who(text);

-- Note the people of these codes as ones with the phone of the link's shift; false if one is nobody's, and once three were wrong. A tap
-- that was wrong before is so again, whatever it brings: nothing is tried.
create function fjt.say_who(said text[], tap text) returns boolean language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    mine fjt.notices;
    who uuid;
    one text;
    wrong int := 0;
begin
    select * into mine from fjt.notices where notice_id = fjt.link() and state = 'took' and shift_id is not null for update;
    if mine.notice_id is null or tap = any (mine.code_taps) or coalesce(cardinality(said), 0) = 0 then
        return false;
    end if;
    foreach one in array said loop
        exit when mine.code_tries + wrong >= 3;
        select c.carer_id into who from fjt.carers c, fjt.shifts s
            where c.org = mine.org and c.code = one and s.shift_id = mine.shift_id
                and (c.ends_on is null or c.ends_on >= coalesce(s.night, (s.starts_at - interval '12 hours')::date));
        if who is null then
            wrong := wrong + 1;
        else
            insert into fjt.shift_people (shift_id, carer_id, org, said_at) values (mine.shift_id, who, mine.org, clock.now())
                on conflict do nothing;
        end if;
    end loop;
    if wrong > 0 then
        update fjt.notices set code_tries = code_tries + wrong, code_taps = array_remove(code_taps || tap, null)
            where notice_id = mine.notice_id;
        update fjt.shifts set unknown_code_at = clock.now() where shift_id = mine.shift_id;
    end if;
    return wrong = 0 and mine.code_tries < 3;
end $$;

revoke all on function fjt.say_who(text[], text) from public;

grant execute on function fjt.say_who(text[], text) to fjt_web;
