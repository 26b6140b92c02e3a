//! Whole calls for every service, as files that read like a story: see `support::scenario` for what a line may say.

use crate::support::scenario::play;

macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            play(stringify!($name), include_str!(concat!("scenarios/", stringify!($name), ".call")));
        })*
    };
}

scenarios! {
    a_call_each_way,
    alternate,
    call_waiting,
    conference_of_four,
    conference_of_three,
    consult_and_reconnect,
    decline_as_the_client_wishes,
    decline_fixed,
    decline_hidden,
    decline_ringing,
    deflect,
    do_not_disturb,
    forward_busy,
    forward_by_302,
    forward_by_transfer,
    forward_by_transfer_to_nobody,
    forward_immediate,
    forward_no_answer,
    forward_signed_off,
    forward_to_who_is_busy,
    hold_and_retrieve,
    offers_refused,
    park,
    park_returns,
    pickup,
    pickup_by_code,
    redirected_by_the_pbx,
    redirections,
    reliable_progress,
    remote_office,
    settings_stay,
    signed_out_declined,
    signed_out_ringing,
    single_step_transfer,
    single_step_transfer_by_refer,
    switched_off,
    transfer_bridged,
    transfer_that_fails,
    transfer_while_ringing,
    transfer_with_replaces,
    transferred_by_the_telephone,
    voice_mailbox,
}
