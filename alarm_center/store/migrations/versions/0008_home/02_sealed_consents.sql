-- The seal of a consent, with what this revision asks. What was sealed before stays as it was: a column that says nothing has no place in
-- the fact.

create or replace function fjt.fact_of(r fjt.consents) returns table (org text, key text, fact jsonb, words text) language sql stable
as $$
    select r.org, r.consent_id::text, jsonb_build_object(
        'resident_id', r.resident_id, 'who', r.who, 'state', r.state, 'camera', r.camera, 'sensors', r.sensors,
        'shown_to_people', r.shown_to_people, 'given_at', r.given_at at time zone 'UTC',
        'revoked_at', r.revoked_at at time zone 'UTC', 'revoked_instead', r.revoked_instead, 'recorded_by', r.recorded_by)
        || jsonb_strip_nulls(jsonb_build_object('automatic', nullif(r.automatic, 'carried_over'), 'given_how', r.given_how, 'language', nullif(r.language, ''),
            'second_talk_on', r.second_talk_on, 'capacity', r.capacity, 'legal_position', r.legal_position)),
        nullif(concat_ws(E'\n', nullif(r.basis, ''), nullif(r.present, ''), nullif(r.representative, '')), '')
$$;
