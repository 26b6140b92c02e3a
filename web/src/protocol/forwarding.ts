/** Taking back one forwarding: the protocol takes back all of a kind. */
import type { Forwarding, Line, Request } from '../generated/protocol';

type Step = Extract<Request, { type: 'set_forwarding' | 'cancel_forwarding' }>;

/** The requests after which only this one is gone: those of the same kind for other callers are set again. */
export function withoutForwarding(line: Line, gone: Forwarding): Step[] {
  const kept = line.forwardings.filter(({ kind, callers }) => kind === gone.kind && callers !== gone.callers);
  return [
    { type: 'cancel_forwarding', line: line.id, kind: gone.kind },
    ...kept.map((forwarding): Step => ({ type: 'set_forwarding', line: line.id, forwarding })),
  ];
}
