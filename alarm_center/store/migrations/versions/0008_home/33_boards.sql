-- What the operators' board asks at each change.

-- Which homes should judge by themselves and cannot? (detectors.homes_without_judge) Most towns have none; without it each resident's
-- devices are looked through, and the town's beside them: with the square of its homes.
create index devices_without_judge on fjt.devices (org) where judge = 'home' and judge_ok is not true and link = 'up';
