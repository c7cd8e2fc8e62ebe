-- The figures of a span of nights: the town's own numbers, and where its messages and STOPs of a span stand. (store/figures.py)

alter table fjt.organisations
    -- the town's own price list, in hundredths of its money; null: it has given none, and no cost is told
    add column sms_price int check (sms_price >= 0),
    add column call_price int check (call_price >= 0),
    -- kilometres of one visit that needs not be made, and when the town said so: 2026-09
    add column visit_km double precision check (visit_km > 0),
    add column visit_km_set text check (visit_km_set ~ '^20[0-9]{2}-(0[1-9]|1[0-2])$'),
    add check ((visit_km is null) = (visit_km_set is null));

-- Which messages did the town send in this span?
create index messages_of_town on fjt.messages (org, created_at);

-- How many phones wrote STOP in this span?
create index sms_stops_of_town on fjt.sms_stops (org, stopped_at);
