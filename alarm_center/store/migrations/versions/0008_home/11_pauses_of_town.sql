-- A town's pauses that are not over, or end on a day: not the thousands of the years behind.
-- (store/resident_list.py, store/pause_questions.py)
create index pauses_of_town on fjt.pauses (org, to_at);
