-- Supervision that ends for good by a page, and a device that a page takes from a home.

-- When a person wrote by day that supervision has ended for good, also of somebody who has died. There is no way back.
alter table fjt.residents add column ended_at timestamptz;

grant update (moved_at, ended_at) on fjt.residents to fjt_planner;

create function fjt.endings_of_planner() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if coalesce(current_setting('fjt.scope', true), '') <> 'decide' then
        perform fjt.refuse_write('an end for good, by a page of another right');
    end if;
    if old.ended_at is not null or new.ended_at is null or old.moved_at is not null and new.moved_at is distinct from old.moved_at then
        perform fjt.refuse_write('an end for good that is taken back');
    end if;
    new.ended_at := fjt.just_now(new.ended_at);
    new.moved_at := case when old.moved_at is null and old.died_at is null then new.ended_at else old.moved_at end;
    return new;
end $$;

create trigger planner_ends before update of moved_at, ended_at on fjt.residents for each row
    when (session_user = 'fjt_planner' and (old.moved_at, old.ended_at) is distinct from (new.moved_at, new.ended_at))
    execute function fjt.endings_of_planner();

-- A device that is taken from a home is nobody's. Whoever decides or arranges takes it, and sees it then.
alter policy free on fjt.devices using (resident_id is null and org = any ((select fjt.orgs())::text[])
    and current_setting('fjt.scope', true) in ('arrange', 'decide', 'enrol'));

-- A page that edits papers writes a device, and takes no other home's. The device of somebody who dies goes on with the one who shares
-- the bed, by whatever page says so. A device is taken from a home, with that home's profile, and is given to nobody else in the same go.
create function fjt.devices_of_planner() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if tg_op = 'UPDATE' and (new.resident_id, new.kind, new.label, new.profile, new.capture)
        is not distinct from (old.resident_id, old.kind, old.label, old.profile, old.capture) then
        return new;
    end if;
    if tg_op = 'UPDATE' and (new.kind, new.label, new.profile, new.capture) is not distinct from (old.kind, old.label, old.profile, old.capture)
        and new.resident_id = any (fjt.bed_of(old.resident_id)) then
        return new;
    end if;
    if not fjt.edits_papers() then
        perform fjt.refuse_write('a device, by a page of another right');
    end if;
    if tg_op = 'UPDATE' and old.resident_id is not null and new.resident_id is distinct from old.resident_id then
        if new.resident_id is not null or current_setting('fjt.scope', true) not in ('arrange', 'decide') then
            perform fjt.refuse_write('a device of another''s');
        end if;
        new.profile := '{}';
    end if;
    return new;
end $$;

create trigger planner_writes before insert or update on fjt.devices for each row when (session_user = 'fjt_planner')
    execute function fjt.devices_of_planner();

revoke all on function fjt.endings_of_planner(), fjt.devices_of_planner() from public;
