-- Lines that the functions of this revision write themselves, so that nothing of a sign-in or a membership changes without one.
-- They stand last: each policy locks the timeline until the revision has committed, and replicas are at work.

create policy sign_in on fjt.events for insert to fjt_owner with check (kind in ('second_factor_added', 'second_factor_removed',
    'second_factor_refused', 'second_factors_reset', 'recovery_codes_made', 'recovery_code_used'));

create policy people on fjt.events for insert to fjt_owner
    with check (kind in ('membership_invited', 'membership_accepted', 'membership_changed', 'membership_ended', 'invitation_ended'));

create policy sealed on fjt.events for insert to fjt_owner with check (kind in ('sealed_account_opened', 'sealed_account_tried'));
