-- The register of equipment (docs/equipment.md): a row a piece, which follows its device into a home and out of it.

create table fjt.equipment (
    equipment_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    -- the inventory number on its label
    number text not null check (number <> ''),
    kind text not null check (kind in ('camera', 'sensors', 'phone')),
    serial text not null default '',
    model text not null default '',
    -- core/equipment.py: which may follow which
    state text not null default 'stock' check (state in ('ordered', 'stock', 'mounted', 'repair', 'lost', 'wiped', 'scrapped')),
    sim_iccid text,
    sim_number text,
    warranty_until date,
    -- the number by which carers are reached on this phone
    phone text check (phone is null or kind = 'phone'),
    note text not null default '',
    device_id text check (device_id is null or kind <> 'phone'),
    -- the number of edits, by which a form tells that it is old
    revision int not null default 0,
    foreign key (org, device_id) references fjt.devices (org, device_id) on delete set null (device_id)
);

-- An inventory number is one piece's, however it is written.
create unique index equipment_by_number on fjt.equipment (org, lower(number));

-- Which piece is this device? (store/equipment.py)
create unique index equipment_of_device on fjt.equipment (org, device_id) where device_id is not null;

-- Each state that a piece has had. Rows only grow.
create table fjt.equipment_moves (
    move_id bigint generated always as identity primary key,
    org text not null references fjt.organisations,
    equipment_id uuid not null references fjt.equipment,
    -- a user's id; null: the service, or a file
    moved_by text,
    moved_at timestamptz not null,
    from_state text,
    to_state text not null,
    device_id text
);

-- A piece's history. (store/equipment.py)
create index equipment_moves_of_piece on fjt.equipment_moves (equipment_id, moved_at);

-- An edit of a piece is a change of the town's; its history finds it by the piece.
alter table fjt.changes add column equipment_id uuid references fjt.equipment;

create index changes_of_equipment on fjt.changes (equipment_id, made_at) where equipment_id is not null;

do $$
declare
    t text;
begin
    foreach t in array '{equipment,equipment_moves}'::text[] loop
        execute format('alter table fjt.%I enable row level security', t);
        execute format('alter table fjt.%I force row level security', t);
        execute format('create policy worker on fjt.%I to fjt_worker using (true) with check (true)', t);
        execute format('create policy registered on fjt.%I to fjt_owner using (true) with check (true)', t);
        execute format('grant select on fjt.%I to fjt_worker, fjt_web, fjt_planner', t);
    end loop;
end $$;

-- The register is the whole town's, but for what is mounted: whoever sees the home sees the piece.
create policy own_town on fjt.equipment to fjt_web, fjt_planner
    using (org = any ((select fjt.orgs())::text[]) and (state <> 'mounted' or device_id is null or exists (
        select from fjt.devices d where d.org = equipment.org and d.device_id = equipment.device_id)))
    with check (org = any ((select fjt.orgs())::text[]));

create policy own_town on fjt.equipment_moves to fjt_web, fjt_planner
    using (exists (select from fjt.equipment e where e.equipment_id = equipment_moves.equipment_id));

create policy equipment on fjt.changes to fjt_web, fjt_planner
    using (resident_id is null and org = any ((select fjt.orgs())::text[]) and exists (
        select from fjt.equipment e where e.equipment_id = changes.equipment_id and e.org = changes.org))
    with check (resident_id is null and org = any ((select fjt.orgs())::text[]) and exists (
        select from fjt.equipment e where e.equipment_id = changes.equipment_id and e.org = changes.org));

grant insert, update on fjt.equipment to fjt_worker;

grant insert (org, number, kind, serial, model, state, sim_iccid, sim_number, warranty_until, phone, note),
    update (number, serial, model, state, sim_iccid, sim_number, warranty_until, phone, note, revision) on fjt.equipment to fjt_planner;

-- A page of whoever arranges writes the register. What is in a home is mounted by its device, and by no form.
create function fjt.equipment_of_planner() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if current_setting('fjt.scope', true) is distinct from 'arrange' then
        perform fjt.refuse_write('a piece of equipment, by a page of another right');
    end if;
    if new.kind <> 'phone' and (new.state = 'mounted') is distinct from (tg_op = 'UPDATE' and old.state = 'mounted') then
        perform fjt.refuse_write('a mounting by the register');
    end if;
    return new;
end $$;

create trigger planner_writes before insert or update on fjt.equipment for each row when (current_user = 'fjt_planner')
    execute function fjt.equipment_of_planner();

create function fjt.keep_move() returns trigger language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    insert into fjt.equipment_moves (org, equipment_id, moved_by, moved_at, from_state, to_state, device_id)
        values (new.org, new.equipment_id, fjt.page_actor(), clock.now(), case when tg_op = 'UPDATE' then old.state end, new.state, new.device_id);
    return null;
end $$;

create trigger moves_kept after insert on fjt.equipment for each row execute function fjt.keep_move();

create trigger move_kept after update on fjt.equipment for each row when (old.state is distinct from new.state) execute function fjt.keep_move();

create trigger moves_stay before update or delete on fjt.equipment_moves for each row execute function fjt.refuse();

-- A device that comes into a home is a mounted piece, whoever bound it: an installer's code, a page, a file. One that leaves is in stock.
-- A piece that nobody has registered is, by its device's name.
create function fjt.register_device() returns trigger language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    if new.resident_id is not null and coalesce(current_setting('fjt.mounted_piece', true), '') <> '' then
        -- The installer has said which piece it is (fjt.mount_piece).
        return null;
    end if;
    if new.resident_id is not null then
        update fjt.equipment set state = 'mounted', device_id = new.device_id
            where org = new.org and kind = new.kind and (device_id = new.device_id or device_id is null and lower(number) = new.device_id);
        if not found then
            insert into fjt.equipment (org, number, kind, state, device_id) values (new.org, new.device_id, new.kind, 'mounted', new.device_id)
                on conflict do nothing;
        end if;
    elsif tg_op = 'UPDATE' and old.resident_id is not null then
        update fjt.equipment set state = 'stock' where org = new.org and device_id = new.device_id and state = 'mounted';
    end if;
    return null;
end $$;

create trigger device_registered after insert or update of resident_id on fjt.devices for each row execute function fjt.register_device();

-- The piece that an installer has put up is this device from now on; what was registered as it before is back in stock.
create function fjt.mount_piece(town text, piece uuid, device text) returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    if piece is null then
        return;
    end if;
    update fjt.equipment set device_id = null, state = case when state = 'mounted' then 'stock' else state end, revision = revision + 1
        where org = town and device_id = device and equipment_id <> piece;
    update fjt.equipment set device_id = device, state = 'mounted', revision = revision + 1 where org = town and equipment_id = piece;
    perform set_config('fjt.mounted_piece', '', true);
end $$;

-- Another camera has come by a second code, and nobody has said its number: the first one is back in stock, and the device is a piece by its own name.
create function fjt.unmount_piece(town text, device text) returns void language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    update fjt.equipment set device_id = null, state = case when state = 'mounted' then 'stock' else state end, revision = revision + 1
        where org = town and device_id = device and lower(number) <> device;
    if found then
        insert into fjt.equipment (org, number, kind, state, device_id) values (town, device, 'camera', 'mounted', device)
            on conflict (org, lower(number)) do update set state = 'mounted', device_id = excluded.device_id;
    end if;
end $$;

-- The inventory number that the installer reads on the camera in hand: 'ok', 'unknown', or 'elsewhere' where the register has it in another
-- home, lost, in repair or scrapped. Without one, the number of a camera before it is forgotten.
create function fjt.name_mounted_piece(which uuid, said text) returns text language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    m fjt.mountings := fjt.mounting_in_hand(which);
    e fjt.equipment;
begin
    if btrim(said) = '' then
        update fjt.mountings set equipment_id = null where mounting_id = which;
        return 'ok';
    end if;
    select t.* into e from fjt.equipment t where t.org = m.org and t.kind = 'camera' and lower(t.number) = lower(btrim(said)) for update;
    if e.equipment_id is null then
        return 'unknown';
    end if;
    if e.state not in ('ordered', 'stock', 'wiped') and (e.equipment_id is distinct from m.equipment_id or e.device_id is distinct from m.device_id) then
        return 'elsewhere';
    end if;
    update fjt.mountings set equipment_id = e.equipment_id where mounting_id = which;
    return 'ok';
end $$;

-- Devices of before are registered as they are.
insert into fjt.equipment (org, number, kind, state, device_id)
    select org, device_id, kind, case when resident_id is null then 'stock' else 'mounted' end, device_id from fjt.devices;

-- ---- a device that is taken down (docs/equipment.md#taking-it-down) ----

-- One that somebody's checks depend on is taken down by two: who asks, and another who confirms what the page says.
create table fjt.retirements (
    retirement_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    resident_id uuid not null references fjt.residents,
    device_id text not null,
    asked_by text not null,
    asked_at timestamptz not null,
    -- the number of the resident's changes then: after another change it is asked for anew
    revision int not null,
    confirmed_by text,
    confirmed_at timestamptz,
    withdrawn_by text,
    withdrawn_at timestamptz,
    check (confirmed_by is distinct from asked_by),
    check ((confirmed_by is null) = (confirmed_at is null) and (withdrawn_by is null) = (withdrawn_at is null)),
    check (confirmed_at is null or withdrawn_at is null)
);

-- The one that waits, of a device; also those of a town. (store/retirements.py)
create unique index retirements_open on fjt.retirements (org, device_id) where confirmed_at is null and withdrawn_at is null;

-- Who has none by two people's word? Planning asks for each resident. (store/retirements.py)
create index retirements_of_resident on fjt.retirements (resident_id);

alter table fjt.retirements enable row level security;

alter table fjt.retirements force row level security;

create policy worker on fjt.retirements to fjt_worker using (true) with check (true);

create policy own_town on fjt.retirements to fjt_web, fjt_planner
    using (org = any ((select fjt.orgs())::text[]) and exists (select from fjt.residents r where r.resident_id = retirements.resident_id))
    with check (org = any ((select fjt.orgs())::text[]) and exists (select from fjt.residents r where r.resident_id = retirements.resident_id));

grant select, insert on fjt.retirements to fjt_worker;

grant select on fjt.retirements to fjt_web;

grant select, insert (org, resident_id, device_id, asked_by, asked_at, revision), update (confirmed_by, confirmed_at, withdrawn_by, withdrawn_at)
    on fjt.retirements to fjt_planner;

-- A page asks, confirms and withdraws as its own person, now. Nobody confirms their own.
create function fjt.retirements_of_planner() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if current_setting('fjt.scope', true) is distinct from 'arrange' then
        perform fjt.refuse_write('a device taken down, by a page of another right');
    end if;
    if tg_op = 'INSERT' then
        new.asked_by := fjt.page_actor();
        new.asked_at := fjt.just_now(new.asked_at);
        return new;
    end if;
    if old.confirmed_at is not null or old.withdrawn_at is not null then
        perform fjt.refuse_write('an answer to what is over');
    end if;
    if new.confirmed_at is not null then
        new.confirmed_by := fjt.page_actor();
        new.confirmed_at := fjt.just_now(new.confirmed_at);
        if new.confirmed_by = old.asked_by then
            perform fjt.refuse_write('one''s own request confirmed');
        end if;
    else
        new.withdrawn_by := fjt.page_actor();
        new.withdrawn_at := fjt.just_now(new.withdrawn_at);
    end if;
    return new;
end $$;

create trigger planner_writes before insert or update on fjt.retirements for each row when (session_user = 'fjt_planner')
    execute function fjt.retirements_of_planner();

-- No page leaves somebody with a running decision without any device on one person's word. Looked at when the transaction ends: an exchange
-- takes one and gives another.
create function fjt.keep_a_device() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if exists (select from fjt.residents r where r.resident_id = old.resident_id and r.moved_at is null and r.died_at is null)
        and exists (select from fjt.decisions d where d.resident_id = old.resident_id and (d.ends_on is null or d.ends_on >= (clock.now() - interval '1 day')::date))
        and not exists (select from fjt.devices d where d.resident_id = any (fjt.bed_of(old.resident_id)))
        and not exists (select from fjt.retirements t where t.org = old.org and t.device_id = old.device_id and t.resident_id = old.resident_id
            and t.confirmed_at > clock.now() - interval '1 minute')
        -- A camera that was never tried gives the home back what it had before: a mounting that those who plan have ended (32_mounting_ended.sql).
        and not exists (select from fjt.mountings m where m.org = old.org and m.device_id = old.device_id and m.resident_id = old.resident_id
            and m.halted_for is not null and m.ended_at > clock.now() - interval '1 minute')
    then
        perform fjt.refuse_write('the only device of somebody with a running decision, taken by one person');
    end if;
    return null;
end $$;

create constraint trigger device_kept after update of resident_id on fjt.devices deferrable initially deferred for each row
    when (session_user = 'fjt_planner' and old.resident_id is not null and new.resident_id is distinct from old.resident_id)
    execute function fjt.keep_a_device();

revoke all on function fjt.mount_piece(text, uuid, text), fjt.unmount_piece(text, text), fjt.name_mounted_piece(uuid, text), fjt.keep_a_device(), fjt.retirements_of_planner(), fjt.equipment_of_planner(), fjt.keep_move(), fjt.register_device() from public;

grant execute on function fjt.name_mounted_piece(uuid, text) to fjt_web;
