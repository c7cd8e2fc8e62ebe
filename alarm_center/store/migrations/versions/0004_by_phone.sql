-- What was sent to this phone lately? (replies, answers to free text)
create index messages_to_phone on fjt.messages (phone, created_at);

-- How has this notice's SMS fared? (the case's page, undelivered)
create index messages_of_notice on fjt.messages (notice_id) where notice_id is not null;
