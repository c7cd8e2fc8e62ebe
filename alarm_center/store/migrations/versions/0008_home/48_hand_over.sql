-- Who has taken over a board from the one before, when, and how many cases were open then. Rows only grow, and go after five years.
create table fjt.hand_overs (
    hand_over_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    taken_by uuid not null references fjt.users,
    taken_at timestamptz not null,
    open_cases int not null check (open_cases >= 0)
);

-- Who took over last? (store/hand_overs.py)
create index hand_overs_of_town on fjt.hand_overs (org, taken_at desc);

alter table fjt.hand_overs enable row level security;

alter table fjt.hand_overs force row level security;

create policy worker on fjt.hand_overs to fjt_worker using (true) with check (true);

create policy own_town on fjt.hand_overs to fjt_web
    using (org = any ((select fjt.orgs())::text[]) and (select current_setting('fjt.scope', true)) is distinct from 'link')
    with check (org = any ((select fjt.orgs())::text[]) and (select current_setting('fjt.scope', true)) = 'watch');

grant select, insert on fjt.hand_overs to fjt_web, fjt_worker;

create trigger hand_overs_only_grow before update on fjt.hand_overs for each row execute function fjt.refuse();

create trigger hand_overs_are_kept before delete on fjt.hand_overs for each row
    when (old.taken_at >= clock.now() - interval '5 years') execute function fjt.refuse();

create policy expiry on fjt.hand_overs to fjt_owner using (taken_at < clock.now() - interval '5 years');

-- Forget who took over a board more than five years ago, as the log of looks is forgotten; returns how many. (store/hand_overs.py)
create function fjt.forget_hand_overs() returns int language plpgsql security definer set search_path = fjt, pg_temp
as $$
declare
    gone int;
begin
    delete from fjt.hand_overs where taken_at < clock.now() - interval '5 years';
    get diagnostics gone = row_count;
    return gone;
end $$;

revoke all on function fjt.forget_hand_overs() from public;

grant execute on function fjt.forget_hand_overs() to fjt_worker;

-- A page takes over as its own person, now.
create function fjt.hand_overs_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    new.taken_by := fjt.who();
    new.taken_at := fjt.just_now(new.taken_at);
    return new;
end $$;

create trigger page_writes before insert on fjt.hand_overs for each row when (session_user = 'fjt_web') execute function fjt.hand_overs_of_page();

revoke all on function fjt.hand_overs_of_page() from public;

-- When the session that the transaction carries began; null for a link, and for nobody.
create function fjt.signed_in_at() returns timestamptz language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return (
        select s.created_at from fjt.web_sessions s
        where s.token_hash = sha256(convert_to(nullif(current_setting('fjt.token', true), ''), 'UTF8')) and s.user_id = fjt.who());
end $$;

revoke all on function fjt.signed_in_at() from public;

grant execute on function fjt.signed_in_at() to fjt_web;
