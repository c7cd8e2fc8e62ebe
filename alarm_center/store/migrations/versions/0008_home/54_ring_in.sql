-- How many wrong codes were given to a town's numbers lately? (store/ring_in.py)
create index replies_wrong_codes on fjt.replies (sender, received_at) where meaning in ('code_wrong', 'code_last_wrong');
