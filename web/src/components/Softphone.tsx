/** The signed-in app: phone on one side, what belongs to it on the other. */
import { Button, Group, Modal, Text } from '@mantine/core';
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import type { CauseCode, DeclineReason } from '../generated/protocol';
import { useTranslation } from '../i18n';
import type { Phone } from '../phone';
import { Refusal, users } from '../protocol/http';
import { elsewhere, here, inCall, ringing, type Ended } from '../protocol/store';
import { useLeaveWarning, useNotification, useRinging, useTitleFlash } from './attention';
import { AudioCard, KeyboardCard } from './AudioCard';
import { CallPanel, DraftPanel } from './CallPanel';
import { Dialer } from './Dialer';
import { EndedCalls } from './EndedCalls';
import { whoIs } from './format';
import { Header } from './Header';
import { IncomingCalls } from './IncomingCalls';
import { Lines, OtherDevices } from './Lines';
import { SettingsDialog } from './SettingsDialog';
import classes from './Softphone.module.css';

export interface SoftphoneProps {
  phone: Phone;
  onSignedOut: (reason: CauseCode | null) => void;
}

export function Softphone({ phone, onSignedOut }: SoftphoneProps) {
  const { texts, sentence } = useTranslation();
  const state = useSyncExternalStore(phone.subscribe, phone.snapshot);
  const [settings, setSettings] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const [failure, setFailure] = useState<CauseCode | null>(null);
  const [line, setLine] = useState('');
  const [last, setLast] = useState('');

  const [current, ...others] = here(state);
  const incoming = ringing(state);
  const busy = inCall(state);
  const caller = incoming[0] ? texts.incoming.flash(whoIs(incoming[0].call, texts.call.unknown)) : null;
  const dialog = settings || leaving || incoming.length > 0;
  const input = current ? phone.input(current.call.id) : null;

  useRinging(incoming.length === 0 ? null : busy ? 'knock' : 'ring');
  useTitleFlash(caller);
  useNotification(caller);
  useLeaveWarning(busy);

  useEffect(() => {
    if (state.link === 'signed_out') onSignedOut('not_signed_in');
  }, [state.link, onSignedOut]);

  // A ringing phone is more urgent than any setting.
  const rings = incoming.length > 0;
  useEffect(() => {
    if (rings) setSettings(false);
  }, [rings]);

  const call = (from: string, number: string) => {
    setLast(number);
    void phone.dial(from, number);
  };
  const again = (ended: Ended) => {
    const from = state.lines.find(({ id }) => id === ended.line) ?? state.lines[0];
    if (from) call(from.id, ended.number);
  };
  const answer = useCallback((id: string) => void phone.answer(id), [phone]);
  const decline = useCallback((id: string, why: DeclineReason) => void phone.decline(id, why), [phone]);
  const currentId = current?.call.id;
  const digit = useCallback(
    (key: string) => {
      if (currentId) phone.sendDigit(currentId, key);
    },
    [phone, currentId],
  );

  const leave = async () => {
    setLeaving(false);
    try {
      await users.signOut();
      phone.stop();
      onSignedOut(null);
    } catch (error) {
      setFailure(error instanceof Refusal ? error.code : 'internal');
    }
  };

  return (
    <>
      {/* While it rings and nothing else goes on, only the ringing call can be acted on. */}
      <div inert={rings && !busy}>
        <Header
          state={state}
          onSettings={() => setSettings(true)}
          onSignOut={() => (busy ? setLeaving(true) : void leave())}
        />
        <div className={classes.banners}>
          {state.link === 'reconnecting' && (
            <p className={classes.banner} role="alert">
              {current ? texts.link.lostInCall : texts.link.lost}
            </p>
          )}
          {state.link === 'outdated' && (
            <p className={classes.banner} role="alert">
              {sentence('wrong_version')}
              <Button size="xs" variant="default" onClick={() => window.location.reload()}>
                {texts.link.reload}
              </Button>
            </p>
          )}
          {failure && (
            <p className={classes.banner} role="alert">
              {sentence(failure)}
              <Button size="xs" variant="default" onClick={() => setFailure(null)}>
                {texts.ended.dismiss}
              </Button>
            </p>
          )}
        </div>
        <main className={classes.main}>
          <div className={classes.news}>
            <EndedCalls ended={state.ended} onAgain={again} onDismiss={(id) => phone.dismiss(id)} />
            <OtherDevices calls={elsewhere(state)} onEnd={(id) => void phone.hangUp(id)} />
          </div>
          <div className={`card ${classes.phone}`}>
            {current ? (
              <CallPanel
                key={current.call.id}
                entry={current}
                line={state.lines.find(({ id }) => id === current.call.line)}
                input={input}
                listening={!settings && !leaving}
                onDigit={digit}
                onMute={(muted) => phone.setMuted(current.call.id, muted)}
                onHangUp={() => void phone.hangUp(current.call.id)}
              />
            ) : state.draft ? (
              <DraftPanel
                draft={state.draft}
                line={state.lines.find(({ id }) => id === state.draft?.line)}
                onHangUp={() => phone.hangUpDraft()}
              />
            ) : (
              <Dialer state={state} listening={!dialog} last={last} line={line} onLine={setLine} onCall={call} />
            )}
          </div>
          <div className={classes.side}>
            {others.length > 0 && (
              <section className={`card ${classes.others}`} aria-label={texts.call.others}>
                <h2 className="cardTitle">{texts.call.others}</h2>
                {others.map((entry) => (
                  <Group key={entry.call.id} justify="space-between" mt="sm">
                    <Text fw={600}>{whoIs(entry.call, texts.call.unknown)}</Text>
                    <Button size="xs" variant="default" onClick={() => void phone.hangUp(entry.call.id)}>
                      {texts.lines.end}
                    </Button>
                  </Group>
                ))}
              </section>
            )}
            <Lines lines={state.lines} loading={state.link !== 'online'} />
            <AudioCard onChange={() => setSettings(true)} />
            <KeyboardCard />
          </div>
        </main>
      </div>
      <IncomingCalls calls={incoming} lines={state.lines} inCall={busy} onAnswer={answer} onDecline={decline} />
      <SettingsDialog
        opened={settings}
        input={input}
        name={state.user.display_name || state.user.name}
        onClose={() => setSettings(false)}
      />
      <Modal
        opened={leaving}
        onClose={() => setLeaving(false)}
        title={texts.signOutDialog.title}
        closeButtonProps={{ 'aria-label': texts.settings.close }}
        centered
        radius="lg"
      >
        <Text>{texts.signOutDialog.text}</Text>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={() => setLeaving(false)}>
            {texts.signOutDialog.cancel}
          </Button>
          <Button className={classes.stop} onClick={() => void leave()}>
            {texts.signOutDialog.confirm}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
