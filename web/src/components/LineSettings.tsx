/** What the user sets for their lines: do not disturb, forwarding, remote office. */
import { NativeSelect, Switch, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import type { Cause, Line, Service } from '../generated/protocol';
import { useTranslation } from '../i18n';
import type { Phone } from '../phone';
import { BusyButton } from './BusyButton';
import { DialledAs } from './DialledAs';
import { Forwardings } from './Forwardings';
import { cleanNumber } from './format';
import classes from './LineSettings.module.css';

/** Whether there is anything to set, or to take back: what was set stays when its function is switched off. */
export function hasSettings(line: Line): boolean {
  const { doNotDisturb, forwarding, remoteOffice } = settingsOf(line);
  return doNotDisturb || forwarding || remoteOffice;
}

function settingsOf({ services, ...line }: Line) {
  return {
    doNotDisturb: services.includes('set_do_not_disturb') || line.do_not_disturb,
    forwarding: services.includes('set_forwarding') || line.forwardings.length > 0,
    remoteOffice: services.includes('set_remote_office') || line.remote_office !== null,
  };
}

export interface LineSettingsProps {
  phone: Phone;
  lines: readonly Line[];
  /** The line that is shown. */
  chosen: string;
  /** Whether the user may control lines at all. */
  controls?: boolean;
  onChoose: (line: string) => void;
}

export function LineSettings({ phone, lines, chosen, controls = true, onChoose }: LineSettingsProps) {
  const { texts, sentence } = useTranslation();
  const line = lines.find(({ id }) => id === chosen) ?? lines[0];
  if (!line) return <p className={classes.text}>{texts.lines.none}</p>;
  const shown = settingsOf(line);
  const settable = (service: Service) => line.services.includes(service);
  return (
    <div className={classes.parts}>
      {lines.length > 1 && (
        <NativeSelect
          label={texts.line.choose}
          value={line.id}
          onChange={(event) => onChoose(event.currentTarget.value)}
          data={lines.map((one) => ({ value: one.id, label: texts.dial.lineOption(one.number, one.line_group) }))}
        />
      )}
      {!hasSettings(line) && (
        <p className={classes.text}>{controls ? texts.line.nothing : sentence('lines_not_given')}</p>
      )}
      {shown.doNotDisturb && (
        <Quiet key={`quiet ${line.id}`} phone={phone} line={line} settable={settable('set_do_not_disturb')} />
      )}
      {shown.forwarding && (
        <Forwardings key={`to ${line.id}`} phone={phone} line={line} own={line} settable={settable('set_forwarding')} />
      )}
      {shown.remoteOffice && (
        <RemoteOffice key={`by ${line.id}`} phone={phone} line={line} settable={settable('set_remote_office')} />
      )}
    </div>
  );
}

interface SettingProps {
  phone: Phone;
  line: Line;
  /** Whether more can be done than taking it back. */
  settable: boolean;
}

function Quiet({ phone, line, settable }: SettingProps) {
  const { texts } = useTranslation();
  const { cause, busy, run } = useSetting();
  return (
    <section>
      <Switch
        label={texts.line.doNotDisturb}
        description={texts.line.quiet}
        color="red"
        checked={line.do_not_disturb}
        // Never disabled: that would take the focus away.
        aria-disabled={busy}
        onChange={(event) =>
          !busy && run(phone.set({ type: 'set_do_not_disturb', line: line.id, on: event.currentTarget.checked }))
        }
      />
      {!settable && <OnlyBack />}
      <Refusal cause={cause} />
    </section>
  );
}

function RemoteOffice({ phone, line, settable }: SettingProps) {
  const { texts } = useTranslation();
  const { cause, busy, run } = useSetting();
  const [number, setNumber] = useState(line.remote_office ?? '');
  const on = line.remote_office !== null;
  const set = (to: string | null) => run(phone.set({ type: 'set_remote_office', line: line.id, number: to }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!busy && number.trim() !== '') set(number.trim());
  };
  return (
    <section aria-label={texts.line.remoteOffice}>
      <h3 className="cardTitle">{texts.line.remoteOffice}</h3>
      <p className={classes.text}>{texts.line.remoteOfficeText}</p>
      <form className={classes.number} onSubmit={submit}>
        <TextInput
          label={texts.line.remoteOfficeNumber}
          inputMode="tel"
          autoComplete="off"
          maxLength={128}
          readOnly={on}
          value={on ? (line.remote_office ?? '') : number}
          onChange={(event) => setNumber(cleanNumber(event.currentTarget.value))}
        />
        {on ? (
          <BusyButton variant="default" busy={busy} onClick={() => set(null)}>
            {texts.line.switchOff}
          </BusyButton>
        ) : (
          <BusyButton type="submit" busy={busy} disabled={number.trim() === ''}>
            {texts.line.switchOn}
          </BusyButton>
        )}
      </form>
      {!on && <DialledAs form line={line} number={number} forwarding />}
      {!settable && <OnlyBack />}
      <Refusal cause={cause} />
    </section>
  );
}

/** A setting on its way to the server, and why it was refused. */
export function useSetting() {
  const [cause, setCause] = useState<Cause | null>(null);
  const [busy, setBusy] = useState(false);
  /** Whether it was done. */
  const run = async (request: Promise<Cause | null>): Promise<boolean> => {
    setBusy(true);
    const refusal = await request;
    setBusy(false);
    setCause(refusal);
    return refusal === null;
  };
  return { cause, busy, run };
}

/** Says why there is so little to press. */
export function OnlyBack() {
  const { texts } = useTranslation();
  return <p className={classes.text}>{texts.line.onlyBack}</p>;
}

/** The sentence for a refusal, where the person looks. */
export function Refusal({ cause }: { cause: Cause | null }) {
  const { sentence } = useTranslation();
  if (!cause) return null;
  return (
    <p className={classes.failure} role="alert">
      {sentence(cause.code)}
    </p>
  );
}
