/** The signed-in app: phone on one side, what belongs to it on the other. */
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import type { CauseCode, DeclineReason } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { forgetChoices, type ChosenFields } from '../dialling';
import type { Phone } from '../phone';
import { Refusal, users } from '../protocol/http';
import { usePresetting } from '../presetting';
import { active, elsewhere, has, here, inCall, offers, ringing } from '../protocol/select';
import type { Ended } from '../protocol/state';
import { Announcer } from './Announcer';
import { useLeaveWarning, useNotification, useRinging, useTitleFlash } from './attention';
import { AudioCard, KeyboardCard } from './AudioCard';
import { Banners } from './Banners';
import { EndedCalls } from './EndedCalls';
import { whoIs } from './format';
import { Header } from './Header';
import { IncomingCalls } from './IncomingCalls';
import { Asking } from './preview';
import { forgetNumber, lastNumber, rememberNumber } from './lastNumber';
import { Lines, OtherDevices } from './Lines';
import { LinkedNumber } from './LinkedNumber';
import { useLinkedNumber } from './links';
import { MonitoredLines } from './MonitoredLines';
import { ParkedCalls } from './ParkedCalls';
import { PhoneCard } from './PhoneCard';
import { usePlacing } from './placing';
import { Colleagues } from './Portrait';
import { SettingsDialog, type SettingsTab } from './SettingsDialog';
import { SignOutDialog } from './SignOutDialog';
import classes from './Softphone.module.css';

export interface SoftphoneProps {
  phone: Phone;
  onSignedOut: (reason: CauseCode | null) => void;
}

export function Softphone({ phone, onSignedOut }: SoftphoneProps) {
  const { texts } = useTranslation();
  const state = useSyncExternalStore(phone.subscribe, phone.snapshot);
  const [settings, setSettings] = useState<SettingsTab | null>(null);
  const [leaving, setLeaving] = useState(false);
  const [failure, setFailure] = useState<CauseCode | null>(null);
  const [line, setLine] = useState('');
  const [last, setLast] = useState(() => lastNumber(state.user.name));
  const linked = useLinkedNumber(state.user.name);

  const talking = active(state);
  const incoming = ringing(state);
  const busy = inCall(state);
  const caller = incoming[0] ? texts.incoming.flash(whoIs(incoming[0].call, texts.call.unknown)) : null;
  const dialog = settings !== null || leaving || incoming.length > 0 || linked.number !== null;
  const [current] = talking ?? here(state);
  const input = current ? phone.input(current.call.id) : null;
  const held = talking && offers(talking, 'hold_call') ? talking[0].call : null;

  useRinging(incoming.length === 0 ? null : busy ? 'knock' : 'ring');
  useNotification(caller ?? (linked.number && texts.linked.flash(linked.number)));
  useTitleFlash(caller ?? (linked.number && texts.linked.flash(linked.number)));
  useLeaveWarning(busy);

  // What an administrator has preset counts while its user is signed in.
  usePresetting(state.account);

  useEffect(() => {
    if (state.link === 'signed_out') onSignedOut('not_signed_in');
  }, [state.link, onSignedOut]);

  // A ringing phone is more urgent than any setting.
  const rings = incoming.length > 0;
  useEffect(() => {
    if (rings) setSettings(null);
  }, [rings]);

  const call = (from: string, number: string, chosen?: ChosenFields) => {
    setLast(number);
    rememberNumber(state.user.name, number);
    void phone.dial(from, number, chosen);
  };
  const placing = usePlacing(state.user.name, phone.preview, call);
  const again = (ended: Ended) => {
    const from = state.lines.find(({ id }) => id === ended.line) ?? state.lines[0];
    if (from) void placing.place(from, ended.number);
  };
  const answer = useCallback((id: string) => void phone.answer(id), [phone]);
  const decline = useCallback((id: string, why: DeclineReason) => void phone.decline(id, why), [phone]);

  const leave = async () => {
    setLeaving(false);
    try {
      await users.signOut();
      forgetNumber();
      forgetChoices();
      phone.stop();
      onSignedOut(null);
    } catch (error) {
      setFailure(error instanceof Refusal ? error.code : 'internal');
    }
  };

  return (
    <Asking value={phone.preview}>
      <Colleagues value={state.monitored}>
        {/* While it rings and nothing else goes on, only the ringing call can be acted on. */}
        <div inert={rings && !busy}>
          <Header
            phone={phone}
            state={state}
            onFailure={({ code }) => setFailure(code)}
            onSettings={() => setSettings('lines')}
            onSignOut={() => (busy ? setLeaving(true) : void leave())}
          />
          <Banners
            link={state.link}
            inCall={busy}
            handedOver={linked.handedOver}
            onHandedOver={linked.dismiss}
            failure={failure}
            onDismiss={() => setFailure(null)}
          />
          <main className={classes.main}>
            <div className={classes.news}>
              <EndedCalls ended={state.ended} onAgain={again} onDismiss={(id) => phone.dismiss(id)} />
              <ParkedCalls
                phone={phone}
                state={state}
                onTake={answer}
                onPickUp={(from, at) => void phone.pickUp(from, at)}
              />
              <OtherDevices phone={phone} calls={elsewhere(state)} />
            </div>
            <div className={`card ${classes.phone}`}>
              <PhoneCard
                phone={phone}
                state={state}
                listening={!dialog || (busy && settings === null && !leaving && linked.number === null)}
                last={last}
                line={line}
                onLine={setLine}
                placing={placing}
              />
            </div>
            <div className={classes.side}>
              <Lines
                lines={state.lines}
                loading={state.link !== 'online'}
                onSettings={(id) => {
                  setLine(id);
                  setSettings('lines');
                }}
              />
              <MonitoredLines
                phone={phone}
                monitored={state.monitored}
                rings={rings}
                lines={state.lines}
                disabled={state.link !== 'online' || state.draft !== null}
                onPickUp={(from, at) => void phone.pickUp(from, at)}
              />
              <AudioCard onChange={() => setSettings('audio')} />
              <KeyboardCard inCall={busy} />
            </div>
          </main>
        </div>
        <Announcer state={state} />
        <IncomingCalls
          calls={incoming}
          lines={state.lines}
          inCall={busy}
          talkingTo={held && whoIs(held, texts.call.unknown)}
          onAnswer={answer}
          onDecline={decline}
          onDeflect={(id, number) => void phone.deflect(id, number)}
        />
        <SettingsDialog
          phone={phone}
          lines={state.lines}
          tab={settings}
          onTab={setSettings}
          line={line}
          onLine={setLine}
          input={input}
          name={state.user.display_name || state.user.name}
          controls={has(state.account, 'control_lines')}
          picture={state.account?.picture ?? null}
          configures={has(state.account, 'configure_account')}
          login={state.user.name}
          onClose={() => setSettings(null)}
        />
        <LinkedNumber
          state={state}
          number={rings ? null : linked.number}
          line={line}
          onLine={setLine}
          placing={placing}
          onClose={linked.forget}
        />
        <SignOutDialog opened={leaving} onClose={() => setLeaving(false)} onConfirm={() => void leave()} />
      </Colleagues>
    </Asking>
  );
}
