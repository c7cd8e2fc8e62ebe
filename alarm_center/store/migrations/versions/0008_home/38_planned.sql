-- Which planned checks are with a device that is not their resident's? Without it each reconciliation read all that the town has ever had.
-- (store/reconciliation.py)
create index checks_planned on fjt.checks (org) where state = 'planned';
