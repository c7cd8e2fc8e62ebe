-- What a review leaves behind: who read the log, which looks a supervisor has reviewed, and the monthly samples. No role of the
-- pages reads or writes these tables itself; the functions in 03_review_functions.sql do, for a person with the right.

-- One reading of the log: what was read, and what it was limited to.
create table fjt.look_log_reads (
    read_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    user_id uuid not null references fjt.users,
    at timestamptz not null,
    what text not null check (what in ('log', 'export', 'tallies', 'sample', 'resident_list')),
    -- the person, or the resident, whose looks were asked for
    person uuid,
    resident_id uuid,
    from_at timestamptz,
    to_at timestamptz,
    looks int not null
);

-- Who has read the log of a town? (fjt.look_log_readings)
create index look_log_reads_in_order on fjt.look_log_reads (org, at desc, read_id desc);

-- A look that a supervisor has reviewed, once.
create table fjt.look_reviews (
    look_id uuid primary key references fjt.looks,
    org text not null references fjt.organisations,
    reviewed_by uuid not null references fjt.users,
    reviewed_at timestamptz not null,
    note text check (length(note) between 1 and 500)
);

-- A month's sample of a town. The seed is written before it is used: whoever has it draws the same looks again.
create table fjt.look_samples (
    sample_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    month date not null check (extract(day from month) = 1),
    seed text not null,
    -- how many looks the month had in all
    looks int not null check (looks >= 0),
    drawn_at timestamptz not null,
    signed_by uuid references fjt.users,
    signed_at timestamptz,
    unique (org, month),
    check ((signed_by is null) = (signed_at is null))
);

create table fjt.look_sample_items (
    sample_id uuid not null references fjt.look_samples,
    place int not null check (place >= 1),
    look_id uuid not null references fjt.looks,
    verdict text check (verdict in ('in_duty', 'unclear', 'wrong')),
    note text check (length(note) between 1 and 500),
    judged_by uuid references fjt.users,
    judged_at timestamptz,
    primary key (sample_id, place),
    unique (sample_id, look_id),
    check ((verdict is null) = (judged_by is null) and (verdict is null) = (judged_at is null)),
    -- what was not in order is said in words
    check (verdict is null or verdict = 'in_duty' or note is not null)
);

do $$
declare
    t text;
begin
    foreach t in array '{look_log_reads,look_reviews,look_samples,look_sample_items}'::text[] loop
        execute format('alter table fjt.%I enable row level security', t);
        execute format('alter table fjt.%I force row level security', t);
        execute format('create policy worker on fjt.%I to fjt_worker using (true) with check (true)', t);
        execute format('create policy review on fjt.%I to fjt_owner using (true) with check (true)', t);
    end loop;
    -- What the functions read of the town, and the line that they write.
    foreach t in array '{looks,checks,attempts,raisings,areas,sessions,devices}'::text[] loop
        execute format('create policy review on fjt.%I for select to fjt_owner using (true)', t);
    end loop;
end $$;

create policy review on fjt.events for insert to fjt_owner with check (true);

grant select, insert on fjt.look_samples, fjt.look_sample_items to fjt_worker;

grant select on fjt.look_log_reads, fjt.look_reviews to fjt_worker;
