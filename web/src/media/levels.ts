/** How loud a stream is, for meters. */
import { audioContext } from './context';

export interface Meter {
  /** The present level, 0 (below -60 dBFS) to 1 (full scale). */
  read(): number;
  stop(): void;
}

export function meter(stream: MediaStream): Meter {
  const context = audioContext();
  const source = context.createMediaStreamSource(stream);
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return {
    read() {
      analyser.getFloatTimeDomainData(samples);
      return levelOf(samples);
    },
    stop() {
      source.disconnect();
    },
  };
}

/** Root mean square on a decibel scale, as ears judge it. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  if (rms <= 0.001) return 0;
  return Math.min(1, 1 + (20 * Math.log10(rms)) / 60);
}
