-- A link in an SMS is one carer's, about one alarm. Of the areas that its policies give it (fjt.grants), it sees the rows about that
-- alarm's resident and about nobody: no other resident, no list of doors, no words of other phones. Its decision sees no more.
--
-- Each policy asks for the scope first, once a statement; a session asks no further. Other tables are seen through these rows.

create policy link_sees_one on fjt.residents as restrictive to fjt_web
    using ((select current_setting('fjt.scope', true)) is distinct from 'link' or resident_id = (select fjt.only_resident()));

create policy link_sees_one on fjt.alarms as restrictive to fjt_web
    using ((select current_setting('fjt.scope', true)) is distinct from 'link'
        or resident_id is null or resident_id = (select fjt.only_resident()));

create policy link_sees_one on fjt.events as restrictive to fjt_web
    using ((select current_setting('fjt.scope', true)) is distinct from 'link'
        or resident_id = (select fjt.only_resident())
        or resident_id is null and check_id is null and device_id is null
            and (alarm_id is null or exists (select from fjt.alarms a where a.alarm_id = events.alarm_id)));

create policy link_sees_one on fjt.discrepancies as restrictive to fjt_web
    using ((select current_setting('fjt.scope', true)) is distinct from 'link'
        or resident_id is null or resident_id = (select fjt.only_resident()));

create policy link_sees_one on fjt.replies as restrictive to fjt_web
    using ((select current_setting('fjt.scope', true)) is distinct from 'link'
        or exists (select from fjt.alarms a where a.alarm_id = replies.alarm_id));

create policy link_sees_none on fjt.reserve_lists as restrictive to fjt_web
    using ((select current_setting('fjt.scope', true)) is distinct from 'link');

revoke all on function fjt.only_resident() from public;

grant execute on function fjt.only_resident() to fjt_web;
