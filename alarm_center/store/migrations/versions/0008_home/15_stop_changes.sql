-- A town's stop is a change of everybody there, and so of nobody alone: whoever sees some areas of the town reads it in each history.

alter policy own_town on fjt.changes
    using (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null or part = 'town_stop' and resident_id is null or exists (
        select from fjt.residents r where r.resident_id = changes.resident_id)))
    with check (org = any ((select fjt.orgs())::text[]) and ((select fjt.areas()) is null or part = 'town_stop' and resident_id is null or exists (
        select from fjt.residents r where r.resident_id = changes.resident_id)));
