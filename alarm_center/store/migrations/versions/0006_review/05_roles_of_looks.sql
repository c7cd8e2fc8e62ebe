-- The roles in which a person looks are those that they have, whatever a page says.

create function fjt.look_roles_of_page() returns trigger language plpgsql set search_path = fjt, pg_temp
as $$
begin
    if not fjt.is_old_page() then
        new.roles := fjt.my_roles(new.org);
    end if;
    return new;
end $$;

revoke all on function fjt.look_roles_of_page() from public;

create trigger page_writes_roles before insert on fjt.looks for each row when (session_user = 'fjt_web') execute function fjt.look_roles_of_page();
