-- An operator's phone is called, and connected with the resident's (docs/sms.md#a-call-to-a-resident).

-- The operator whose phone a call connects: their call in the case ends with it.
alter table fjt.messages add column connects_user uuid;

-- As it was, and beside it one message without a notice: the call that connects an operator who holds an open case of a resident. Its
-- phone is the operator's; the resident's is read by the worker when the operator has answered.
create or replace function fjt.messages_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
declare
    asked record;
    at timestamptz := clock.now();
begin
    if fjt.is_old_page() then
        return new;
    end if;
    new.connects_user := case when new.wording = 'voice_connect' then fjt.who() end;
    if new.wording = 'voice_connect' then
        select new.facts ->> 'phone' as phone, 'call' as channel, a.case_no, o.sending_number into asked
        from fjt.alarms a join fjt.organisations o using (org)
        where a.alarm_id = new.alarm_id and a.org = new.org and a.state <> 'closed' and a.resident_id is not null and a.holder = fjt.who();
        if not found or asked.phone is null or new.notice_id is not null or new.channel <> 'call' then
            perform fjt.refuse_write('a call to connect in a case that the person does not hold');
        end if;
        if (select count(*) from fjt.messages m where m.alarm_id = new.alarm_id and m.wording = 'voice_connect') >= 20 then
            perform fjt.refuse_write('a call more to connect in a case that has had so many');
        end if;
    else
        select n.phone, n.channel, a.case_no, o.sending_number into asked
        from fjt.notices n join fjt.alarms a using (alarm_id) join fjt.organisations o on o.org = n.org
        where n.notice_id = new.notice_id and n.alarm_id = new.alarm_id and n.org = new.org;
        if not found then
            perform fjt.refuse_write('a message to a phone that no notice asks');
        end if;
    end if;
    if not exists (select from fjt.wordings w where w.wording = new.wording) or new.facts is null
        or new.channel = 'call' and asked.channel <> 'call' or new.rank not between 1 and 5
    then
        perform fjt.refuse_write('a message to a phone that no notice asks, or in words that are none of ours');
    end if;
    if (new.facts ->> 'case_no')::int is distinct from asked.case_no and (new.facts ->> 'other_no')::int is distinct from asked.case_no
        or not exists (select from fjt.areas e where e.org = new.org and e.code = new.facts ->> 'area')
    then
        perform fjt.refuse_write('a message about another case');
    end if;
    if (select count(*) from fjt.messages m where m.notice_id = new.notice_id) >= 40 then
        perform fjt.refuse_write('a message more to a phone that has had so many of one notice');
    end if;
    new.phone := asked.phone;
    new.sender := asked.sending_number;
    new.body := '';
    new.token := '';
    new.worded := false;
    new.created_at := fjt.just_now(new.created_at);
    new.not_before := 'infinity';
    new.valid_until := least(new.valid_until, at + interval '24 hours');
    return new;
end $$;

-- As it was; the number of a call that connects is the operator's own, and is said in no text.
create or replace function fjt.number_of_colleague() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if new.wording <> 'voice_connect' and not exists (select from fjt.notices n where n.alarm_id = new.alarm_id and n.phone = new.facts ->> 'phone') then
        perform fjt.refuse_write('a message with a number that nobody of its case has');
    end if;
    return new;
end $$;
