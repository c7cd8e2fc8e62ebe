-- Exercises: a town's training area with its simulated homes, and who takes part (docs/adr/0091-training-beside-the-night.md).

alter table fjt.areas add column training boolean not null default false;

-- A town has one. (store/exercises.py)
create unique index areas_training on fjt.areas (org) where training;

alter table fjt.residents add column training boolean not null default false;

-- Of those who take part, while it lasts: a real alarm asks none of them as such.
alter table fjt.shifts add column training boolean not null default false;

alter table fjt.alarms drop constraint alarms_lane_check;

alter table fjt.alarms add constraint alarms_lane_check check (lane in ('real', 'training', 'test'));

-- A training home too has one open case.
drop index fjt.alarms_open_of_resident;

create unique index alarms_open_of_resident on fjt.alarms (resident_id) where state <> 'closed' and not visit and lane <> 'test';

-- Open alarms of exercises. (store/exercises.py)
create index alarms_of_training on fjt.alarms (org, opened_at) where lane = 'training';

-- The lane follows from the area, whoever opens the alarm, and stays: what counts and rings asks for the lane 'real'.
create function fjt.keep_training_lane() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if tg_op = 'UPDATE' or exists (select from fjt.areas a where a.area_id = new.area_id and a.training) then
        new.lane := 'training';
    end if;
    return new;
end $$;

revoke all on function fjt.keep_training_lane() from public;

create trigger training_lane before insert on fjt.alarms for each row execute function fjt.keep_training_lane();

create trigger training_lane_stays before update on fjt.alarms for each row when (old.lane = 'training' and new.lane <> 'training')
    execute function fjt.keep_training_lane();

-- A simulated home is in the training area, and a real one never: its alarms would be no alarms.
create function fjt.keep_homes_apart() returns trigger language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    if new.training is distinct from (select a.training from fjt.areas a where a.area_id = new.area_id)
        or tg_op = 'UPDATE' and new.training <> old.training
    then
        perform fjt.refuse_write('a home of an exercise among the real ones, or a real one among those');
    end if;
    return new;
end $$;

create trigger homes_apart before insert or update of area_id, training on fjt.residents for each row execute function fjt.keep_homes_apart();

-- An area stays what it was made as.
create function fjt.keep_area_kind() returns trigger language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    perform fjt.refuse_write('an area that becomes one of exercises, or real');
    return new;
end $$;

create trigger area_kind_stays before update of training on fjt.areas for each row when (old.training <> new.training) execute function fjt.keep_area_kind();

-- Is the phone asked about an open case that is real? Then its words are about that (store/replies.py), and it takes part in no exercise.
create function fjt.asked_for_real(number text) returns boolean language sql stable
as $$
    select exists (select from fjt.notices n join fjt.alarms a using (alarm_id)
        where n.phone = number and n.state in ('asked', 'took') and a.state <> 'closed' and a.lane <> 'training')
$$;

-- Is a word of the phone about the night, and not about an exercise? So it is once a real case has asked it, and while it is on duty: a cry of
-- who has taken part before their shift is a cry.
create function fjt.heard_as_real(number text) returns boolean language sql stable
as $$
    select fjt.asked_for_real(number) or exists (select from fjt.shifts s join fjt.carers c using (carer_id)
        where c.phone = number and not s.training and s.starts_at <= clock.now() and s.ends_at > clock.now())
$$;

revoke all on function fjt.keep_homes_apart(), fjt.keep_area_kind(), fjt.asked_for_real(text), fjt.heard_as_real(text) from public;

grant execute on function fjt.asked_for_real(text) to fjt_web, fjt_worker;

grant execute on function fjt.heard_as_real(text) to fjt_worker;

-- Pages of the day know nothing of the training area: no list, no rota, no report has it. The board, the search for a person, pauses,
-- courses and a carer's own link do.
do $$
declare
    t text;
begin
    foreach t in array '{areas,residents}'::text[] loop
        execute format('create policy training_apart on fjt.%I as restrictive for select to fjt_web, fjt_planner
            using (not training or (select current_setting(''fjt.scope'', true)) in (''watch'', ''raise'', ''pause'', ''train'', ''drive'', ''link''))', t);
    end loop;
end $$;

create table fjt.exercises (
    exercise_id uuid primary key,
    org text not null references fjt.organisations,
    begun_by uuid not null references fjt.users,
    begun_at timestamptz not null,
    ends_at timestamptz not null,
    -- carers whose phones take part
    carers uuid[] not null default '{}' check (cardinality(carers) <= 20),
    -- homes and alarms are there
    made_at timestamptz,
    -- its alarms are closed
    ended_at timestamptz,
    check (ends_at between begun_at and begun_at + interval '4 hours')
);

-- One at a time: also, which one goes on? (store/exercises.py)
create unique index exercises_one_a_town on fjt.exercises (org) where ended_at is null;

-- Those of a night, or of months. (store/exercises.py)
create index exercises_of_town on fjt.exercises (org, begun_at);

alter table fjt.exercises enable row level security;

alter table fjt.exercises force row level security;

create policy worker on fjt.exercises to fjt_worker using (true) with check (true);

create policy own_town on fjt.exercises to fjt_web
    using (org = any ((select fjt.orgs())::text[]) and (select current_setting('fjt.scope', true)) is distinct from 'link')
    with check (org = any ((select fjt.orgs())::text[]) and (select current_setting('fjt.scope', true)) = 'raise');

grant select, insert, update on fjt.exercises to fjt_worker;

-- Pages begin one once no older replica steps its alarms (0009_after_rollout/03_writes.sql): that one would ask those on duty.
grant select on fjt.exercises to fjt_web;

create trigger exercises_stay before delete on fjt.exercises for each row execute function fjt.refuse();

-- A page begins one as its own person, now, with carers of the town, where the person sees the whole town; and ends it now, never later.
create function fjt.exercises_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if fjt.areas() is not null or fjt.performers() is not null then
        perform fjt.refuse_write('an exercise by a person who does not see the whole town');
    end if;
    if tg_op = 'UPDATE' then
        new.ends_at := greatest(old.begun_at, least(old.ends_at, clock.now()));
        return new;
    end if;
    if exists (select from unnest(new.carers) each (carer_id) where not exists (
        select from fjt.carers c where c.carer_id = each.carer_id and c.org = new.org))
    then
        perform fjt.refuse_write('an exercise with a carer of another town');
    end if;
    new.begun_by := fjt.who();
    new.begun_at := fjt.just_now(new.begun_at);
    return new;
end $$;

create trigger page_writes before insert or update on fjt.exercises for each row when (session_user = 'fjt_web') execute function fjt.exercises_of_page();

revoke all on function fjt.exercises_of_page() from public;
