-- The link in an SMS comes before anybody has said which town: this finds the town, and only that. What the link then
-- shows is read under the town's own policy.
create policy link on fjt.notices for select to fjt_owner using (true);

create function fjt.org_of_link(asked text) returns text
language sql stable security definer set search_path = fjt, pg_temp
as $$ select org from fjt.notices where token = asked $$;

revoke all on function fjt.org_of_link(text) from public;

grant execute on function fjt.org_of_link(text) to fjt_web;
