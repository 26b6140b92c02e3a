/** The telephone itself: the call, or what is asked for it, or the dial pad; the other calls with it. */
import { useCallback, useEffect, useState } from 'react';
import type { Phone } from '../phone';
import { active, conversations, lineFor, partnerOf, waits } from '../protocol/select';
import type { PhoneState } from '../protocol/state';
import { CallPanel, DraftPanel } from './CallPanel';
import type { Sheet } from './callTools';
import { Dialer } from './Dialer';
import { OtherCalls } from './OtherCalls';
import type { Placing } from './placing';
import { ParkSheet, PickupSheet, TransferSheet } from './Sheets';

export interface PhoneCardProps {
  phone: Phone;
  state: PhoneState;
  /** Whether keys typed anywhere on the page are for this. */
  listening: boolean;
  /** The number called last. */
  last: string;
  line: string;
  onLine: (line: string) => void;
  placing: Placing;
}

export function PhoneCard({ phone, state, listening, last, line, onLine, placing }: PhoneCardProps) {
  /** What was asked for, and beside which call: another call takes its place. */
  const [sheet, setSheet] = useState<{ sheet: Sheet | 'pickup'; call: string; number: string } | null>(null);
  const all = conversations(state);
  const [shown] = all;
  const running = active(state);
  const shownId = shown?.[0].call.id ?? '';
  const open = sheet && sheet.call === shownId ? sheet.sheet : null;
  // It must not come back with the call beside which it was asked for.
  if (sheet && !open) setSheet(null);
  const close = useCallback(() => setSheet(null), []);
  const show = (wanted: Sheet | 'pickup', number = '') => setSheet({ sheet: wanted, call: shownId, number });
  const { wanting } = placing;
  useEffect(() => {
    if (wanting) show('dial');
  }, [wanting]);
  const lineOf = (id: string | undefined) => state.lines.find((one) => one.id === id);
  const rows = (others: typeof all) =>
    others.length > 0 ? <OtherCalls phone={phone} others={others} running={running} onBack={close} /> : null;

  if (state.draft) {
    return (
      <DraftPanel draft={state.draft} line={lineOf(state.draft.line)} onHangUp={() => phone.hangUpDraft()}>
        {rows(all)}
      </DraftPanel>
    );
  }
  const chosen = lineFor(state, line);
  if (open === 'pickup' && chosen) {
    const { lines, parked } = state;
    const number = sheet?.number ?? '';
    return <PickupSheet phone={phone} line={chosen} lines={lines} parked={parked} number={number} onClose={close} />;
  }
  if (!shown || open === 'dial') {
    return (
      <Dialer
        state={state}
        listening={listening}
        last={last}
        line={line}
        onLine={onLine}
        placing={placing}
        onPickUp={(number) => show('pickup', number)}
        onClose={shown ? close : null}
      >
        {rows(all)}
      </Dialer>
    );
  }
  const lineShown = lineOf(shown[0].call.line);
  const others = all.filter((one) => one !== shown);
  if (open === 'transfer') {
    const held = waits(shown[0]) ? [] : others;
    return (
      <TransferSheet
        phone={phone}
        conversation={shown}
        line={lineShown}
        choice={placing.choiceOf(lineShown)}
        held={held}
        onClose={close}
      />
    );
  }
  if (open === 'park') return <ParkSheet phone={phone} conversation={shown} line={lineShown} onClose={close} />;
  return (
    <CallPanel
      key={shownId}
      phone={phone}
      conversation={shown}
      partner={partnerOf(state, shown)}
      line={lineShown}
      listening={listening}
      onSheet={show}
    >
      {rows(others)}
    </CallPanel>
  );
}
