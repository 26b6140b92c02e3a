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
}
