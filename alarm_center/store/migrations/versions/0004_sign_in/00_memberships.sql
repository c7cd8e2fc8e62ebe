-- A membership is a person's roles in a town, from when they accepted it until it ends. A login is the person's own, and no
-- town's (docs/adr/0029): what a town does to its membership changes nothing of the person, and nothing of another town's.

-- Null: nobody has accepted it. '-infinity' is what writers of the release before leave unsaid: it was so before anybody asked.
alter table fjt.memberships add column accepted_at timestamptz default '-infinity';

-- The instant from which it is over; it may lie ahead. A row is never deleted: names stand beside what people have done.
alter table fjt.memberships add column ended_at timestamptz;

-- Rises with each change, so that the second of two admins does not write over what the first has changed.
alter table fjt.memberships add column version int not null default 1;

-- By which a page names it, instead of a town and a person.
alter table fjt.memberships add column membership_id uuid not null unique default gen_random_uuid();

-- Codes of the performers whose residents it is for, 'town' being the town's own care (00_performers.sql); null: all of them.
alter table fjt.memberships add column performers text[];

-- The roles that people have now. Functions ask this view, and not the table, who may do something.
create view fjt.roles_held as
    select m.user_id, m.org, m.roles, m.areas, m.performers from fjt.memberships m
    where m.accepted_at is not null and (m.ended_at is null or m.ended_at > clock.now());

create function fjt.count_change() returns trigger language plpgsql
as $$
begin
    new.version := old.version + 1;
    return new;
end $$;

create trigger counted before update on fjt.memberships for each row
    when ((old.roles, old.areas, old.performers, old.accepted_at, old.ended_at)
        is distinct from (new.roles, new.areas, new.performers, new.accepted_at, new.ended_at))
    execute function fjt.count_change();

-- An import of the release before writes these two tables itself, by login. It gives nobody a role who has one in another
-- town, before that person has accepted it, and it renames nobody.
create function fjt.ask_first() returns trigger language plpgsql
as $$
begin
    if current_user = 'fjt_worker' and new.accepted_at = '-infinity'
        and exists (select from fjt.memberships m where m.user_id = new.user_id and m.org <> new.org) then
        new.accepted_at := null;
    end if;
    return new;
end $$;

create trigger ask_first before insert on fjt.memberships for each row execute function fjt.ask_first();

create function fjt.keep_name() returns trigger language plpgsql
as $$
begin
    if current_user = 'fjt_worker' then
        new.name := old.name;
    end if;
    return new;
end $$;

create trigger keep_name before update of name on fjt.users for each row execute function fjt.keep_name();

-- People are never deleted, and neither are their memberships: they end.
create trigger people_stay before delete on fjt.users for each row execute function fjt.refuse();

create trigger memberships_stay before delete on fjt.memberships for each row execute function fjt.refuse();

-- Of a login that a town has only asked for, it sees nothing: not whether there is such a person.
alter policy own_town on fjt.memberships using (accepted_at is not null and org = any ((select fjt.orgs())::text[]));

alter policy own_town on fjt.users
    using (exists (select from fjt.memberships m where m.user_id = users.user_id and m.accepted_at is not null and m.org = any ((select fjt.orgs())::text[])));
