-- Replies that never reached us: until when each number's were listed at its provider.

-- By the provider's clock, of real time. What was written since is asked for, however long ago that is. (sms/missed_replies.py)
create table fjt.reply_lists (
    provider text not null,
    number text not null,
    listed_at timestamptz not null,
    primary key (provider, number)
);

alter table fjt.reply_lists enable row level security;

alter table fjt.reply_lists force row level security;

create policy worker on fjt.reply_lists to fjt_worker using (true) with check (true);

grant select, insert, update on fjt.reply_lists to fjt_worker;
