-- An incident that is not ticked in time is told on as one (docs/adr/0074-an-operator-holds-the-dispatch.md): the next step of
-- core/alarm/incident.py and its time, since when the board is red, and who at a board has seen it. A release before leaves them as
-- they are.
alter table fjt.incidents
    add column step int not null default 0,
    add column next_at timestamptz,
    add column red_at timestamptz,
    add column acknowledged_at timestamptz,
    add column acknowledged_by text;

-- The steps are the worker's. A page acknowledges, in its own name and now (fjt.incidents_of_page in 52_incident_ended).
grant update (acknowledged_at, acknowledged_by) on fjt.incidents to fjt_web;
