-- SMS that a person writes to many carers (docs/sms.md#sms-to-many). The worker makes a message of each receiver's, a few at a time.

create table fjt.group_sms (
    group_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    audience text not null check (audience in ('staff', 'on_duty', 'area', 'ombudsmen')),
    -- null: of all areas
    area_id uuid references fjt.areas,
    body text not null check (length(body) between 1 and 160),
    written_by text not null,
    written_at timestamptz not null
);

-- Those of a town, the newest first. (store/group_sms.py)
create index group_sms_of_town on fjt.group_sms (org, written_at desc);

create table fjt.group_sms_receivers (
    group_id uuid not null references fjt.group_sms,
    org text not null references fjt.organisations,
    carer_id uuid not null references fjt.carers,
    phone text not null,
    message_id uuid,
    -- as the message's own, which no page of the staff reads; waiting: there is none yet
    state text not null default 'waiting' check (state in ('waiting', 'queued', 'sending', 'sent', 'delivered', 'failed', 'unknown')),
    primary key (group_id, phone)
);

-- Whose state may still change? (store/group_sms.py)
create index group_sms_under_way on fjt.group_sms_receivers (org) where state in ('waiting', 'queued', 'sending', 'sent');

do $$
declare t text;
begin
    foreach t in array '{group_sms,group_sms_receivers}'::text[] loop
        execute format('alter table fjt.%I enable row level security', t);
        execute format('alter table fjt.%I force row level security', t);
        execute format('create policy worker on fjt.%I to fjt_worker using (true) with check (true)', t);
        execute format('create policy own_town on fjt.%I to fjt_web, fjt_planner
            using (org = any ((select fjt.orgs())::text[])) with check (org = any ((select fjt.orgs())::text[]))', t);
        execute format('grant select on fjt.%I to fjt_worker, fjt_web, fjt_planner', t);
    end loop;
end $$;

grant insert on fjt.group_sms, fjt.group_sms_receivers to fjt_worker;

grant update (message_id, state) on fjt.group_sms_receivers to fjt_worker;

grant insert (org, audience, area_id, body, written_by, written_at) on fjt.group_sms to fjt_planner;

grant insert (group_id, org, carer_id, phone) on fjt.group_sms_receivers to fjt_planner;

-- What a page writes is its person's own, now, and goes to phones of the town's carers.
create function fjt.group_sms_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if tg_table_name = 'group_sms' then
        if new.written_by is distinct from fjt.who()::text then
            perform fjt.refuse_write('an SMS to many in another''s name');
        end if;
        new.written_at := fjt.just_now(new.written_at);
    elsif not exists (select from fjt.carers c where c.carer_id = new.carer_id and c.org = new.org and c.phone = new.phone)
        or not exists (select from fjt.group_sms g where g.group_id = new.group_id and g.org = new.org and g.written_by = fjt.who()::text)
    then
        perform fjt.refuse_write('an SMS to many, to a phone that is no carer''s');
    end if;
    return new;
end $$;

create trigger page_writes before insert on fjt.group_sms for each row when (session_user = 'fjt_planner') execute function fjt.group_sms_of_page();

create trigger page_writes before insert on fjt.group_sms_receivers for each row when (session_user = 'fjt_planner')
    execute function fjt.group_sms_of_page();

revoke all on function fjt.group_sms_of_page() from public;

-- Is one of these words part of the name of a resident of the town, each part of a double name by itself? Also of one whom the person may
-- not read: it says yes or no, and no name. Of people with protected identity it says nothing to a person who may not read of them: a
-- refusal would tell that they live here. Particles are no names.
create function fjt.names_resident(town text, words text[]) returns boolean
language sql stable security definer set search_path = fjt, pg_temp
as $$
    select town = any (fjt.orgs()) and exists (
        select from fjt.residents r, regexp_split_to_table(lower(r.name), '[\s-]+') part
        where r.org = town and r.died_at is null and length(part) >= 2 and part = any (words) and part not in ('von', 'van', 'den', 'af', 'de')
            and (not r.protected or fjt.sees_protected(town)))
$$;

revoke all on function fjt.names_resident(text, text[]) from public;

grant execute on function fjt.names_resident(text, text[]) to fjt_worker, fjt_web, fjt_planner;
