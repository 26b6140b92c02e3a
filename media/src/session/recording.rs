//! Both sides of a session into a recorder, in step.

use std::time::{Duration, Instant};

use super::inbound::Converter;
use super::output::Queue;
use super::{Session, Side};
use crate::record::Recorder;

/// How much the recorder takes at a time.
const FRAME: Duration = Duration::from_millis(20);
/// A recording this late leaves time out instead of making up for it.
const MAX_BEHIND: Duration = Duration::from_secs(10);

/// A recording that runs.
pub(super) struct Recording {
    recorder: Recorder,
    /// What each far end said and is not recorded yet.
    said: [Option<Converter>; 2],
    frames: [Vec<i16>; 2],
    pub(super) next: Instant,
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording").field("recorder", &self.recorder).finish_non_exhaustive()
    }
}

impl Recording {
    fn new(recorder: Recorder, next: Instant) -> Self {
        let samples = (recorder.rate() as u128 * FRAME.as_millis() / 1_000) as usize;
        Self { recorder, said: [None, None], frames: [vec![0; samples], vec![0; samples]], next }
    }

    /// The rate that loses nothing, in Hz.
    pub(super) fn rate(&self) -> u32 {
        self.recorder.rate()
    }

    /// Takes what a far end said.
    pub(super) fn said(&mut self, side: Side, pcm: &[i16], rate: u32) {
        Converter::between(&mut self.said[side as usize], rate, self.recorder.rate()).push(pcm);
    }

    fn run(&mut self, queue: &mut Queue, now: Instant) {
        if now.saturating_duration_since(self.next) > MAX_BEHIND {
            self.next = now;
        }
        while self.next <= now {
            self.next += FRAME;
            for (frame, said) in self.frames.iter_mut().zip(&mut self.said) {
                match said {
                    Some(said) => said.pull(frame),
                    None => frame.fill(0),
                }
            }
            let [a, b] = &self.frames;
            self.recorder.push(a, b);
        }
        let recorder = &mut self.recorder;
        queue.recorded(|buffer| recorder.take(buffer));
    }

    fn finish(mut self, queue: &mut Queue) {
        let mut patch = None;
        queue.recorded(|buffer| patch = self.recorder.finish(buffer));
        queue.recording_done(patch);
    }
}

impl Session {
    /// Records what both far ends say from now on, until the recorder is taken away with `None` or replaced; legs may
    /// come and go meanwhile. What only a side hears, tones and clips, is not in it. The file comes as
    /// [`Output::Recorded`](super::Output::Recorded), its end as [`Output::RecordingDone`](super::Output::RecordingDone).
    pub fn set_recorder(&mut self, recorder: Option<Recorder>, now: Instant) {
        self.now = Some(now);
        if let Some(recording) = self.recording.take() {
            recording.finish(&mut self.queue);
        }
        if let Some(recorder) = recorder {
            let next = self.raster.at_or_after(now + FRAME);
            self.recording = Some(Box::new(Recording::new(recorder, next)));
        }
    }

    /// Whether a recorder is set.
    pub fn is_recording(&self) -> bool {
        self.recording.is_some()
    }

    /// Records what is due.
    pub(super) fn run_recording(&mut self, now: Instant) {
        let Self { recording, queue, .. } = self;
        if let Some(recording) = recording {
            recording.run(queue, now);
        }
    }
}
