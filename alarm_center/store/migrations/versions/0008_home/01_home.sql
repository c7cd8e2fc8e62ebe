-- Home, decision and consent in words (docs/planning-data.md). Additions with defaults alone: a replica of the release before goes on.

-- ---- the resident and the door ----
--
-- access, of the first revision, is the way in: the lock or the key by its number.

alter table fjt.residents
    add column port_code text not null default '',
    add column key_place text not null default '',
    add column second_way text not null default '',
    add column door_tried_on date,
    -- schemas.vocabulary.Mark
    add column marks text[] not null default '{}' check (marks <@ '{hears_badly,sees_badly,language,may_go_out,dog,threat,electricity_dependent}'),
    -- protected identity: name and address are on no paper, in no search and in no export but for those with the right
    add column protected boolean not null default false;

alter table fjt.carers add column protected boolean not null default false;

create table fjt.contacts (
    contact_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    resident_id uuid not null references fjt.residents,
    name text not null,
    relation text not null default '',
    phone text not null,
    hours text not null default 'any' check (hours in ('any', 'day', 'night')),
    -- what this person may be told, in words; empty: nothing
    may_be_told text not null default '',
    has_key boolean not null default false,
    ring_first boolean not null default false,
    unique (resident_id, phone)
);

-- ---- the decision ----

alter table fjt.decisions
    -- an offer without an individual test: social services act of 1 July 2025
    add column kind text not null default 'decision' check (kind in ('decision', 'offer_without_test')),
    add column purpose text not null default '',
    add column less_intrusive text not null default '',
    add column alternative text not null default '',
    -- a person's word about what comes after the trial; null: none yet. carried_over: the trial had passed when this revision came
    add column after_trial text check (after_trial in ('goes_on', 'visits', 'carried_over'));

-- A word about the trial is about that trial: another end begins another one.
create function fjt.begin_trial() returns trigger language plpgsql
as $$
begin
    if new.after_trial is not distinct from old.after_trial then
        new.after_trial := null;
    end if;
    return new;
end $$;

create trigger trial_begins before update on fjt.decisions for each row
    when (new.trial_ends_on is distinct from old.trial_ends_on) execute function fjt.begin_trial();

revoke all on function fjt.begin_trial() from public;

-- ---- the consent ----

-- A town's own legal position on consent where capacity is in doubt.
create table fjt.legal_positions (
    org text not null references fjt.organisations,
    code text not null,
    reference text not null,
    decided_by text not null,
    decided_on date not null,
    review_on date not null,
    primary key (org, code)
);

alter table fjt.consents
    -- may a machine alone answer that all is well; null: not asked. carried_over: not asked, and it did so when this revision came
    add column automatic text check (automatic in ('yes', 'no', 'carried_over')),
    add column given_how text check (given_how in ('spoken', 'written', 'shown')),
    add column language text not null default '',
    -- people in the room, in words
    add column present text not null default '',
    -- day of the second conversation, two to seven days later; null: it has not been
    add column second_talk_on date,
    add column capacity text check (capacity in ('able', 'in_doubt')),
    -- the town's position by which a consent counts although capacity is in doubt
    add column legal_position text,
    -- word of a representative: information, never consent
    add column representative text not null default '',
    add constraint consents_legal_position foreign key (org, legal_position) references fjt.legal_positions (org, code);

-- ---- whose rows a page sees ----

do $$
declare
    t text;
begin
    foreach t in array '{contacts,legal_positions}'::text[] loop
        execute format('alter table fjt.%I enable row level security', t);
        execute format('alter table fjt.%I force row level security', t);
        execute format('create policy worker on fjt.%I to fjt_worker using (true) with check (true)', t);
        execute format('grant select, insert, update, delete on fjt.%I to fjt_worker', t);
        execute format('grant select on fjt.%I to fjt_web, fjt_planner', t);
    end loop;
end $$;

create policy own_town on fjt.contacts to fjt_web, fjt_planner
    using (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null
        or exists (select from fjt.residents r where r.resident_id = contacts.resident_id)));

-- By town, on purpose: a reference and the office that decided.
create policy own_town on fjt.legal_positions to fjt_web, fjt_planner using (org = any ((select fjt.orgs())::text[]));
