/** The one AudioContext of the page: for the ringer, the level meters and the test sound. */
let context: AudioContext | null = null;

/** The context; asleep until the person has touched the page, which browsers demand. */
export function audioContext(): AudioContext {
  context ??= new AudioContext();
  if (context.state === 'suspended') void context.resume().catch(() => undefined);
  return context;
}

/** Whether the browser keeps the page silent until it is clicked. */
export function isSilenced(): boolean {
  return navigator.userActivation ? !navigator.userActivation.hasBeenActive : false;
}
