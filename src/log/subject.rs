//! What a thread is at work on: log lines of code that does not know it say it all the same.

use std::cell::Cell;

use crate::ids::{CallId, LineId, UserId};

/// Whom log lines are about that do not say so themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Subject {
    /// The call.
    pub call: Option<CallId>,
    /// The line.
    pub line: Option<LineId>,
    /// The user.
    pub user: Option<UserId>,
}

thread_local! {
    static SUBJECT: Cell<Subject> = const { Cell::new(Subject { call: None, line: None, user: None }) };
}

/// Until it goes, the thread's log lines are about something; then about what they were about before.
#[derive(Debug)]
#[must_use = "lines are about it only as long as this is there"]
pub struct AtWork {
    before: Subject,
}

impl Subject {
    /// A call alone.
    pub fn call(call: CallId) -> Subject {
        Subject { call: Some(call), ..Subject::default() }
    }

    /// Has the thread's log lines be about it.
    pub fn at_work(self) -> AtWork {
        AtWork { before: SUBJECT.replace(self) }
    }

    /// What the thread is at work on.
    pub(super) fn current() -> Subject {
        SUBJECT.get()
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        SUBJECT.set(self.before);
    }
}
