-- The messages: the notices that ask carers, the outbox, and the replies.

create table fjt.notices (
    notice_id uuid primary key,
    org text not null references fjt.organisations,
    alarm_id uuid not null references fjt.alarms,
    dispatch_id uuid not null,
    round int not null,
    step int not null,
    who text not null,
    shift_id uuid references fjt.shifts,
    phone text not null,
    patrol text not null,
    channel text not null check (channel in ('sms', 'call')),
    wording text not null,
    -- new for each notice; it is what is matched after a crash (docs/sms.md#the-way-out)
    token text not null unique check (length(token) between 6 and 24),
    asked_at timestamptz not null,
    state text not null check (state in ('asked', 'took', 'declined', 'stood_down', 'expired')),
    answered_at timestamptz,
    closed_at timestamptz,
    -- the browser that first showed the address through the link, by the mark of its cookie: the link is no other's
    browser text,
    opened_at timestamptz,
    check ((browser is null) = (opened_at is null))
);

-- Which case does a reply from this phone mean? (store/replies.py)
create index notices_of_phone on fjt.notices (phone, asked_at desc);

-- The notices of an alarm, with every load of it. (store/alarms.py)
create index notices_of_alarm on fjt.notices (alarm_id);

-- The order in which messages were wanted and replies came, which no moved clock changes. (store/replies.py)
create sequence fjt.arrivals;

-- The outbox: one SMS or call.
create table fjt.messages (
    message_id uuid primary key default gen_random_uuid(),
    org text not null references fjt.organisations,
    alarm_id uuid references fjt.alarms,
    notice_id uuid references fjt.notices,
    channel text not null check (channel in ('sms', 'call')),
    wording text not null,
    sender text not null,
    phone text not null,
    body text not null,
    -- what is looked for in the provider's list after a crash; in the body, and in no other message's
    token text not null,
    rank int not null default 5,
    state text not null default 'queued' check (state in ('queued', 'sending', 'sent', 'delivered', 'failed', 'unknown')),
    created_at timestamptz not null,
    not_before timestamptz not null,
    valid_until timestamptz not null,
    -- A claim: whoever has the token may send the message and write what came of it. The claim is free when its lease has
    -- lapsed, or at once when the session that kept it is gone (fjt.session_lives): a killed process takes its session along.
    attempt_token uuid,
    claimed_at timestamptz,
    lease_until timestamptz,
    kept_by_pid int,
    kept_by_since timestamptz,
    provider text,
    provider_id text,
    status_rank int not null default 0,
    error text,
    sent_at timestamptz,
    delivered_at timestamptz,
    sent_twice boolean not null default false,
    arrival bigint not null default nextval('fjt.arrivals')
);

-- Which message is to be sent next? The first SMS of an alarm goes before reminders. (store/messages.py)
create index messages_due on fjt.messages (rank, not_before) where state in ('queued', 'sending');

-- Which message does this status callback mean, and which of the provider's list are known? (store/messages.py)
create unique index messages_by_provider_id on fjt.messages (provider, provider_id) where provider_id is not null;

-- The messages of an alarm: its page's policy, and the dossier. (store/case_history.py)
create index messages_of_alarm on fjt.messages (alarm_id);

-- What was sent to this phone lately? (replies, answers to free text)
create index messages_to_phone on fjt.messages (phone, created_at);

-- How has this notice's SMS fared? (the case's page, undelivered)
create index messages_of_notice on fjt.messages (notice_id) where notice_id is not null;

-- The turn of a sending number: from when its next SMS may go, of real time. The statement that claims an SMS takes the turn
-- by moving it on, so a turn is a lease that nobody holds: a replica that dies with one has cost the others one turn.
create table fjt.sms_turns (
    sending_number text primary key,
    next_at timestamptz not null
);

-- Status callbacks that came before our own commit wait here.
create table fjt.parked_statuses (
    provider text not null,
    provider_id text not null,
    status text not null,
    status_rank int not null,
    error text,
    received_at timestamptz not null,
    primary key (provider, provider_id, status)
);

-- Replies, once each, whatever the provider repeats.
create table fjt.replies (
    provider text not null,
    provider_id text not null,
    org text references fjt.organisations,
    phone text not null,
    sender text not null,
    body text not null,
    received_at timestamptz not null,
    alarm_id uuid references fjt.alarms,
    notice_id uuid references fjt.notices,
    meaning text not null,
    seen_by text,
    seen_at timestamptz,
    -- what it answered to the muster
    holds_phone boolean,
    arrival bigint not null default nextval('fjt.arrivals'),
    primary key (provider, provider_id)
);

-- Has this phone said the same a few minutes ago? (store/replies.py)
create index replies_of_phone on fjt.replies (phone, arrival desc);

-- The replies of an alarm, unread ones too. (store/board.py, store/case_pages.py)
create index replies_of_alarm on fjt.replies (alarm_id, received_at);
