-- A file that ends its reader is given up after some tries, and its person is told.

alter table fjt.file_imports add column attempts int not null default 0;

alter table fjt.file_imports drop constraint file_imports_state_check;

alter table fjt.file_imports add constraint file_imports_state_check
    check (state in ('uploaded', 'refused', 'reviewed', 'confirmed', 'done', 'withdrawn', 'failed'));

alter table fjt.file_imports drop constraint file_imports_check;

alter table fjt.file_imports add constraint file_imports_check check (body is not null or state in ('refused', 'done', 'withdrawn', 'failed'));

grant update (attempts) on fjt.file_imports to fjt_worker;
