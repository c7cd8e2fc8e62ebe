-- When a reply was written that reached us late; null for one that came at once. (store/replies.py: newer_words)
alter table fjt.replies add column written_at timestamptz;
