-- Rights of the new functions. fjt_sign_in verifies passwords and codes, and has no right on any table.

revoke all on function fjt.who(), fjt.link(), fjt.grants(), fjt.granted(), fjt.own_areas(), fjt.performers(), fjt.carry_mark(text), fjt.carried(), fjt.enter(text, text),
    fjt.touch_session() from public;

grant execute on function fjt.enter(text, text), fjt.performers(), fjt.who(), fjt.link(), fjt.touch_session() to fjt_web;

grant execute on function fjt.enter(text, text), fjt.who() to fjt_worker;

grant usage on schema fjt, clock to fjt_sign_in;

grant execute on function clock.now() to fjt_sign_in;

grant execute on function fjt.enter(text, text), fjt.login(text), fjt.begin_session(bytea, uuid, timestamptz, timestamptz, text) to fjt_sign_in;


-- The clock of a database made for tests reads its shift as whoever asks.
do $$
begin
    if to_regclass('clock.shift') is not null then
        execute 'grant select on clock.shift to fjt_sign_in';
    end if;
end $$;
