-- Rights of the functions and columns of this revision. The old ones are taken in 0009, since replicas of the release before use them.

revoke all on function fjt.is_old_page(), fjt.is_page(), fjt.page_actor(), fjt.refuse_write(text), fjt.just_now(timestamptz), fjt.are_facts(jsonb),
    fjt.new_link_token(), fjt.events_of_page(), fjt.looks_of_page(), fjt.raisings_of_page(), fjt.reserve_lists_of_page(),
    fjt.incidents_of_page(), fjt.replies_of_page(), fjt.checks_of_page(), fjt.alarms_of_page(),
    fjt.messages_of_page(), fjt.notices_of_page() from public;

grant execute on function fjt.is_old_page(), fjt.is_page(), fjt.page_actor(), fjt.refuse_write(text), fjt.just_now(timestamptz) to fjt_web;

grant execute on function fjt.are_facts(jsonb), fjt.new_link_token() to fjt_web, fjt_worker;

-- The place of a line in the timeline is the database's to say.
revoke insert on fjt.events from fjt_web;

grant insert (at, org, kind, data, area_id, check_id, alarm_id, resident_id, device_id, session_id, actor) on fjt.events to fjt_web;

-- A page leaves these in place of a text.
grant insert (facts) on fjt.messages to fjt_web;
