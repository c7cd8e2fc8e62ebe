-- The rights of each role in a town, as core/roles.py has them (a test compares). A policy cannot read Python.

create table fjt.role_rights (
    role text not null,
    allows text not null,
    handled_by text not null check (handled_by in ('alarm_centre', 'home_care')),
    primary key (role, allows, handled_by)
);

insert into fjt.role_rights (role, allows, handled_by)
select role, allows, handled_by from (values
    ('operator', 'watch'), ('operator', 'papers'), ('operator', 'raise'), ('operator', 'pause'), ('operator', 'stop'), ('operator', 'train'),
    ('supervisor', 'watch'), ('supervisor', 'papers'), ('supervisor', 'raise'), ('supervisor', 'pause'), ('supervisor', 'stop'), ('supervisor', 'protected'), ('supervisor', 'supervise'), ('supervisor', 'train'),
    ('lead', 'papers'), ('lead', 'raise'), ('lead', 'pause'), ('lead', 'stop'), ('lead', 'plan'), ('lead', 'protected'), ('lead', 'lead'), ('lead', 'drive'), ('lead', 'staff'), ('lead', 'report'), ('lead', 'group_sms'), ('lead', 'train'),
    ('carer', 'papers'), ('carer', 'drive'), ('carer', 'train'),
    ('case_officer', 'pause'), ('case_officer', 'stop'), ('case_officer', 'plan'), ('case_officer', 'decide'), ('case_officer', 'enrol'), ('case_officer', 'protected'), ('case_officer', 'bring_in'), ('case_officer', 'report'), ('case_officer', 'train'),
    ('coordinator', 'pause'), ('coordinator', 'stop'), ('coordinator', 'plan'), ('coordinator', 'arrange'), ('coordinator', 'enrol'), ('coordinator', 'protected'), ('coordinator', 'bring_in'), ('coordinator', 'hand_out'), ('coordinator', 'staff'), ('coordinator', 'report'), ('coordinator', 'group_sms'), ('coordinator', 'train'),
    ('installer', 'mount'),
    ('auditor', 'review'), ('auditor', 'hand_out'),
    ('admin', 'users'), ('admin', 'report'), ('admin', 'group_sms')
) as said (role, allows), unnest(array['alarm_centre', 'home_care']) as handled_by
union all
-- Where the home care answers itself, its carers and leads sit at the board.
values ('lead', 'watch', 'home_care'), ('carer', 'watch', 'home_care');

alter table fjt.role_rights enable row level security;

alter table fjt.role_rights force row level security;

create policy anybody on fjt.role_rights for select using (true);

grant select on fjt.role_rights to fjt_worker, fjt_web;

-- Replicas of the release before know six roles; fjt.session_of tells them of no other.
alter table fjt.memberships drop constraint memberships_roles_check;

alter table fjt.memberships add constraint memberships_roles_check check (roles <@
    '{operator,supervisor,lead,carer,case_officer,coordinator,installer,auditor,admin,planner,engineer}');
