-- The rows of before are logged as they were found, and each town's chain begins here.
--
-- One transaction with the triggers above: nothing changes unlogged between them. The owner sees no row of these tables
-- otherwise, so it has a policy for as long as this takes.

insert into fjt.fact_log (org, kind, key, deed, fact, writer, written_at, real_at)
select org, 'organisations', org, 'found', '{}', session_user, clock.now(), clock_timestamp() from fjt.organisations;

do $$
declare
    t text;
begin
    foreach t in array '{looks,alarms,checks,consents,raisings,sessions}'::text[] loop
        execute format('create policy found on fjt.%I for select to fjt_owner using (true)', t);
        execute format('insert into fjt.fact_log (org, kind, key, deed, fact, words, salt, words_digest, expiry_salt, writer, written_at, real_at)
            select f.org, %1$L, f.key, ''found'', f.fact, f.words, s.salt, fjt.digest_of_words(f.words, s.salt),
                case when fjt.expires(%1$L) then gen_random_uuid() end, session_user, clock.now(), clock_timestamp()
            from fjt.%1$I r cross join fjt.fact_of(r) f
            cross join lateral (select case when f.words is not null then gen_random_uuid() end) s (salt)', t);
        execute format('drop policy found on fjt.%I', t);
    end loop;
end $$;
