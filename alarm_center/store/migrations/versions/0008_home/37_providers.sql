-- A second SMS provider: which one a town chooses, whom a message was handed to, and which provider has failed.

alter table fjt.organisations
    -- the provider that the town's SMS and calls go through; null: the service's first one (FJT_PROVIDER)
    add column provider text check (provider in ('twilio', '46elks')),
    -- the town's number at the other provider, where it is not the same one
    add column second_number text;

-- The provider that a message is handed to, written with its claim: whoever finds it in doubt asks that one. (store/claims.py)
alter table fjt.messages add column via text;

-- How each provider has worked lately, for all replicas. A provider that is away is passed over by towns that have another
-- one, and probed until it works again. (sms/provider_health.py)
create table fjt.provider_states (
    provider text primary key,
    -- 1 for the service's first provider, 2 for its second; null: not set up any more
    place smallint check (place in (1, 2)),
    -- in a row, of any message
    failures int not null default 0 check (failures >= 0),
    failed_at timestamptz,
    away_since timestamptz,
    good_probes int not null default 0 check (good_probes >= 0),
    probe_at timestamptz,
    back_at timestamptz,
    check (away_since is null or probe_at is not null)
);

alter table fjt.provider_states enable row level security;

alter table fjt.provider_states force row level security;

create policy worker on fjt.provider_states to fjt_worker using (true) with check (true);

-- A board says that its town's provider is away. There is nothing of any town in it.
create policy pages on fjt.provider_states for select to fjt_web using (true);

grant select, insert, update on fjt.provider_states to fjt_worker;

grant select on fjt.provider_states to fjt_web;

-- The message that a parked status's own address names. A call in doubt ends as made where it has called back already.
alter table fjt.parked_statuses add column message_id uuid;

create index parked_of_message on fjt.parked_statuses (message_id) where message_id is not null;
