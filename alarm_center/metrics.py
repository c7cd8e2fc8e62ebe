"""The centre's Prometheus metrics, as ``/metrics`` shows them; docs and dashboards use these names."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

REFUSED: Final = Counter("fjt_refused_total", "Messages that were not taken", ["kind", "refusal"])
CONNECTIONS_ENDED: Final = Counter("fjt_connections_ended_total", "Clients' connections that were ended", ["why"])
GIVEN_UP: Final = Counter("fjt_given_up_total", "Messages whose handling failed each time", ["kind"])
FINDINGS: Final = Counter("fjt_findings_total", "Findings committed", ["answer"])
DUPLICATES: Final = Counter("fjt_sessions_again_total", "Sessions that came again and got the same receipt")
STEPS: Final = Counter("fjt_steps_total", "Due checks and alarms that the clockwork stepped", ["of"])
STEP_FAILED: Final = Counter("fjt_step_failed_total", "Steps that raised and were put off", ["of"])
LATENESS: Final = Histogram(
    "fjt_step_late_seconds", "How long past its time a step was taken", buckets=(0.25, 0.5, 1, 2, 5, 15, 60, 600)
)
PUBLISHED: Final = Counter("fjt_published_total", "Configs, commands, receipts and pulses at the broker", ["kind"])
SMS: Final = Counter("fjt_messages_total", "SMS and calls by what became of them", ["state"])
SMS_SECONDS: Final = Histogram(
    "fjt_sms_seconds", "From the decision to the provider's yes", buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 120)
)
PROVIDER_AWAY: Final = Gauge(
    "fjt_provider_away", "1 while an SMS provider is passed over by towns that have another one", ["provider"]
)
REPLIES: Final = Counter("fjt_replies_total", "Replies by what they meant", ["meaning"])
BROKER: Final = Gauge("fjt_broker_connected", "1 while this replica has its broker")
DETECTORS: Final = Gauge("fjt_detectors_alive", "Detectors heard within the last minute")
PICTURE_BYTES: Final = Gauge("fjt_picture_bytes", "Bytes of pictures in this replica's memory")
WRITABLE: Final = Gauge("fjt_database_writable", "1 while the database takes what this replica writes")
URGENT_WAITS: Final = Gauge(
    "fjt_urgent_waits_seconds", "How long the oldest message of a priority 1 has waited to go out"
)
RED: Final = Gauge("fjt_red_alarms", "Open alarms whose every chain is exhausted")
MUST_NOT_EXIST: Final = Gauge(
    "fjt_must_not_exist",
    "Rows that must not exist: alarms, checks, messages and incidents that are long overdue, and red ones not acknowledged",
    ["of"],
)
SEALED: Final = Counter("fjt_events_sealed_total", "Lines of the timeline, and facts, that were sealed")
DOUBTED: Final = Counter("fjt_events_doubted_total", "Lines and facts that were not sealed as true")
UNHEALTHY: Final = Gauge("fjt_unhealthy", "1 for each reason why the heartbeat is not sent", ["why"])
HEARTBEATS: Final = Counter("fjt_heartbeats_total", "Heartbeats to the outside watch", ["result"])
JOB_FAILED: Final = Counter("fjt_job_failed_total", "Periodic jobs that raised", ["job"])
TOWN_FAILED: Final = Counter(
    "fjt_town_failed_total", "Towns in which a periodic job's work raised; it was done in the others", ["job", "town"]
)
JOB_SECONDS: Final = Gauge("fjt_job_seconds", "Seconds that a periodic job took last", ["job"])
OIDC_SIGN_INS: Final = Counter(
    "fjt_oidc_sign_ins_total", "Sign-ins by a provider, by what became of them", ["provider", "result"]
)
OIDC_LOGOUTS: Final = Counter(
    "fjt_oidc_logouts_total", "Sign-outs by a provider, by what became of them", ["provider", "result"]
)
SEALED_ACCOUNTS: Final = Counter(
    "fjt_sealed_accounts_total", "Uses of sealed accounts, by what became of them", ["result"]
)
SEALED_TRIALS_DUE: Final = Gauge(
    "fjt_sealed_trials_due", "Towns whose sealed accounts were not tried for 35 days, or are used up"
)
