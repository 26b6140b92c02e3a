/** Forwardings of a line: one of each kind and callers. */
import type { Forwarding, Request } from '../generated/protocol';

type Step = Extract<Request, { type: 'set_forwarding' | 'cancel_forwarding' }>;

/** Takes one back. */
export function without(line: string, { kind, callers }: Forwarding): Step {
  return { type: 'cancel_forwarding', line, kind, callers };
}

/** Puts one in the place of another, or of none; the other goes last, so that nothing is lost by a refusal. */
export function changed(line: string, from: Forwarding | null, to: Forwarding): Step[] {
  const set: Step = { type: 'set_forwarding', line, forwarding: to };
  const stays = from === null || (from.kind === to.kind && from.callers === to.callers);
  return stays ? [set] : [set, without(line, from)];
}
