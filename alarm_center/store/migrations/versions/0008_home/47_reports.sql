-- Which alarms and visits were opened in this night, or month? The morning report and the figures. (store/night_reports.py)
create index alarms_of_town on fjt.alarms (org, opened_at);
