-- Rights: the worker seals and verifies. No role writes a fact but through the triggers, which run as the owner.

do $$
declare
    t text;
begin
    foreach t in array '{fact_log,seals,sealed_until}'::text[] loop
        execute format('alter table fjt.%I enable row level security', t);
        execute format('alter table fjt.%I force row level security', t);
        execute format('create policy worker on fjt.%I to fjt_worker using (true) with check (true)', t);
    end loop;
end $$;

create policy log_fact on fjt.fact_log to fjt_owner using (true) with check (true);

grant select on fjt.fact_log to fjt_worker;

grant select, insert on fjt.seals to fjt_worker;

grant select, insert, update on fjt.sealed_until to fjt_worker;

revoke all on function fjt.sign_line(), fjt.log_fact(), fjt.erase_words(text, text, text), fjt.digest_of_words(text, uuid),
    fjt.fact_line(fjt.fact_log), fjt.expires(text), fjt.fact_of(fjt.looks), fjt.fact_of(fjt.alarms), fjt.fact_of(fjt.checks), fjt.fact_of(fjt.consents),
    fjt.fact_of(fjt.raisings), fjt.fact_of(fjt.sessions) from public;

grant execute on function fjt.erase_words(text, text, text), fjt.digest_of_words(text, uuid), fjt.fact_line(fjt.fact_log), fjt.fact_of(fjt.looks), fjt.fact_of(fjt.alarms),
    fjt.fact_of(fjt.checks), fjt.fact_of(fjt.consents), fjt.fact_of(fjt.raisings), fjt.fact_of(fjt.sessions) to fjt_worker;
