-- One-time secrets are read and written by the functions of the sign-in alone. Release 0.2.0 imported with rights on the whole table.
do $$
declare
    c text;
begin
    revoke select, insert, update on fjt.users from fjt_worker;
    for c in select column_name from information_schema.columns
        where (table_schema, table_name) = ('fjt', 'users') and column_name not in ('totp_secret', 'totp_added_at') loop
        execute format('grant select (%I), insert (%I), update (%I) on fjt.users to fjt_worker', c, c, c);
    end loop;
end $$;
