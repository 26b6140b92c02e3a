/** Which microphone and speaker to use; remembered in this browser. */

export interface DeviceChoice {
  /** Device id; empty for the system's default. */
  microphone: string;
  speaker: string;
}

/** The devices there are. Names are empty until the microphone was permitted once. */
export interface DeviceList {
  microphones: MediaDeviceInfo[];
  speakers: MediaDeviceInfo[];
}

const KEY = 'offhook.devices';
const listeners = new Set<() => void>();
let choice: DeviceChoice = read();

export function deviceChoice(): DeviceChoice {
  return choice;
}

export function chooseDevices(patch: Partial<DeviceChoice>): void {
  choice = { ...choice, ...patch };
  try {
    localStorage.setItem(KEY, JSON.stringify(choice));
  } catch {
    // Private windows may refuse storage; the choice then lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

export function onDeviceChoice(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export async function listDevices(): Promise<DeviceList> {
  const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  // The entry named "default" repeats another one; an empty choice stands for it.
  const real = all.filter(({ deviceId }) => deviceId !== '' && deviceId !== 'default' && deviceId !== 'communications');
  return {
    microphones: real.filter(({ kind }) => kind === 'audioinput'),
    speakers: real.filter(({ kind }) => kind === 'audiooutput'),
  };
}

/** Calls back whenever a device is plugged in or out. */
export function onDeviceChange(listener: () => void): () => void {
  const devices = navigator.mediaDevices;
  devices?.addEventListener('devicechange', listener);
  return () => devices?.removeEventListener('devicechange', listener);
}

/** Whether this browser lets a page choose the speaker. */
export function canChooseSpeaker(): boolean {
  return 'setSinkId' in HTMLMediaElement.prototype;
}

/** Sends an element's sound to the chosen speaker; to the default one where that is gone. */
export async function playOnChosenSpeaker(element: HTMLAudioElement): Promise<void> {
  if (!canChooseSpeaker()) return;
  await element.setSinkId(choice.speaker).catch(() => element.setSinkId('').catch(() => undefined));
}

function read(): DeviceChoice {
  const empty = { microphone: '', speaker: '' };
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof stored !== 'object' || stored === null) return empty;
    const { microphone, speaker } = stored as Record<string, unknown>;
    return {
      microphone: typeof microphone === 'string' ? microphone : '',
      speaker: typeof speaker === 'string' ? speaker : '',
    };
  } catch {
    return empty;
  }
}
