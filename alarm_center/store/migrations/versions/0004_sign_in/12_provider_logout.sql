-- Sign-out by a provider (OpenID Connect back-channel logout): which of its words were heard, and the sessions that one ends.

-- A logout token is good once, in all replicas. It is refused by its age long before its row is forgotten.
create table fjt.oidc_logouts (
    issuer text not null,
    jti_hash bytea not null,
    heard_at timestamptz not null default clock_timestamp(),
    primary key (issuer, jti_hash)
);

-- Which may be forgotten? (fjt.end_provider_sessions)
create index oidc_logouts_by_age on fjt.oidc_logouts (heard_at);

-- Whose sessions does a provider end? (fjt.end_provider_sessions)
create index web_sessions_of_provider on fjt.web_sessions (provider_subject_hash, provider_sid_hash) where provider is not null;

create index web_sessions_of_provider_session on fjt.web_sessions (provider_sid_hash) where provider is not null;

alter table fjt.oidc_logouts enable row level security;

alter table fjt.oidc_logouts force row level security;

create policy owner on fjt.oidc_logouts to fjt_owner using (true) with check (true);

-- End the sessions that the provider began for its person, or for one session of theirs with it: those of a sign-in that has not
-- chosen an assignment yet as well. A session whose provider did not name its own with the person is ended by the person's.
-- Returns how many; null: that word was heard before. What a provider has not begun, by password or at another, goes on.
create function fjt.end_provider_sessions(wanted_issuer text, jti bytea, subject bytea, sid bytea) returns int
language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    ended int;
begin
    delete from fjt.oidc_logouts l where l.heard_at < clock_timestamp() - interval '1 hour';
    insert into fjt.oidc_logouts (issuer, jti_hash) values (wanted_issuer, jti) on conflict do nothing;
    if not found then
        return null;
    end if;
    delete from fjt.oidc_proofs p
        where case when sid is null then p.subject_hash = subject
            else p.sid_hash = sid and (subject is null or p.subject_hash = subject) or p.sid_hash is null and p.subject_hash = subject end;
    delete from fjt.web_sessions s
        where s.provider is not null and case when sid is null then s.provider_subject_hash = subject
            else s.provider_sid_hash = sid and (subject is null or s.provider_subject_hash = subject)
                or s.provider_sid_hash is null and s.provider_subject_hash = subject end;
    get diagnostics ended = row_count;
    return ended;
end $$;

revoke all on function fjt.end_provider_sessions(text, bytea, bytea, bytea) from public;

grant execute on function fjt.end_provider_sessions(text, bytea, bytea, bytea) to fjt_sign_in;
