-- Where a device's sessions are judged: only findings that come from there are believed (docs/adr/0051). judge_ok is what the
-- device's newest status said of the judge beside it; null where it has none, or is of a release that does not say.
alter table fjt.devices add column judge text not null default 'centre' check (judge in ('centre', 'home')), add column judge_ok boolean;

-- A home that judges keeps its frames for a minute after this receipt, and is asked for them by it.
alter table fjt.receipts add column frames_wanted boolean not null default false;
