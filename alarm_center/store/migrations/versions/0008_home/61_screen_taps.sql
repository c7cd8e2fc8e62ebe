-- Taps of people at a board: each has a key that its page makes, and is applied once, however often the page has to send it
-- (docs/adr/0089-an-answer-waits-five-seconds.md). A key is taken in the transaction that applies the tap. No page reads them.

create table fjt.screen_taps (
    user_id uuid not null references fjt.users,
    tap text not null check (length(tap) = 32),
    taken_at timestamptz not null,
    primary key (user_id, tap)
);

alter table fjt.screen_taps enable row level security;

alter table fjt.screen_taps force row level security;

create policy owner on fjt.screen_taps to fjt_owner using (true) with check (true);

-- Take a tap of the carried session's person: true the first time. Those of more than a day ago are forgotten then. (store/screen_taps.py)
create function fjt.take_tap(said text) returns boolean language plpgsql security definer set search_path = fjt, pg_temp
as $$
begin
    if fjt.who() is null then
        perform fjt.refuse_write('a tap of nobody');
    end if;
    delete from fjt.screen_taps where user_id = fjt.who() and taken_at < clock.now() - interval '1 day';
    insert into fjt.screen_taps (user_id, tap, taken_at) values (fjt.who(), said, clock.now()) on conflict do nothing;
    return found;
end $$;

-- Was it taken before? (store/screen_taps.py)
create function fjt.has_tap(said text) returns boolean language plpgsql stable security definer set search_path = fjt, pg_temp
as $$
begin
    return exists (select from fjt.screen_taps where user_id = fjt.who() and tap = said);
end $$;

revoke all on function fjt.take_tap(text), fjt.has_tap(text) from public;

grant execute on function fjt.take_tap(text), fjt.has_tap(text) to fjt_web;
