/** Ringing, made of tones so that no file must be loaded. */
import { audioContext } from './media/context';
import { playOnChosenSpeaker } from './media/devices';

/** How a call is announced: loud when idle, by a short knock in the headset during another call. */
export type Ring = 'ring' | 'knock';

const PERIOD_MS = 4000;

/** Rings until the returned function is called. */
export function startRinging(kind: Ring): () => void {
  const context = audioContext();
  const out = context.createGain();
  out.gain.value = kind === 'ring' ? 0.22 : 0.06;
  const close = kind === 'ring' ? plugIn(out, context.destination) : onChosenSpeaker(context, out);
  const once = () => {
    if (context.state !== 'running') return void context.resume().catch(() => undefined);
    const at = context.currentTime + 0.02;
    if (kind === 'knock') return chime(context, out, at, [880]);
    chime(context, out, at, [659.3, 830.6, 987.8]);
    chime(context, out, at + 0.9, [659.3, 830.6, 987.8]);
  };
  once();
  const timer = setInterval(once, PERIOD_MS);
  // The first ring is lost where the page was silent until now.
  const woken = () => {
    if (context.state === 'running') once();
  };
  context.addEventListener('statechange', woken);
  return () => {
    clearInterval(timer);
    context.removeEventListener('statechange', woken);
    const now = context.currentTime;
    out.gain.cancelScheduledValues(now);
    out.gain.setTargetAtTime(0, now, 0.03);
    setTimeout(close, 300);
  };
}

function plugIn(out: AudioNode, destination: AudioNode): () => void {
  out.connect(destination);
  return () => out.disconnect();
}

/** Where calls are heard, too. */
function onChosenSpeaker(context: AudioContext, out: AudioNode): () => void {
  const destination = context.createMediaStreamDestination();
  const unplug = plugIn(out, destination);
  const speaker = document.createElement('audio');
  speaker.srcObject = destination.stream;
  void playOnChosenSpeaker(speaker).then(() => speaker.play().catch(() => undefined));
  return () => {
    unplug();
    speaker.pause();
    speaker.srcObject = null;
  };
}

/** One soft chord on the chosen speaker. */
export async function playTestSound(): Promise<void> {
  const context = audioContext();
  await context.resume().catch(() => undefined);
  const out = context.createGain();
  out.gain.value = 0.22;
  const close = onChosenSpeaker(context, out);
  chime(context, out, context.currentTime + 0.15, [523.3, 659.3, 784]);
  await new Promise((resolve) => setTimeout(resolve, 1600));
  close();
}

/** Struck bars, one after another. */
function chime(context: AudioContext, out: AudioNode, at: number, frequencies: number[]): void {
  frequencies.forEach((frequency, index) => {
    const start = at + index * 0.14;
    for (const [partial, share] of [
      [1, 0.8],
      [2.76, 0.14],
    ] as const) {
      const tone = context.createOscillator();
      const envelope = context.createGain();
      tone.frequency.value = frequency * partial;
      envelope.gain.setValueAtTime(0, start);
      envelope.gain.linearRampToValueAtTime(share, start + 0.008);
      envelope.gain.exponentialRampToValueAtTime(0.0008, start + 0.7 / partial);
      tone.connect(envelope).connect(out);
      tone.start(start);
      tone.stop(start + 0.75);
    }
  });
}
