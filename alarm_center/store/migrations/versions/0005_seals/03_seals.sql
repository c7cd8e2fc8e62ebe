-- The hash chain over lines and facts, one a town, written by the sealer (store/seals.py).
--
-- It begins with this revision. The lines of before are in event_seals, which replicas of the release before go on with
-- while there are any: each chain is whole by itself, and the first digest here covers the last one there.

create table fjt.seals (
    org text not null,
    -- the place of the line or the fact
    tx xid8 not null,
    id bigint not null,
    digest bytea not null check (length(digest) = 32),
    -- by the server's own clock
    sealed_at timestamptz not null default clock_timestamp(),
    -- why it was not sealed as true (store/seal_lines.py)
    doubt text,
    primary key (org, tx, id)
);

-- How far the sealer has come, a row a town: each line and fact of a transaction before this one has its seal. A sealer that is
-- behind is behind; a line that is missing its seal is one that the sealer was past. A number of minutes cannot tell the two apart: a
-- night that is planned for ten thousand homes writes more lines than are sealed in any. (store/verification.py)
create table fjt.sealed_until (
    org text primary key,
    tx xid8 not null
);

create trigger chain_only_grows before update or delete on fjt.seals for each row execute function fjt.refuse();

create trigger chain_not_emptied before truncate on fjt.seals for each statement execute function fjt.refuse();
