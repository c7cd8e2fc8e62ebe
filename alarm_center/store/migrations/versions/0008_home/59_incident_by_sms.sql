-- The incident that an SMS tells of: a lead answers it by that SMS (store/incidents.py). A release before leaves it out.
alter table fjt.messages add column incident_id uuid references fjt.incidents on delete set null;
