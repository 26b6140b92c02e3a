/** Where a number is put in and called. */
import { Button, NativeSelect } from '@mantine/core';
import { IconArrowLeft, IconPhone } from '@tabler/icons-react';
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { useTranslation } from '../i18n';
import { has, isUsable, lineFor } from '../protocol/select';
import type { PhoneState } from '../protocol/state';
import classes from './Dialer.module.css';
import { DialTools } from './DialTools';
import { cleanNumber } from './format';
import { DialChoices } from './DialChoices';
import { DialledAs } from './DialledAs';
import { isEditable } from './keyboard';
import { Keypad } from './Keypad';
import { LineSigns } from './LineSigns';
import { hasKeyboard, NumberField } from './NumberField';
import type { Placing } from './placing';

export interface DialerProps {
  state: PhoneState;
  /** Whether typing anywhere on the page goes into the number. */
  listening: boolean;
  /** The number called last, offered again while the field is empty. */
  last: string;
  /** The chosen line; any, where it is not known (any more). */
  line: string;
  onLine: (line: string) => void;
  placing: Placing;
  onPickUp: (number: string) => void;
  /** Goes back to the call, where one is shown beneath. */
  onClose: (() => void) | null;
  /** The calls that go on meanwhile. */
  children: ReactNode;
}

const TYPED = /^[0-9*#+]$/;

export function Dialer(props: DialerProps) {
  const { state, listening, last, line, onLine, placing, onPickUp, onClose, children } = props;
  const { texts, sentence } = useTranslation();
  const [number, setNumber] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const chosen = lineFor(state, line);
  const wanted = number.trim() || last;
  const online = state.link === 'online';
  const choice = placing.choiceOf(chosen);
  const pin = useRef<HTMLInputElement>(null);
  const user = useRef<HTMLInputElement>(null);

  const place = (to: string) => {
    if (chosen && online && to !== '') void placing.place(chosen, to);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (number.trim() === '' && last !== '') setNumber(last);
    else place(wanted);
  };

  useEffect(() => {
    if (hasKeyboard()) field.current?.focus();
  }, []);

  const { wanting, asked } = placing;
  useEffect(() => {
    if (!wanting) return;
    // The fields are those of the line.
    if (chosen?.id !== wanting.line) return onLine(wanting.line);
    setNumber(wanting.number);
    (wanting.entry === 'pin' ? pin : user).current?.focus();
    asked();
  }, [wanting, chosen?.id]);

  useEffect(() => {
    if (!listening) return;
    const key = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isEditable(event.target)) return;
      if (TYPED.test(event.key)) setNumber((text) => text + event.key);
      else if (event.key === 'Backspace') setNumber((text) => text.slice(0, -1));
      else if (event.key === 'Escape') onClose ? onClose() : setNumber('');
      else if (event.key !== 'Enter' || event.target instanceof HTMLButtonElement) return;
      field.current?.focus();
    };
    const paste = (event: ClipboardEvent) => {
      const text = event.clipboardData?.getData('text').trim();
      if (!text || isEditable(event.target)) return;
      setNumber(cleanNumber(text));
      field.current?.focus();
    };
    window.addEventListener('keydown', key);
    window.addEventListener('paste', paste);
    return () => {
      window.removeEventListener('keydown', key);
      window.removeEventListener('paste', paste);
    };
  }, [listening, onClose]);

  const hint = !online
    ? texts.dial.offline
    : chosen && !isUsable(chosen)
      ? texts.dial.unregistered
      : chosen && !chosen.services.includes('make_call')
        ? `${has(state.account, 'audio') ? '' : `${sentence('audio_not_given')} `}${texts.dial.emergencyOnly}`
        : number === '' && last !== ''
          ? texts.dial.redialNumber(last)
          : '';

  return (
    <form className={classes.dialer} aria-label={texts.dial.title} onSubmit={submit}>
      {onClose && (
        <Button
          className={classes.head}
          size="xs"
          variant="subtle"
          color="gray"
          leftSection={<IconArrowLeft size={18} aria-hidden />}
          onClick={onClose}
        >
          {texts.dial.backToCall}
        </Button>
      )}
      {children}
      <div className={classes.line}>
        {state.lines.length > 1 ? (
          <NativeSelect
            size="sm"
            aria-label={texts.dial.line}
            value={chosen?.id ?? ''}
            onChange={(event) => onLine(event.currentTarget.value)}
            data={state.lines.map((one) => ({
              value: one.id,
              label: texts.dial.lineOption(one.number, one.line_group),
            }))}
          />
        ) : (
          chosen && <span className={classes.onlyLine}>{texts.dial.lineOption(chosen.number, chosen.line_group)}</span>
        )}
        {chosen && <LineSigns line={chosen} />}
        {chosen?.dialling && (
          <DialChoices
            dialling={chosen.dialling}
            choice={choice}
            onChange={(now) => placing.choose(chosen, now)}
            pin={pin}
            user={user}
          />
        )}
      </div>
      <NumberField
        ref={field}
        label={texts.dial.number}
        placeholder={texts.dial.placeholder}
        value={number}
        onChange={setNumber}
        onEscape={() => (number === '' ? onClose?.() : setNumber(''))}
      />
      <DialledAs line={chosen} number={number} choice={choice} />
      <Keypad
        label={texts.dial.keypad}
        plus
        compact={Boolean(children)}
        onKey={(key) => setNumber((text) => text + key)}
      />
      <div className={classes.foot}>
        {/* Never for want of a service: an emergency number may always be called. */}
        <Button
          type="submit"
          className={classes.call}
          leftSection={<IconPhone size={22} aria-hidden />}
          disabled={!chosen || !online || wanted === ''}
        >
          {texts.dial.call}
        </Button>
        {chosen && (
          <DialTools
            line={chosen}
            online={online}
            last={last}
            isPrivate={choice.private}
            onPrivate={() => placing.choose(chosen, { ...choice, private: !choice.private })}
            onCall={place}
            onType={(text) => {
              setNumber(text);
              field.current?.focus();
            }}
            onPickUp={() => onPickUp(number.trim())}
          />
        )}
        <p className={classes.hint} aria-live="polite">
          {hint}
        </p>
      </div>
    </form>
  );
}
