"""The functions of the database that each role may call, and what comes of them with ids of another town.

A function that is granted and not named here fails `tests/integration/test_injected_sql.py`: it is one more way in.
"""

from typing import Final

from tests.support.injected_sql import Attacker, InjectedStatement, nothing, refused, succeeds

_PURE: Final = frozenset({"clock.now", "fjt.are_facts", "fjt.is_held", "fjt.is_old_page", "fjt.is_page", "fjt.just_now", "fjt.name_order", "fjt.new_link_token",
    "fjt.number_order", "fjt.refuse_write", "fjt.search_form"})  # fmt: skip
"""They read no row, and answer by their arguments and the clock."""

_CARRIED: Final = frozenset({"fjt.agreements_kept", "fjt.areas", "fjt.asked_of_me", "fjt.carers_of_mine", "fjt.cases_of_phone", "fjt.centre_colleagues", "fjt.case_of", "fjt.cover", "fjt.end_my_session", "fjt.at_the_board",
    "fjt.end_my_sessions", "fjt.factor_is_fresh", "fjt.handed_over", "fjt.have_i_password", "fjt.link", "fjt.mounting_jobs", "fjt.my_sessions", "fjt.next_visit_of_shift",
    "fjt.only_resident", "fjt.orgs", "fjt.page_actor", "fjt.performers", "fjt.session_provider", "fjt.signed_in_at", "fjt.touch_session", "fjt.towns_to_review", "fjt.who"})  # fmt: skip
"""They take no argument: the carried token alone says of whom they tell."""

_TEST_CLOCK: Final = frozenset({"clock.freeze", "clock.move"})
"""A real database has none of them (`test_no_clock_of_a_real_database_is_moved`)."""

PAGES: Final[dict[str, InjectedStatement]] = {
    "fjt.accept_agreement": nothing("select 1 where accept_agreement(gen_random_uuid(), 'x')"),
    "fjt.agrees_to_machine": nothing("select 1 where agrees_to_machine('{other_resident}', '{{yes,carried_over}}')"),
    "fjt.answer_invitation": nothing("select 1 where answer_invitation('x', true) <> 'gone'"),
    "fjt.at_home": nothing("select 1 where cardinality(at_home('{other_resident}')) > 1"),
    "fjt.asked_for_real": nothing("select 1 from notices where asked_for_real(phone) and org = '{other}'"),
    "fjt.ask_mounted": refused("select ask_mounted(gen_random_uuid(), 'live', 5)"),
    "fjt.begin_mounting": nothing("select 1 where begin_mounting('{other_mounting}')"),
    "fjt.bed_of": nothing("select 1 where cardinality(bed_of('{other_resident}')) > 1"),
    "fjt.busy": nothing("select * from busy('{other}', null)"),
    "fjt.link_of_other": nothing("select 1 from generate_series(1, 9999) no where link_of_other(no) is not null"),
    "fjt.link_of_mine": nothing("select 1 from notices where link_of_mine(notice_id) is not null"),
    "fjt.answer_my_muster": nothing("select 1 from shifts where answer_my_muster(shift_id, true)"),
    "fjt.has_tap": nothing("select 1 where has_tap(repeat('0', 32))"),
    "fjt.take_tap": nothing("select 1 where not take_tap(repeat('0', 32))"),
    "fjt.say_who": nothing("select 1 where say_who(array['12345'], null)"),
    "fjt.busy_shifts": nothing("select * from busy_shifts('{other}', null)"),
    "fjt.change_invitation": nothing(
        "select 1 where change_invitation('{other_invitation}', 1, '{{admin}}', null, null, null, 'x', 'x') <> 'gone'"
    ),
    "fjt.change_membership": refused(
        "select change_membership('{other}', '{other_user}', 1, '{{admin}}', null, null, null, 'x')"
    ),
    "fjt.claim_device": nothing("select org from claim_device(sha256('x'), 'x')"),
    "fjt.draw_mounted_bed": refused("select draw_mounted_bed('{other_mounting}', '[]')"),
    "fjt.end_mounted_look": nothing(
        "select 1 where end_mounted_look('{other_mounting}') is null and exists (select from looks where ended_at > clock.now())"
    ),
    "fjt.end_agreement": nothing("select 1 where end_agreement(gen_random_uuid(), 'x')"),
    "fjt.enter": nothing("select enter('{other_hash}', 'watch')", "select * from residents"),
    "fjt.gate": nothing("select * from gate('{other_resident}', current_date)"),
    "fjt.gates": nothing("select * from gates(array['{other_resident}']::uuid[], current_date, current_date + 2)"),
    "fjt.hold_consents": succeeds(
        "consents held for the length of a transaction",
        "those of the person's own towns (`test_consents_of_another_town_are_not_held`), for 10 s at most",
        "select hold_consents('{own_resident}')",
    ),
    "fjt.is_code_typed": nothing("select 1 where is_code_typed(sha256('x'))"),
    "fjt.is_closed_to_me": nothing("select 1 where is_closed_to_me('{{x}}')"),
    "fjt.invitation": nothing("select * from invitation('x')"),
    "fjt.invite": refused("select invite('{other}', 'x', 'x', '{{admin}}', null, null, null, 'x', 'x')"),
    "fjt.is_of_own_performer": nothing("select 1 where is_of_own_performer('{other_resident}')"),
    "fjt.is_agreed": nothing("select 1 where is_agreed('{other_resident}', 'camera', false)"),
    "fjt.judge_look": refused("select judge_look('{other}', gen_random_uuid(), 1, 'yes', null)"),
    "fjt.lock_open_case": nothing("select alarm_id from lock_open_case('{other_resident}')"),
    "fjt.look_log": refused(
        "select * from look_log('{other}', 'auditor', null, null, '-infinity', 'infinity', null, false, null, null, 10)"
    ),
    "fjt.look_log_readings": refused("select * from look_log_readings('{other}', null, null, 10)"),
    "fjt.look_tallies": refused("select * from look_tallies('{other}', '-infinity', 'infinity', '1 minute', 1, 2)"),
    "fjt.looks_at_resident": refused("select * from looks_at_resident('{other_resident}', '-infinity', 'infinity')"),
    "fjt.is_seen_in_dark": nothing("select 1 where not is_seen_in_dark('{other_resident}')"),
    "fjt.may_answer_alone": nothing("select 1 where may_answer_alone('{other_resident}')"),
    "fjt.knows_room": nothing("select 1 where not knows_room('{other_resident}')"),
    "fjt.may_look": nothing("select 1 where may_look('{other_resident}', 'camera', false)"),
    "fjt.shown_resident": nothing("select 1 where shown_resident('{other_resident}', 'x') <> 'x'"),
    "fjt.names_resident": nothing(
        "select 1 where names_resident('{other}', (select array_agg(lower(part)) from regexp_split_to_table('Namn Namnsson', ' ') part))"
    ),
    "fjt.note_door_code": nothing("select 1 where note_door_code('{other_resident}')"),
    "fjt.mounted_look": nothing("select 1 where mounted_look(gen_random_uuid()) is not null"),
    "fjt.mountings_held": nothing("select mounting_id from mountings_held() where mounting_id = '{other_mounting}'"),
    "fjt.mounting_page": nothing("select mounting_id from mounting_page('{other_mounting}')"),
    "fjt.move_mounting": refused("select move_mounting('{other_mounting}', 'code', '{{}}')"),
    "fjt.name_mounted_piece": refused("select name_mounted_piece('{other_mounting}', 'x')"),
    "fjt.offer_code": refused("select offer_code('{other_mounting}', sha256('x'))"),
    "fjt.release_wrong_camera": refused("select release_wrong_camera('{other_mounting}')"),
    "fjt.stop_mounting": nothing("select 1 where stop_mounting('{other_mounting}', 'said_no')"),
    "fjt.my_roles": nothing("select 1 where my_roles('{other}') is not null"),
    "fjt.next_case_no": refused("select next_case_no('{other_number}', now())"),
    "fjt.offer_agreement": refused("select offer_agreement('{other}', 'x', '2026-01-01', null, null, 'x')"),
    "fjt.open_cases_of_phone": nothing("select * from open_cases_of_phone('{other}', '{other_phone}')"),
    "fjt.people": nothing("select * from people('{other}')"),
    "fjt.deputies_of": nothing("select * from deputies_of('{other}')"),
    "fjt.let_stand_in": nothing(
        "select 1 where let_stand_in('{other}', '{other_user}', '{other_user}', now(), now() + interval '1 day', 'x') <> 'gone'"
    ),
    "fjt.end_deputy": nothing("select 1 where end_deputy('{other_deputy}', 'x') <> 'gone'"),
    "fjt.patrols_ahead": nothing("select * from patrols_ahead('{other}', 'infinity')"),
    "fjt.places_left": nothing("select 1 where places_left('{other_incident}') > 0"),
    "fjt.reset_factors": nothing("select 1 where reset_factors('{other_user}', 'x')"),
    "fjt.reserve_list_body": nothing("select 1 where reserve_list_body('{other_area}', '2026-11-22') is not null"),
    "fjt.resident_to_list": nothing("select * from resident_to_list('{other_resident}')"),
    "fjt.residents_to_list": refused("select * from residents_to_list('{other}', '', 10)"),
    "fjt.review_look": refused("select review_look('{other}', gen_random_uuid(), 'x')"),
    "fjt.sample_looks": refused("select * from sample_looks('{other}', gen_random_uuid())"),
    "fjt.samples_of": refused("select * from samples_of('{other}')"),
    "fjt.sees_protected": nothing("select 1 where sees_protected('{other}')"),
    "fjt.session_of_token": nothing("select * from session_of_token('{other_hash}')"),
    "fjt.sign_sample": refused("select sign_sample('{other}', gen_random_uuid())"),
    "fjt.somebody_signed_in": nothing("select 1 where somebody_signed_in('{other}', clock.now())"),
    "fjt.town_ahead": nothing("select * from town_ahead('{other}', 'infinity')"),
    "fjt.taken_by": nothing("select * from taken_by('{other_phone}', gen_random_uuid())"),
    "fjt.withdraw_invitation": nothing("select 1 where withdraw_invitation('{other_invitation}', 1, 'x') <> 'gone'"),
    "fjt.limited_to_area": nothing("select * from limited_to_area('{other_area}')"),
}
"""By name, of a page: tried as an operator's of one town, with another town's ids."""

_VOUCHED: Final = (
    "what a provider has vouched for, or the sign-in's own question has shown",
    "the part that verifies is believed about who somebody is (`alarm_center/identity`); it reads no row of a resident",
)

SIGN_IN: Final[dict[str, InjectedStatement]] = {
    "fjt.begin_oidc": succeeds(*_VOUCHED, "select begin_oidc('s', 'b', 'p', '/')"),
    "fjt.end_provider_sessions": succeeds(
        *_VOUCHED, "select end_provider_sessions('https://x', 'x', sha256('x'), null)"
    ),
    "fjt.begin_session": refused("select begin_session('x', gen_random_uuid(), now(), now(), 'x')"),
    "fjt.change_password": refused("select change_password(gen_random_uuid(), 'x', 'x', 'x', 'x')"),
    "fjt.open_session": refused(
        "select open_session('x', gen_random_uuid(), now(), now(), 'x', false, null, null, 'x')"
    ),
    "fjt.try_sign_in": succeeds(
        "the password hash of a login that is known",
        "it is what the sign-in compares with, within the limits of tries; no page may ask for it",
        "select * from try_sign_in('u-{other}', '127.0.0.1', null)",
    ),
    "fjt.make_identity": succeeds(*_VOUCHED, "select make_identity('https://x', sha256('x'), 'X')"),
    "fjt.join_as_new": nothing("select 1 from join_as_new('x', 'X', 'x') where answer <> 'gone'"),
    "fjt.passkey": nothing("select * from passkey('x')"),
    "fjt.take_oidc": nothing("select * from take_oidc('x', 'x')"),
    "fjt.offered": nothing("select * from offered('x')"),
    "fjt.desk_people": nothing("select * from desk_people('x')"),
    "fjt.try_pin": nothing("select * from try_pin('x', 'x', '{other_user}')"),
    "fjt.my_passkeys": nothing("select * from my_passkeys()"),
}
"""By name, of the sign-in: tried with nothing carried."""

_SIGN_IN_CARRIED: Final = frozenset({"fjt.add_passkey", "fjt.begin_oidc_session", "fjt.begin_pending", "fjt.clear_tries", "fjt.confirm_secret",
    "fjt.end_claimed_memberships", "fjt.enter", "fjt.finish_pending", "fjt.join_desk", "fjt.keep_claimed_membership", "fjt.keep_pin",
    "fjt.keep_recovery_codes", "fjt.make_challenge", "fjt.my_factors", "fjt.offer_assignment", "fjt.offer_secret", "fjt.offered_secret",
    "fjt.open_sealed", "fjt.prove_identity", "fjt.remove_factor", "fjt.sign_in_by_passkey", "fjt.sign_in_has_factor",
    "fjt.take_challenge", "fjt.try_code", "fjt.uncover", "fjt.use_code", "fjt.use_passkey", "fjt.use_recovery_code", "fjt.withdraw_try"})  # fmt: skip
"""Each goes on with a sign-in under way, by its proof or its token, or with what a provider has vouched for."""

_PLANNER: Final = frozenset({"fjt.names_resident", "fjt.agrees_to_machine", "fjt.areas", "fjt.at_home", "fjt.bed_of", "fjt.busy", "fjt.busy_shifts", "fjt.case_of", "fjt.centre_colleagues", "fjt.device_is_taken", "fjt.edits_papers", "fjt.next_resident_number", "fjt.reference_is_taken", "fjt.enter", "fjt.gate", "fjt.gates", "fjt.hold_consents", "fjt.is_agreed", "fjt.is_seen_in_dark", "fjt.is_closed_to_me", "fjt.is_of_own_performer", "fjt.link",
    "fjt.knows_room", "fjt.end_carer_sign_in", "fjt.end_mounting", "fjt.limited_to_area", "fjt.lock_open_case", "fjt.lose_phone", "fjt.merge_area", "fjt.move_notices", "fjt.may_answer_alone", "fjt.may_look", "fjt.handed_over", "fjt.next_case_no", "fjt.only_resident", "fjt.open_cases_of_phone", "fjt.orgs", "fjt.page_actor", "fjt.patrols_ahead", "fjt.performers", "fjt.places_left", "fjt.sees_protected", "fjt.somebody_signed_in",
    "fjt.taken_by", "fjt.town_ahead", "fjt.who"})  # fmt: skip
"""Those of the other pages that a pause or a withdrawal uses: tried with the planner's own statements."""

NAMED: Final = {
    Attacker.SESSION: _PURE | _CARRIED | _TEST_CLOCK | PAGES.keys(),
    Attacker.PLANNER: _PURE | _PLANNER,
    Attacker.SIGN_IN: frozenset({"clock.now"}) | _SIGN_IN_CARRIED | SIGN_IN.keys(),
}
"""The functions that the pages and the sign-in may call. The worker sees every town, and its functions are no way past that."""
