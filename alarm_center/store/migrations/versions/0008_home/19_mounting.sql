-- Mountings: an installer puts a camera up in a home (docs/mounting.md). One is a case of its own: it alone lets its installer wake
-- that home's camera, for as long as it lasts. Pages read and write it by the functions below, and no table (scope 'mount').

create table fjt.mountings (
    mounting_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    area_id uuid not null references fjt.areas,
    resident_id uuid not null references fjt.residents,
    due_on date not null,
    due_time time,
    given_by text not null,
    given_at timestamptz not null,
    -- core/mounting.py, MountingStep: the page opens there again after a dead battery
    step text not null default 'given' check (step in
        ('given', 'consent', 'code', 'lamp', 'look', 'bed', 'sleepers', 'empty', 'trial', 'weekend', 'paper', 'done', 'stopped')),
    installer uuid references fjt.users,
    begun_at timestamptz,
    -- until then the installer may wake the camera; "I am here" begins another half hour
    ends_at timestamptz,
    ended_at timestamptz,
    stopped_for text check (stopped_for in ('said_no', 'not_let_in', 'no_consent', 'sleeps_here', 'called_off',
        'home_asked', 'wrong_home', 'not_finished', 'other_day')),
    -- who of those who plan ended it while an installer was there, and why (32_mounting_ended.sql); another day begins without
    halted_by text,
    halted_for text check (halted_for in ('home_asked', 'wrong_home', 'not_finished', 'other_day')),
    -- the code that the camera shows, as a hash: one use, ten minutes
    code_hash bytea,
    code_until timestamptz,
    codes int not null default 0,
    device_id text,
    -- answers of the steps that have no column: core/mounting.py
    said jsonb not null default '{}',
    -- who answers in the weekend that the first night is in
    weekend_name text,
    weekend_phone text,
    -- what the camera was asked for last, and since when
    asked_command uuid,
    asked_kind text check (asked_kind in ('lamp', 'live', 'empty', 'trial')),
    asked_at timestamptz,
    -- the device has to hear of it (casework/mountings.py)
    config_wanted boolean not null default false,
    -- devices that it has let go, and that have to hear of that
    released text[] not null default '{}',
    -- why it puts a camera in the place of another (docs/equipment.md#exchange); null: there was none
    exchange text check (exchange in ('broken', 'warranty', 'other')),
    -- the camera that was there: from the code until the new one's trial is done it waits to come back
    replaces text,
    replaced_at timestamptz,
    -- the piece of the register that the installer has in hand (25_equipment.sql)
    equipment_id uuid,
    check ((stopped_for is not null) = (step = 'stopped')),
    check (ended_at is null or step in ('done', 'stopped'))
);

-- A home has one mounting under way; also the mountings of a resident.
create unique index mountings_open on fjt.mountings (resident_id) where ended_at is null;

-- The code that a camera shows (fjt.claim_device).
create unique index mountings_by_code on fjt.mountings (code_hash) where code_hash is not null;

-- Which devices have to hear of a mounting? (store/mountings.py)
create index mountings_unheard on fjt.mountings (mounting_id) where config_wanted;

-- Which exchanged cameras wait to come back? (fjt.return_exchanged)
create index mountings_exchanging on fjt.mountings (ends_at) where ended_at is null and replaces is not null and replaced_at is null;

-- What a command of a mounting was answered with (store/mountings.py).
create index mountings_by_command on fjt.mountings (asked_command) where asked_command is not null;

-- Broker passwords that devices were given by their codes, as hashes in the form of Mosquitto's password file (type 7).
create table fjt.device_logins (
    org text not null references fjt.organisations,
    device_id text not null,
    password_hash text not null,
    made_at timestamptz not null,
    primary key (org, device_id),
    foreign key (org, device_id) references fjt.devices (org, device_id)
);

alter table fjt.commands drop constraint commands_kind_check,
    add constraint commands_kind_check check (kind in ('attempt', 'live', 'lamp', 'empty', 'trial')),
    add column mounting_id uuid references fjt.mountings;

alter table fjt.looks drop constraint looks_check,
    add column mounting_id uuid references fjt.mountings,
    add constraint looks_check check (check_id is not null or alarm_id is not null or mounting_id is not null);

-- The radio's strength at the device, dBm; null where it has none or does not say.
alter table fjt.devices add column signal_dbm int,
    -- put up by an installer, and nobody has looked through it in the dark yet: people judge (24_seen_in_dark.sql)
    add column unseen_in_dark boolean not null default false;

do $$
declare
    t text;
begin
    foreach t in array '{mountings,device_logins}'::text[] loop
        execute format('alter table fjt.%I enable row level security', t);
        execute format('alter table fjt.%I force row level security', t);
        execute format('create policy worker on fjt.%I to fjt_worker using (true) with check (true)', t);
        execute format('create policy mounting on fjt.%I to fjt_owner using (true) with check (true)', t);
    end loop;
end $$;

create policy own_town on fjt.mountings to fjt_web, fjt_planner
    using (org = any ((select fjt.orgs())::text[]) and exists (select from fjt.residents r where r.resident_id = mountings.resident_id))
    with check (org = any ((select fjt.orgs())::text[]) and exists (select from fjt.residents r where r.resident_id = mountings.resident_id));

grant select, insert, update on fjt.mountings to fjt_worker;

grant select, insert on fjt.device_logins to fjt_worker;

grant select (mounting_id, org, area_id, resident_id, due_on, due_time, given_by, given_at, step, installer, begun_at, ends_at, ended_at,
    stopped_for, halted_by, halted_for, weekend_name, weekend_phone, device_id, exchange, replaces, replaced_at) on fjt.mountings to fjt_web, fjt_planner;

grant insert (org, area_id, resident_id, due_on, due_time, given_by, given_at, exchange), update (due_on, due_time, given_by, given_at, exchange, step, stopped_for, ended_at)
    on fjt.mountings to fjt_planner;

-- A page gives a mounting as its own person, now, in the area where the resident lives.
create function fjt.mountings_of_planner() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if tg_op = 'UPDATE' and current_user <> 'fjt_planner' and new.area_id = old.area_id then
        return new; -- by fjt.end_mounting, which looks itself; the home may have moved to another area since
    end if;
    if new.area_id is distinct from (select r.area_id from fjt.residents r where r.resident_id = new.resident_id and r.org = new.org) then
        perform fjt.refuse_write('a mounting in another area than the home''s');
    end if;
    if tg_op = 'UPDATE' and (old.ends_at > clock.now() or old.ended_at is not null) then
        perform fjt.refuse_write('another day for a mounting that is under way or over');
    end if;
    if tg_op = 'UPDATE' and new.ended_at is not null then
        -- An exchange that nobody has begun is called off; that is all a page ends.
        if old.begun_at is not null or old.exchange is null or new.step <> 'stopped' or new.stopped_for is distinct from 'called_off' then
            perform fjt.refuse_write('the end of a mounting that somebody has begun');
        end if;
        new.ended_at := fjt.just_now(new.ended_at);
        return new;
    end if;
    if tg_op = 'UPDATE' and (new.step, new.stopped_for) is distinct from (old.step, old.stopped_for) then
        perform fjt.refuse_write('a step of a mounting, by the page that gives it');
    end if;
    -- What was said in the home is kept; whoever comes on the new day goes on with it.
    new.installer := null;
    new.ends_at := null;
    new.halted_by := null;
    new.halted_for := null;
    new.given_by := fjt.page_actor();
    new.given_at := fjt.just_now(new.given_at);
    return new;
end $$;

create trigger planner_writes before insert or update on fjt.mountings for each row when (session_user = 'fjt_planner') execute function fjt.mountings_of_planner();

-- What the functions below write of the town.
create policy mounting on fjt.devices to fjt_owner using (true) with check (true);

create policy mounting on fjt.slots for select to fjt_owner using (true);

create policy mounting on fjt.commands to fjt_owner using (true) with check (true);

create policy mounting on fjt.looks to fjt_owner using (true) with check (true);

-- ---- whose, and for how long ----

-- Today's mountings of the areas and performers that the carried token has, and nobody else's homes. One that an installer has begun
-- is that person's for its half hour.
create function fjt.my_mountings() returns setof fjt.mountings language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    if current_setting('fjt.scope', true) is distinct from 'mount' then
        return;
    end if;
    return query
        select m.* from fjt.mountings m join fjt.residents r using (resident_id) join fjt.organisations o on o.org = m.org
        where r.died_at is null and r.moved_at is null and m.stopped_for is distinct from 'called_off' and m.due_on = (clock.now() at time zone o.zone)::date
            and (m.installer is null or m.installer = fjt.who() or m.ends_at <= clock.now())
            and exists (select from fjt.grants() g where g.org = m.org and (g.areas is null or r.area_id = any (g.areas))
                and (g.performers is null or coalesce(r.performer, 'town') = any (g.performers)));
end $$;

-- Today's mountings of the same areas that a colleague has in hand: who, in which area and until when, and nothing of the home.
create function fjt.mountings_held() returns table (mounting_id uuid, installer text, area text, zone text, ends_at timestamptz)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    if current_setting('fjt.scope', true) is distinct from 'mount' then
        return;
    end if;
    return query
        select m.mounting_id, u.name, e.code, o.zone, m.ends_at
        from fjt.mountings m join fjt.residents r using (resident_id) join fjt.organisations o on o.org = m.org
        join fjt.areas e on e.area_id = r.area_id join fjt.users u on u.user_id = m.installer
        where m.ended_at is null and m.ends_at > clock.now() and m.installer <> fjt.who()
            and exists (select from fjt.grants() g where g.org = m.org and (g.areas is null or r.area_id = any (g.areas))
                and (g.performers is null or coalesce(r.performer, 'town') = any (g.performers)))
        order by m.ends_at, u.name;
end $$;

-- The mounting, locked, if it is mine and under way now; refused otherwise.
create function fjt.mounting_in_hand(which uuid) returns fjt.mountings language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    m fjt.mountings;
begin
    select t.* into m from fjt.mountings t where t.mounting_id = which and t.mounting_id in (select mine.mounting_id from fjt.my_mountings() mine) for update;
    if m.mounting_id is null or m.installer is distinct from fjt.who() or m.ended_at is not null or m.ends_at is null or m.ends_at <= clock.now() then
        perform fjt.refuse_write('a mounting that is not in hand');
    end if;
    return m;
end $$;

create function fjt.write_mounting_line(m fjt.mountings, line text, content jsonb) returns void
language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    insert into fjt.events (at, org, kind, area_id, resident_id, device_id, actor, data)
        values (clock.now(), m.org, line, m.area_id, m.resident_id, m.device_id, fjt.who()::text, content);
end $$;

-- ---- what the page shows ----

create function fjt.mounting_jobs() returns table (mounting_id uuid, org text, zone text, due_time time, name text, address text, phone text,
    step text, stopped_for text, halted boolean, area text, exchange text)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return query select m.mounting_id, m.org, o.zone, m.due_time, r.name, r.address, r.phone, m.step, m.stopped_for, m.halted_for is not null, e.code, m.exchange
        from fjt.my_mountings() m join fjt.residents r using (resident_id) join fjt.organisations o on o.org = m.org
        join fjt.areas e on e.area_id = r.area_id order by m.due_time nulls last, r.address;
end $$;

create function fjt.mounting_page(which uuid) returns table (mounting_id uuid, org text, zone text, due_on date, due_time time, name text,
    address text, phone text, cohabitant text, cohabitant_sleeps text, given_by text, town_phone text, agreed_on date, agreed boolean,
    shown boolean, machine boolean, step text, stopped_for text, mine boolean, in_hand boolean, ends_at timestamptz, code_until timestamptz, device_id text,
    connected boolean, confirmed boolean, signal_dbm int, expected_people int, said jsonb, asked_command uuid, asked_kind text,
    asked_at timestamptz, first_look timestamptz, weekend_name text, weekend_phone text, run_in_nights int,
    on_call_name text, on_call_phone text, exchange text, halted_by text, halted_for text)
language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return query select m.mounting_id, m.org, o.zone, m.due_on, m.due_time, r.name, r.address, r.phone, r.cohabitant, r.cohabitant_sleeps,
        coalesce((select u.name from fjt.users u where u.user_id::text = m.given_by), m.given_by), coalesce(o.data_number, o.fixed_number),
        (select min((c.given_at at time zone o.zone)::date) from fjt.consents c where c.resident_id = m.resident_id and c.who = 'resident' and c.revoked_at is null),
        fjt.may_look(m.resident_id, 'camera', false), fjt.may_look(m.resident_id, 'camera', true), fjt.agrees_to_machine(m.resident_id, '{yes,carried_over}'), m.step, m.stopped_for,
        m.installer is not distinct from fjt.who(), m.installer = fjt.who() and m.ended_at is null and m.ends_at > clock.now(), m.ends_at,
        m.code_until, m.device_id, d.link = 'up' and d.last_heard_at > clock.now() - interval '3 minutes',
        d.reported_version is not null and d.reported_version >= d.wanted_version and not m.config_wanted, d.signal_dbm,
        coalesce((d.profile ->> 'expected_people')::int, 1), m.said, m.asked_command, m.asked_kind, m.asked_at,
        (select min(c.opens_at) from fjt.checks c where c.resident_id = m.resident_id and c.state = 'planned' and c.opens_at > clock.now()
            and exists (select from fjt.slots s where s.slot_id = c.slot_id and not s.by_visit)
            and exists (select from fjt.gate(c.resident_id, c.night) g where g.owed = 'look')),
        m.weekend_name, m.weekend_phone, m.run_in_nights, o.name, o.fixed_number, m.exchange,
        coalesce((select u.name from fjt.users u where u.user_id::text = m.halted_by), m.halted_by), m.halted_for
        from fjt.my_mountings() m join fjt.residents r using (resident_id) join fjt.organisations o on o.org = m.org
        left join fjt.devices d on d.org = m.org and d.device_id = m.device_id
        where m.mounting_id = which;
end $$;

-- ---- what the installer does ----

-- "I am here": half an hour begins, or begins again after a lost network; false where it is not theirs or has ended.
create function fjt.begin_mounting(which uuid) returns boolean language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    m fjt.mountings;
begin
    select t.* into m from fjt.mountings t where t.mounting_id = which and t.mounting_id in (select mine.mounting_id from fjt.my_mountings() mine) for update;
    if m.mounting_id is null or m.ended_at is not null or m.halted_for is not null or m.installer <> fjt.who() and m.ends_at > clock.now() then
        return false;
    end if;
    update fjt.mountings set installer = fjt.who(), begun_at = coalesce(begun_at, clock.now()), ends_at = clock.now() + interval '30 minutes',
        step = case when step = 'given' then 'consent' else step end where mounting_id = which;
    if m.begun_at is null or m.installer <> fjt.who() then
        perform fjt.write_mounting_line(m, 'mounting_begun', '{}');
    end if;
    return true;
end $$;

-- Go to a step, with what was said there; what the step before had is kept. core/mounting.py says which step comes.
create function fjt.move_mounting(which uuid, goal text, answers jsonb) returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    m fjt.mountings := fjt.mounting_in_hand(which);
begin
    if goal in ('given', 'stopped') or m.device_id is null and goal not in ('consent', 'code') or pg_column_size(answers) > 4000 then
        perform fjt.refuse_write('a step of a mounting that has not come so far');
    end if;
    if goal = 'done' and not (m.said ? 'bed' and m.said ? 'trial' and m.said ? 'lamp') then
        perform fjt.refuse_write('a mounting that is done before its trial');
    end if;
    update fjt.mountings set step = goal, said = said || answers, ended_at = case when goal = 'done' then clock.now() end,
        weekend_name = coalesce(answers ->> 'weekend_name', weekend_name), weekend_phone = coalesce(answers ->> 'weekend_phone', weekend_phone)
        where mounting_id = which;
    if goal = 'done' then
        -- Where people may not see the picture, nobody ever will: the trial has found somebody in the bed as it was drawn.
        update fjt.devices set unseen_in_dark = fjt.may_look(m.resident_id, 'camera', true) where org = m.org and device_id = m.device_id;
        -- The run-in begins with the first night that is left (27_run_in.sql).
        update fjt.residents r set run_in_from = ((clock.now() at time zone o.zone) - interval '12 hours')::date,
            run_in_nights = m.run_in_nights, unplanned_since = least(r.unplanned_since, clock.now())
            from fjt.organisations o where o.org = m.org and r.resident_id = any (fjt.bed_of(m.resident_id)) and m.run_in_nights > 0;
        update fjt.mountings set config_wanted = true where mounting_id = which;
        perform fjt.write_mounting_line(m, 'mounting_done', '{}');
    end if;
    if m.replaces is not null and m.replaced_at is null and m.said ? 'trial' and goal in ('weekend', 'paper', 'done') then
        perform fjt.finish_exchange(m);
    end if;
end $$;

-- The new camera's trial is done: the one that was there is nobody's for good, and its password is void.
create function fjt.finish_exchange(m fjt.mountings) returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    delete from fjt.device_logins where org = m.org and device_id = m.replaces;
    update fjt.devices set profile = '{}' where org = m.org and device_id = m.replaces and resident_id is null;
    update fjt.equipment set state = 'repair', revision = revision + 1
        where org = m.org and device_id = m.replaces and state = 'stock' and m.exchange <> 'other';
    update fjt.mountings set replaced_at = clock.now(), released = released || m.replaces, config_wanted = true where mounting_id = m.mounting_id;
    perform fjt.write_mounting_line(m, 'camera_exchanged', jsonb_build_object('replaced', m.replaces));
end $$;

-- The room's profile as the installer has drawn it; what is known of another picture is forgotten.
create function fjt.draw_mounted_bed(which uuid, zones jsonb) returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    m fjt.mountings := fjt.mounting_in_hand(which);
begin
    -- Door, armchair and masks are the planner's, and stay; a file may have written zones by their names.
    update fjt.devices set profile = (profile - 'signature' - 'restless') || jsonb_build_object('zones', zones || coalesce(
            case jsonb_typeof(profile -> 'zones')
                when 'array' then (select jsonb_agg(z) from jsonb_array_elements(profile -> 'zones') z where z ->> 'kind' <> 'bed')
                when 'object' then (
                    select jsonb_agg(jsonb_build_object('name', z.key, 'kind', split_part(z.key, '_', 1),
                        'polygon', case jsonb_typeof(z.value) when 'object' then z.value -> 'polygon' else z.value end))
                    from jsonb_each(profile -> 'zones') z where split_part(z.key, '_', 1) <> 'bed')
            end, '[]'),
            'version', coalesce((profile ->> 'version')::int, 1) + 1)
        where org = m.org and device_id = m.device_id and resident_id = m.resident_id;
    update fjt.mountings set config_wanted = true, said = said - 'empty' - 'trial' where mounting_id = which;
end $$;

-- The camera's code, as the installer has typed it. Ten a mounting: a typing error is no attack, a hundred are.
create function fjt.offer_code(which uuid, hash bytea) returns boolean language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    m fjt.mountings := fjt.mounting_in_hand(which);
begin
    if m.codes >= 10 or not fjt.may_look(m.resident_id, 'camera', false)
        or exists (select from fjt.mountings o where o.code_hash = hash and o.mounting_id <> which) then
        return false;
    end if;
    update fjt.mountings set code_hash = hash, code_until = clock.now() + interval '10 minutes', codes = codes + 1 where mounting_id = which;
    return true;
end $$;

-- Has an installer typed the code, and may it still be claimed? (fjt.claim_device, which alone decides)
create function fjt.is_code_typed(hash bytea) returns boolean language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return exists (select from fjt.mountings m
        where m.code_hash = hash and m.code_until > clock.now() and m.ended_at is null and fjt.may_look(m.resident_id, 'camera', false));
end $$;

-- The camera asks with the code that it shows. It learns its town, its name and that its password is taken, once; nobody signed in asks.
-- A camera that the town has bound to the resident already keeps its name: a resident has one at most
-- (devices_of_resident). What an earlier camera has shown is forgotten: the page goes on at the lamp.
create function fjt.claim_device(hash bytea, login_hash text) returns table (org text, device_id text)
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    m fjt.mountings;
    named text;
begin
    select t.* into m from fjt.mountings t where t.code_hash = hash for update;
    if m.mounting_id is null or m.code_until <= clock.now() or m.ended_at is not null or not fjt.may_look(m.resident_id, 'camera', false) then
        return;
    end if;
    perform set_config('fjt.mounted_piece', coalesce(m.equipment_id::text, ''), true);
    select d.device_id into named from fjt.devices d where d.org = m.org and d.resident_id = m.resident_id and d.kind = 'camera';
    if named is not null and m.exchange is not null and m.replaces is null then
        -- The camera that was there lets go, and comes back if the new one has no trial. Door, armchair and masks are the planner's.
        update fjt.devices d set resident_id = null where d.org = m.org and d.device_id = named;
        update fjt.mountings t set replaces = named, released = t.released || named where t.mounting_id = m.mounting_id;
        m.replaces := named;
        named := 'cam-' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 10);
        insert into fjt.devices (org, device_id, resident_id, kind, label, profile, capture)
            select o.org, named, m.resident_id, 'camera', o.label, o.profile - 'signature' - 'restless', o.capture
            from fjt.devices o where o.org = m.org and o.device_id = m.replaces;
    elsif named is null then
        named := 'cam-' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 10);
        insert into fjt.devices (org, device_id, resident_id, kind) values (m.org, named, m.resident_id, 'camera');
    else
        -- Whatever was there before is another camera: it is heard of anew.
        update fjt.devices d set link = 'gone', last_heard_at = null, reported_version = null, profile = d.profile - 'signature' - 'restless'
            where d.org = m.org and d.device_id = named;
    end if;
    if m.equipment_id is null and m.device_id = named then
        perform fjt.unmount_piece(m.org, named);
    end if;
    perform fjt.mount_piece(m.org, m.equipment_id, named);
    insert into fjt.device_logins (org, device_id, password_hash, made_at) values (m.org, named, login_hash, clock.now())
        on conflict on constraint device_logins_pkey do update set password_hash = excluded.password_hash, made_at = excluded.made_at;
    update fjt.commands c set ended = 'expired' where c.mounting_id = m.mounting_id and c.ended is null;
    update fjt.looks l set ended_at = greatest(l.began_at, clock.now()) where l.mounting_id = m.mounting_id and l.ended_at is null;
    update fjt.mountings t set code_hash = null, code_until = null, device_id = named, config_wanted = true,
        step = case when t.step in ('given', 'consent') then t.step else 'lamp' end,
        said = t.said - '{lamp,live,bed,empty,trial}'::text[], asked_command = null, asked_kind = null, asked_at = null
        where t.mounting_id = m.mounting_id returning t.* into m;
    insert into fjt.events (at, org, kind, area_id, resident_id, device_id, data)
        values (clock.now(), m.org, 'device_enrolled', m.area_id, m.resident_id, named, '{}');
    return query select m.org, named;
end $$;

-- Wake the camera for the mounting in hand: its lamp, a test look, the empty room, a trial. A look is in the log before its first byte.
create function fjt.ask_mounted(which uuid, ask text, lasting int) returns uuid language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    m fjt.mountings := fjt.mounting_in_hand(which);
    made uuid := gen_random_uuid();
begin
    if ask not in ('lamp', 'live', 'empty', 'trial') or m.device_id is null then
        perform fjt.refuse_write('a look that no mounting has');
    end if;
    update fjt.commands set ended = 'expired' where mounting_id = which and ended is null;
    insert into fjt.commands (command_id, org, device_id, kind, case_id, mounting_id, seconds, show, asked_by, created_at, opens_at, expires_at, publish_at)
        values (made, m.org, m.device_id, ask, which, which, lasting, 'deviation', fjt.who()::text, clock.now(), clock.now(),
            clock.now() + interval '40 seconds', clock.now());
    if ask = 'live' then
        update fjt.looks set ended_at = greatest(began_at, clock.now()) where mounting_id = which and ended_at is null;
        insert into fjt.looks (org, resident_id, mounting_id, command_id, user_id, kind, began_at, clear, roles)
            values (m.org, m.resident_id, which, made, fjt.who(), 'live', clock.now(), true, fjt.my_roles(m.org));
        perform fjt.write_mounting_line(m, 'live_asked', jsonb_build_object('command_id', made, 'seconds', lasting));
    end if;
    update fjt.mountings set asked_command = made, asked_kind = ask, asked_at = clock.now(), said = said - ask where mounting_id = which;
    return made;
end $$;

-- The town of a test look that I asked for, while its mounting is in hand and the consent holds; null: there is none.
create function fjt.mounted_look(command uuid) returns text language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return (select m.org from fjt.commands c join fjt.my_mountings() m using (mounting_id)
        where c.command_id = command and c.kind = 'live' and c.asked_by = fjt.who()::text and m.installer = fjt.who() and m.ended_at is null
            and m.ends_at > clock.now() and c.expires_at + interval '20 seconds' > clock.now() and fjt.may_look(m.resident_id, 'camera', true)
            and exists (select from fjt.looks l where l.command_id = c.command_id and l.user_id = fjt.who()));
end $$;

-- The page with the picture is left.
create function fjt.end_mounted_look(which uuid) returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    update fjt.looks set ended_at = greatest(began_at, clock.now()) where mounting_id = which and user_id = fjt.who() and ended_at is null;
end $$;

-- Let the device go that a code gave to this home: it is with nobody, its password is void, and its config says that nobody may look.
create function fjt.release_mounted(m fjt.mountings) returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    update fjt.commands set ended = 'refused' where mounting_id = m.mounting_id and ended is null;
    update fjt.looks set ended_at = greatest(began_at, clock.now()) where mounting_id = m.mounting_id and ended_at is null;
    update fjt.devices set resident_id = null, profile = '{}' where org = m.org and device_id = m.device_id and resident_id = m.resident_id;
    delete from fjt.device_logins where org = m.org and device_id = m.device_id;
    update fjt.mountings set config_wanted = true, released = released || m.device_id where mounting_id = m.mounting_id and m.device_id is not null;
    -- No night without either: the camera that was to be exchanged goes on.
    if m.replaces is not null and m.replaced_at is null then
        update fjt.devices set resident_id = m.resident_id where org = m.org and device_id = m.replaces and resident_id is null;
        update fjt.mountings set released = released || m.replaces, replaces = null where mounting_id = m.mounting_id;
    end if;
end $$;

-- The picture is of another room than the installer stands in: the code was another camera's. Back to the code.
create function fjt.release_wrong_camera(which uuid) returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    m fjt.mountings := fjt.mounting_in_hand(which);
begin
    perform fjt.release_mounted(m);
    update fjt.mountings set step = 'code', device_id = null, said = '{}', asked_command = null, asked_kind = null, asked_at = null,
        equipment_id = null where mounting_id = which;
    perform fjt.write_mounting_line(m, 'mounting_wrong_room', '{}');
end $$;

-- The mounting ends in the hallway. Nothing needs an explanation; the camera is nobody's.
create function fjt.stop_mounting(which uuid, why text) returns boolean language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    m fjt.mountings;
begin
    select t.* into m from fjt.mountings t where t.mounting_id = which and t.mounting_id in (select mine.mounting_id from fjt.my_mountings() mine) for update;
    -- A colleague has begun it since the list was shown.
    if m.mounting_id is null or m.ended_at is not null or m.halted_for is not null
        or why not in ('said_no', 'not_let_in', 'no_consent', 'sleeps_here') or m.installer <> fjt.who() and m.ends_at > clock.now() then
        return false;
    end if;
    -- Not let in where a camera is up already: it waits for another day, with all that was said. In an exchange the old one goes on.
    if why = 'not_let_in' and m.device_id is not null and (m.replaces is null or m.replaced_at is not null) then
        update fjt.commands set ended = 'refused' where mounting_id = which and ended is null;
        update fjt.mountings set installer = null, ends_at = null, code_hash = null where mounting_id = which;
        perform fjt.write_mounting_line(m, 'mounting_stopped', jsonb_build_object('why', why));
        return true;
    end if;
    if m.device_id is not null then
        perform fjt.release_mounted(m);
    end if;
    update fjt.mountings set step = 'stopped', stopped_for = why, ended_at = clock.now(), installer = fjt.who(), code_hash = null
        where mounting_id = which;
    perform fjt.write_mounting_line(m, 'mounting_stopped', jsonb_build_object('why', why));
    return true;
end $$;

-- An exchange whose half hour is over without a trial: the camera that was there goes on, and the mounting waits at its code. Returns how many.
create function fjt.return_exchanged() returns int language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    m fjt.mountings;
    returned int := 0;
begin
    for m in select t.* from fjt.mountings t where t.ended_at is null and t.replaces is not null and t.replaced_at is null
            and (t.ends_at is null or t.ends_at <= clock.now())
        for update skip locked
    loop
        perform fjt.release_mounted(m);
        update fjt.mountings set step = 'code', device_id = null, said = '{}', asked_command = null, asked_kind = null, asked_at = null,
            code_hash = null, code_until = null where mounting_id = m.mounting_id;
        returned := returned + 1;
    end loop;
    return returned;
end $$;

grant execute on function fjt.return_exchanged() to fjt_worker;

revoke all on function fjt.return_exchanged(), fjt.finish_exchange(fjt.mountings), fjt.mountings_of_planner(), fjt.my_mountings(), fjt.mountings_held(), fjt.mounting_in_hand(uuid), fjt.write_mounting_line(fjt.mountings, text, jsonb),
    fjt.mounting_jobs(), fjt.mounting_page(uuid), fjt.begin_mounting(uuid), fjt.move_mounting(uuid, text, jsonb), fjt.draw_mounted_bed(uuid, jsonb),
    fjt.offer_code(uuid, bytea), fjt.is_code_typed(bytea), fjt.claim_device(bytea, text), fjt.ask_mounted(uuid, text, int), fjt.mounted_look(uuid), fjt.end_mounted_look(uuid),
    fjt.release_mounted(fjt.mountings), fjt.release_wrong_camera(uuid), fjt.stop_mounting(uuid, text) from public;

grant execute on function fjt.mounting_jobs(), fjt.mountings_held(), fjt.mounting_page(uuid), fjt.begin_mounting(uuid), fjt.move_mounting(uuid, text, jsonb),
    fjt.draw_mounted_bed(uuid, jsonb), fjt.offer_code(uuid, bytea), fjt.is_code_typed(bytea), fjt.claim_device(bytea, text), fjt.ask_mounted(uuid, text, int),
    fjt.mounted_look(uuid), fjt.end_mounted_look(uuid), fjt.release_wrong_camera(uuid), fjt.stop_mounting(uuid, text) to fjt_web;

-- ---- what was there before ----

-- A page wakes a camera for a case in hand only, by a device that serves the resident of the case, with consent, and while nobody of the
-- staff is with anybody whom it serves. A mounting in hand is a case of its own, its installer's alone.
create function fjt.commands_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if fjt.is_old_page() then
        return new;
    end if;
    if new.asked_by is distinct from fjt.page_actor() then
        perform fjt.refuse_write('a command in another''s name');
    end if;
    if not exists (
        select from fjt.devices d cross join lateral (select fjt.bed_of(d.resident_id) as ids) bed
        where d.org = new.org and d.device_id = new.device_id and fjt.may_look(d.resident_id, d.kind, new.kind in ('attempt', 'live'))
            and not exists (select from fjt.alarms a where a.resident_id = any (bed.ids) and a.staff_inside)
            and case
                when new.mounting_id is not null then new.kind <> 'attempt' and new.case_id = new.mounting_id and exists (
                    select from fjt.mountings m
                    where m.mounting_id = new.mounting_id and m.org = new.org and m.device_id = new.device_id and m.resident_id = d.resident_id
                        and m.installer = fjt.who() and m.ended_at is null and m.ends_at > clock.now())
                when new.kind = 'live' then exists (
                    select from fjt.alarms a
                    where a.alarm_id = new.alarm_id and a.resident_id = any (bed.ids) and a.state <> 'closed' and a.holder = fjt.who()
                        and a.lease_until > clock.now())
                when new.kind = 'attempt' then exists (
                    select from fjt.checks c
                    where c.check_id = new.check_id and c.resident_id = any (bed.ids) and c.device_id = new.device_id)
                else false
                end
    ) then
        perform fjt.refuse_write('a command without a case in hand, or without consent');
    end if;
    if new.seconds not between 1 and 60 or new.expires_at > clock.now() + interval '24 hours' then
        perform fjt.refuse_write('a command for longer than a look');
    end if;
    new.created_at := fjt.just_now(new.created_at);
    return new;
end $$;

create trigger page_writes before insert on fjt.commands for each row when (session_user = 'fjt_web') execute function fjt.commands_of_page();

create trigger planner_writes before insert on fjt.commands for each row when (session_user = 'fjt_planner') execute function fjt.commands_of_page();

revoke all on function fjt.commands_of_page() from public;

-- As in 0003_writes, and: a look of a mounting ends with it.
create or replace function fjt.looks_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
declare
    at timestamptz := clock.now();
begin
    if fjt.is_old_page() then
        return new;
    end if;
    if tg_op = 'INSERT' then
        if new.user_id is distinct from fjt.who() then
            perform fjt.refuse_write('a look in another''s name');
        end if;
        new.began_at := fjt.just_now(new.began_at);
        new.ended_at := null;
        return new;
    end if;
    if old.ended_at is not null and new.ended_at is distinct from old.ended_at then
        perform fjt.refuse_write('a look that has ended stays as it is');
    end if;
    -- Taking a case over, or closing it, ends the looks of the person who had it.
    if old.user_id is distinct from fjt.who() and not exists (
        select from fjt.alarms a where a.alarm_id = old.alarm_id and (a.state = 'closed' or a.holder is distinct from old.user_id)
    ) then
        perform fjt.refuse_write('the end of another''s look');
    end if;
    new.ended_at := greatest(at, old.began_at);
    return new;
end $$;

-- As in 0006_review; a look of before says nothing of mountings, and its fact stays as it was sealed.
create or replace function fjt.fact_of(r fjt.looks) returns table (org text, key text, fact jsonb, words text) language sql stable
as $$
    select r.org, r.look_id::text, jsonb_build_object(
        'resident_id', r.resident_id, 'check_id', r.check_id, 'alarm_id', r.alarm_id, 'session_id', r.session_id,
        'command_id', r.command_id, 'user_id', r.user_id, 'roles', r.roles, 'kind', r.kind, 'clear', r.clear, 'reason', r.reason,
        'began_at', r.began_at at time zone 'UTC', 'ended_at', r.ended_at at time zone 'UTC')
        || jsonb_strip_nulls(jsonb_build_object('mounting_id', r.mounting_id)), null::text
$$;

-- As in 0006_review, and: mounting, the test look of an installer in the home, which the resident has said yes to at the door.
create or replace view fjt.explained_looks as
select l.look_id, l.org, l.user_id, l.roles, l.resident_id, l.check_id, l.alarm_id, l.kind, l.clear, l.reason, l.began_at, l.ended_at,
    coalesce(a.area_id, r.area_id) as area_id, c.opens_at as check_at, a.case_no, opened.reason as raised_for,
    l.check_id is not null or due.opens_at is not null or l.mounting_id is not null as due,
    l.resident_id is distinct from coalesce(c.resident_id, a.resident_id, m.resident_id) as stranger,
    case
        when l.mounting_id is not null then 'mounting'
        when a.lane = 'test' then 'trial'
        when l.alarm_id is null then case attempt.cause when 'recheck' then 'recheck' when 'asked' then 'asked_again' else 'check' end
        when opened.user_id = l.user_id and due.opens_at is null then 'own_alarm'
        when opened.user_id is not null and due.opens_at is null then 'colleague_alarm'
        when l.kind = 'live' then 'live'
        else 'alarm'
    end as cause,
    (select coalesce(x.performer, 'town') from fjt.residents x where x.resident_id = coalesce(l.resident_id, c.resident_id, a.resident_id))
        as performer
from fjt.looks l
left join fjt.residents r on r.resident_id = l.resident_id
left join fjt.alarms a on a.alarm_id = l.alarm_id
left join fjt.checks c on c.check_id = l.check_id
left join fjt.mountings m on m.mounting_id = l.mounting_id
left join lateral (
    select t.cause from fjt.attempts t where t.check_id = l.check_id and t.session_id = l.session_id order by t.number limit 1
) attempt on true
left join lateral (
    select g.user_id, g.reason from fjt.raisings g
    where g.alarm_id = l.alarm_id and g.raised_at <= a.opened_at + interval '8 seconds' and g.raised_at <= l.began_at
    order by g.raised_at limit 1
) opened on true
left join lateral (
    select d.opens_at from fjt.checks d where d.alarm_id = l.alarm_id and d.opens_at <= l.began_at order by d.opens_at desc limit 1
) due on true;

-- ---- sealed ----

create function fjt.fact_of(r fjt.mountings) returns table (org text, key text, fact jsonb, words text) language sql stable
as $$
    select r.org, r.mounting_id::text, jsonb_build_object(
        'resident_id', r.resident_id, 'due_on', r.due_on, 'given_by', r.given_by, 'given_at', r.given_at at time zone 'UTC', 'step', r.step,
        'installer', r.installer, 'begun_at', r.begun_at at time zone 'UTC', 'ends_at', r.ends_at at time zone 'UTC',
        'ended_at', r.ended_at at time zone 'UTC', 'stopped_for', r.stopped_for, 'device_id', r.device_id)
        || jsonb_strip_nulls(jsonb_build_object('halted_by', r.halted_by, 'halted_for', r.halted_for)), null::text
$$;

revoke all on function fjt.fact_of(fjt.mountings) from public;

grant execute on function fjt.fact_of(fjt.mountings) to fjt_worker;

create trigger mountings_logged after insert or delete on fjt.mountings for each row execute function fjt.log_fact();

create trigger mountings_change_logged after update on fjt.mountings for each row when (old.* is distinct from new.*) execute function fjt.log_fact();
