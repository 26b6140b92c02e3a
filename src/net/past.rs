//! Numbers of calls on their way into the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use crate::numbers::past::PastNumber;

/// Numbers that wait to be kept; more are lost.
const BACKLOG: usize = 4_096;
/// Numbers that are kept in one go.
const AT_ONCE: usize = 512;

/// Takes numbers of calls. The usual one takes none.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    to: Option<(mpsc::Sender<PastNumber>, Arc<AtomicU64>)>,
}

impl Notes {
    /// Numbers go this way to who keeps them.
    pub fn channel() -> (Notes, Noted) {
        let (sender, numbers) = mpsc::channel(BACKLOG);
        let lost = Arc::new(AtomicU64::new(0));
        (Notes { to: Some((sender, lost.clone())) }, Noted { numbers, lost })
    }

    /// Notes a number. Never waits: where too many come at once, some are lost.
    pub fn note(&self, number: PastNumber) {
        let Some((sender, lost)) = self.to.as_ref().filter(|_| number.is_kept()) else { return };
        if sender.try_send(number).is_err() {
            lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What was noted.
#[derive(Debug)]
pub struct Noted {
    numbers: mpsc::Receiver<PastNumber>,
    lost: Arc<AtomicU64>,
}

impl Noted {
    /// The next numbers, a few at least and not too many at once. None once nobody notes any more.
    pub async fn next(&mut self) -> Option<Vec<PastNumber>> {
        let mut numbers = Vec::new();
        (self.numbers.recv_many(&mut numbers, AT_ONCE).await > 0).then_some(numbers)
    }

    /// How many were lost since this was asked last.
    pub fn lost(&self) -> u64 {
        self.lost.swap(0, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::NumberKind;

    fn number(at: u32) -> PastNumber {
        PastNumber { location: "a".into(), kind: NumberKind::Typed, text: format!("0{at}"), at: at.into() }
    }

    #[tokio::test]
    async fn noting_never_waits_and_what_is_lost_is_counted() {
        let (notes, mut noted) = Notes::channel();
        for at in 0..BACKLOG as u32 + 3 {
            notes.note(number(at));
        }
        assert_eq!((noted.lost(), noted.lost()), (3, 0));
        notes.note(PastNumber { text: String::new(), ..number(0) });
        assert_eq!(noted.lost(), 0, "what is no number is not missed");
        drop(notes);
        let mut kept = Vec::new();
        while let Some(numbers) = noted.next().await {
            assert!(numbers.len() <= AT_ONCE);
            kept.extend(numbers);
        }
        assert_eq!(kept.len(), BACKLOG);
        assert_eq!((kept[0].clone(), kept[BACKLOG - 1].clone()), (number(0), number(BACKLOG as u32 - 1)));
    }

    #[test]
    fn where_nobody_keeps_them_numbers_go_nowhere() {
        Notes::default().note(number(1));
    }
}
