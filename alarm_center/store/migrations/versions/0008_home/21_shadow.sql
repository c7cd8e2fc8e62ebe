-- From shadow to green (docs/planning-data.md#from-shadow-to-green): what people said of looks beside the detector's answer, and green by
-- the detector that was taken back by itself.

-- What a person said of a session, beside what the detector had found in it. The first word stands.
create table fjt.compared_looks (
    check_id uuid not null references fjt.checks on delete cascade,
    session_id text not null,
    org text not null references fjt.organisations,
    resident_id uuid not null references fjt.residents,
    night date not null,
    looked_at timestamptz not null,
    found text not null check (found in ('in_bed', 'not_seen', 'something_wrong', 'cannot_tell')),
    said text not null check (said in ('in_bed', 'not_seen', 'something_wrong', 'cannot_tell')),
    said_by text not null,
    said_at timestamptz not null,
    primary key (check_id, session_id)
);

-- A resident's nights, and what a person has seen since green by the detector was signed. (store/shadow_nights.py)
create index compared_looks_of_resident on fjt.compared_looks (resident_id, looked_at);

-- Green by the detector that was taken back by itself, and why. (core/shadow_nights.py, Drift)
create table fjt.green_ends (
    org text not null references fjt.organisations,
    resident_id uuid not null references fjt.residents,
    ended_at timestamptz not null,
    why text not null check (why in ('contradicted', 'doubted', 'camera_moved', 'room_unknown', 'not_agreed')),
    primary key (resident_id, ended_at)
);

-- When the device came to know its room; null: before this revision, or it does not.
alter table fjt.devices add column room_known_at timestamptz;

create function fjt.note_day_of_room() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if not new.room_known then
        new.room_known_at := null;
    elsif tg_op = 'INSERT' or not old.room_known or new.profile->'signature' is distinct from old.profile->'signature' then
        new.room_known_at := clock.now();
    end if;
    return new;
end $$;

-- After known_room, by its name.
create trigger known_room_day before insert or update of profile, kind on fjt.devices for each row execute function fjt.note_day_of_room();

do $$
declare
    t text;
begin
    foreach t in array '{compared_looks,green_ends}'::text[] loop
        execute format('alter table fjt.%I enable row level security', t);
        execute format('alter table fjt.%I force row level security', t);
        execute format('create policy worker on fjt.%I to fjt_worker using (true) with check (true)', t);
        execute format('grant select, insert on fjt.%I to fjt_worker', t);
        execute format('grant select on fjt.%I to fjt_web, fjt_planner', t);
    end loop;
end $$;

create policy own_town on fjt.compared_looks to fjt_web, fjt_planner
    using (org = any ((select fjt.orgs())::text[]) and exists (select from fjt.residents r where r.resident_id = compared_looks.resident_id))
    with check (org = any ((select fjt.orgs())::text[]) and exists (select from fjt.residents r where r.resident_id = compared_looks.resident_id));

create policy own_town on fjt.green_ends to fjt_web, fjt_planner
    using (org = any ((select fjt.orgs())::text[]) and exists (select from fjt.residents r where r.resident_id = green_ends.resident_id));

grant insert on fjt.compared_looks to fjt_web;

-- A page says what its own person has seen, of a session that they have looked at; what the detector found stands in the session's row.
create function fjt.compared_looks_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    new.said_by := fjt.page_actor();
    new.said_at := fjt.just_now(new.said_at);
    -- 28_shadow_blind.sql: no page says it of a look that showed the word
    new.blind := coalesce(new.blind, false) and exists (select from fjt.checks c where c.check_id = new.check_id and c.blind);
    if not exists (
        select from fjt.checks c join fjt.attempts a using (check_id)
            join fjt.sessions s on s.org = c.org and s.device_id = c.device_id and s.session_id = a.session_id
            join fjt.looks l on l.org = s.org and l.session_id = s.session_id and l.user_id = fjt.who()
        where c.check_id = new.check_id and c.org = new.org and c.resident_id = new.resident_id and c.night = new.night
            and s.session_id = new.session_id and s.answer = new.found and s.detector <> '' and s.receipt = 'committed'
    ) then
        perform fjt.refuse_write('a look compared that was not made');
    end if;
    return new;
end $$;

create trigger page_writes before insert on fjt.compared_looks for each row when (session_user = 'fjt_web')
    execute function fjt.compared_looks_of_page();

revoke all on function fjt.note_day_of_room(), fjt.compared_looks_of_page() from public;

-- Has everybody who has to agree said one of these of a machine that answers alone: the resident, who lives with them, who shares the bed?
create function fjt.agrees_to_machine(whose uuid, words text[]) returns boolean
language sql stable parallel safe
as $$
    select exists (select from fjt.residents r where r.resident_id = whose) and not exists (
        select from fjt.residents r cross join unnest(array['resident', 'cohabitant']) as needed(who)
        where r.resident_id = whose and (needed.who = 'resident' or r.cohabitant is not null) and not exists (
            select from fjt.consents c
            where c.resident_id = whose and c.who = needed.who and c.revoked_at is null and c.automatic = any (words)))
        and not exists (
            select from fjt.residents r cross join lateral unnest(fjt.bed_of(r.resident_id)) as mate(id)
            where r.resident_id = whose and r.bed_id is not null and mate.id <> whose and not exists (
                select from fjt.consents c
                where c.resident_id = mate.id and c.who = 'resident' and c.revoked_at is null and c.automatic = any (words)))
$$;

revoke all on function fjt.agrees_to_machine(uuid, text[]) from public;

grant execute on function fjt.agrees_to_machine(uuid, text[]) to fjt_worker, fjt_web, fjt_planner;
