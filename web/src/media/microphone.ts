/** Opening the microphone, and why it does not open. */
import type { CauseCode } from '../generated/protocol';
import { deviceChoice } from './devices';

/** Thrown by {@link openMicrophone}. */
export class MicrophoneError extends Error {
  constructor(readonly code: CauseCode) {
    super(code);
  }
}

/** The chosen microphone; the default one where that is gone. */
export async function openMicrophone(): Promise<MediaStream> {
  if (!window.isSecureContext || !navigator.mediaDevices) throw new MicrophoneError('insecure_page');
  const { microphone } = deviceChoice();
  const audio: MediaTrackConstraints = {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    ...(microphone ? { deviceId: { ideal: microphone } } : {}),
  };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    throw new MicrophoneError(codeOf(error));
  }
}

export function closeStream(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

function codeOf(error: unknown): CauseCode {
  const name = error instanceof DOMException ? error.name : '';
  return name === 'NotAllowedError' || name === 'SecurityError' ? 'microphone_denied' : 'microphone_missing';
}
