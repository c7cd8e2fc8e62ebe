-- A phone that a patrol borrows for a night is a carer of its own until that night is over.

alter table fjt.carers
    -- the carer in whose place the phone is used; null: a carer as any other
    add column in_place_of uuid references fjt.carers;

grant insert (in_place_of), update (in_place_of) on fjt.carers to fjt_planner;
