-- Performers: the companies that carry out care in a town. A resident without one has the town's own care, and a membership may be
-- limited to some of them (docs/adr/0034). Whose residents are whose: 0006_review/07_performers.sql.

create table fjt.performers (
    org text not null references fjt.organisations,
    -- 'town' in a membership is the town's own care
    code text not null check (code ~ '^[a-z0-9][a-z0-9-]{0,30}$' and code <> 'town'),
    name text not null check (name <> '' and length(name) <= 200),
    primary key (org, code)
);

alter table fjt.performers enable row level security;

alter table fjt.performers force row level security;

create policy worker on fjt.performers to fjt_worker using (true) with check (true);

create policy own_town on fjt.performers for select to fjt_web using (org = any ((select fjt.orgs())::text[]));

create policy people on fjt.performers for select to fjt_owner using (true);

grant select, insert, update on fjt.performers to fjt_worker;

grant select on fjt.performers to fjt_web;
