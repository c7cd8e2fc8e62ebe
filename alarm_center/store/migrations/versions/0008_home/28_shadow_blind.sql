-- Looks that people judge without the detector's word (docs/adr/0063-looks-are-judged-blind.md).

-- The detector's word is hidden while the check waits for a person, and no longer. Loops write it; a replica of the release before
-- leaves it out, and shows the word.
alter table fjt.checks add column blind boolean not null default false;

-- Whether the person answered without the detector's word; null: before that was kept.
alter table fjt.compared_looks add column blind boolean;
