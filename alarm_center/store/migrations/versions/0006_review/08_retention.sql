-- The log of looks and of its review is erased five years after a row was last written (docs/pictures.md#who-reviews-the-looks), with
-- its facts. What is left of a fact is its place in the chain, when and by which role it was written, and the digest of its line.

-- Which facts have not expired? (fjt.expire_rows)
create index facts_that_expire on fjt.fact_log (org, kind, key, written_at) where expiry_salt is not null;

create policy expiry on fjt.looks for delete to fjt_owner using (true);

-- Erase rows of a kind whose last fact is older than that, at most so many, but those that another row names still. Returns how many
-- facts are gone; 0: there is no such row left. No caller can erase sooner than after five years.
create function fjt.expire_rows(town text, of_kind text, before timestamptz, most int) returns int
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    keys text[];
    gone int;
begin
    if not fjt.expires(of_kind) or before > clock.now() - interval '5 years' then
        raise exception 'that is kept for longer' using errcode = 'insufficient_privilege';
    end if;
    keys := array(
        select f.key from fjt.fact_log f
        where f.org = town and f.kind = of_kind and f.expiry_salt is not null
        group by f.key
        having max(f.written_at) < before and case of_kind
            when 'looks' then not exists (select from fjt.look_reviews v where v.look_id = f.key::uuid)
                and not exists (select from fjt.look_sample_items i where i.look_id = f.key::uuid)
            when 'look_samples' then not exists (select from fjt.look_sample_items i where i.sample_id = f.key::uuid)
            else true end
        limit most);
    if keys = '{}' then
        return 0;
    end if;
    perform set_config('fjt.expiring', 'on', true);
    case of_kind
        when 'looks' then delete from fjt.looks r where r.org = town and r.look_id = any (keys::uuid[]);
        when 'look_log_reads' then delete from fjt.look_log_reads r where r.org = town and r.read_id = any (keys::uuid[]);
        when 'look_reviews' then delete from fjt.look_reviews r where r.org = town and r.look_id = any (keys::uuid[]);
        when 'look_samples' then delete from fjt.look_samples r where r.org = town and r.sample_id = any (keys::uuid[]);
        else delete from fjt.look_sample_items r where r.sample_id || '/' || r.place = any (keys);
    end case;
    perform set_config('fjt.expiring', '', true);
    update fjt.fact_log f set expired_digest = sha256(convert_to(fjt.fact_line(f), 'UTF8')), fact = '{}', person = null, words = null,
            salt = null, expiry_salt = null
        where f.org = town and f.kind = of_kind and f.key = any (keys) and f.expiry_salt is not null;
    get diagnostics gone = row_count;
    insert into fjt.fact_log (org, kind, key, deed, fact, writer, written_at, real_at)
        values (town, of_kind, '', 'expired', jsonb_build_object('before', before at time zone 'UTC', 'facts', gone), session_user,
            clock.now(), clock_timestamp());
    return gone;
end $$;

-- Forget sign-ins that are long over, in every town: sessions a day after they ended, known browsers after a year without use, and
-- tries and proofs after an hour; after five years also whom towns had asked, and the names of those who opened a sealed account.
create function fjt.forget_sign_ins() returns int language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    sessions int;
    old timestamptz := clock.now() - interval '5 years';
begin
    delete from fjt.web_sessions where expires_at < clock.now() - interval '1 day';
    get diagnostics sessions = row_count;
    delete from fjt.known_browsers where used_at < clock_timestamp() - interval '1 year';
    delete from fjt.sign_in_tries where at < clock_timestamp() - interval '1 hour';
    delete from fjt.sealed_tries where tried_at < clock_timestamp() - interval '1 hour';
    delete from fjt.oidc_requests where asked_at < clock_timestamp() - interval '1 hour';
    delete from fjt.oidc_proofs where proved_at < clock_timestamp() - interval '1 hour';
    delete from fjt.oidc_logouts where heard_at < clock_timestamp() - interval '1 hour';
    delete from fjt.invitations where coalesce(answered_at, expires_at) < old;
    update fjt.users u set name = '' from fjt.sealed_accounts a where a.user_id = u.user_id and a.opened_at < old and u.name <> '';
    update fjt.sealed_accounts set first_name = '', second_name = '' where opened_at < old and first_name <> '';
    return sessions;
end $$;

revoke all on function fjt.expire_rows(text, text, timestamptz, int), fjt.forget_sign_ins() from public;

grant execute on function fjt.expire_rows(text, text, timestamptz, int), fjt.forget_sign_ins() to fjt_worker;
