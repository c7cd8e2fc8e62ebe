-- How whoever holds a case first sees its pictures: clear, or blurred until they ask for the clear ones with a reason. A
-- clear look that was asked for is a row of looks with its reason.
alter table fjt.organisations add column first_view text not null default 'clear' check (first_view in ('clear', 'blurred'));

alter table fjt.looks add constraint looks_reason_of_clear check (reason is null or clear);
