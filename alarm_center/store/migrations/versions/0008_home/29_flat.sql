-- Questions of the loops and the pages that years of history must not slow down (docs/database.md#what-grows).

-- Which checks wait for a person? (store/board.py)
create index checks_to_look on fjt.checks (org, next_step_at) where state = 'to_look';

-- Which words of carers has nobody read? (store/board.py)
create index replies_unread on fjt.replies (org, received_at) where seen_at is null;
