-- A phone that says no is not asked again in the round of its no, which may be later than the one that asked it: pages write it too.
grant update (round) on fjt.notices to fjt_web, fjt_planner;
