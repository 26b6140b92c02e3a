//! Line groups and lines as they are set, whether in the file or as objects of the site: one form and one check for both.

mod call_control;
mod line;
mod line_group;

pub(super) use self::call_control::is_number;
pub use self::call_control::{DeclineByClient, FUNCTIONS};
pub use self::line::{LineBody, LineRedirection};
pub(super) use self::line_group::{Beside, FileGroup, captured, choose_pilot};
pub use self::line_group::{CaptureWanted, LineGroupBody};
