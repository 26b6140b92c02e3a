/** Where a number is put in and called. */
import { ActionIcon, Button, NativeSelect } from '@mantine/core';
import { IconBackspace, IconPhone } from '@tabler/icons-react';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { useTranslation } from '../i18n';
import { isUsable, usableLines, type PhoneState } from '../protocol/store';
import classes from './Dialer.module.css';
import { isEditable } from './keyboard';
import { Keypad } from './Keypad';

export interface DialerProps {
  state: PhoneState;
  /** Whether typing anywhere on the page goes into the number. */
  listening: boolean;
  /** The number called last, offered again while the field is empty. */
  last: string;
  /** The chosen line; any, where it is not known (any more). */
  line: string;
  onLine: (line: string) => void;
  onCall: (line: string, number: string) => void;
}

const TYPED = /^[0-9*#+]$/;

export function Dialer({ state, listening, last, line, onLine, onCall }: DialerProps) {
  const { texts } = useTranslation();
  const [number, setNumber] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const chosen = state.lines.find(({ id }) => id === line) ?? usableLines(state)[0] ?? state.lines[0];
  const wanted = number.trim() || last;
  const online = state.link === 'online';

  const call = () => {
    if (!chosen || !online || wanted === '') return;
    onCall(chosen.id, wanted);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (number.trim() === '' && last !== '') setNumber(last);
    else call();
  };

  useEffect(() => {
    // On touch screens the focus would bring up the keyboard over the dial pad.
    if (window.matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, []);

  useEffect(() => {
    if (!listening) return;
    const key = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isEditable(event.target)) return;
      if (TYPED.test(event.key)) setNumber((text) => text + event.key);
      else if (event.key === 'Backspace') setNumber((text) => text.slice(0, -1));
      else if (event.key === 'Escape') setNumber('');
      else if (event.key !== 'Enter' || event.target instanceof HTMLButtonElement) return;
      field.current?.focus();
    };
    const paste = (event: ClipboardEvent) => {
      const text = event.clipboardData?.getData('text').trim();
      if (!text || isEditable(event.target)) return;
      setNumber(oneLine(text));
      field.current?.focus();
    };
    window.addEventListener('keydown', key);
    window.addEventListener('paste', paste);
    return () => {
      window.removeEventListener('keydown', key);
      window.removeEventListener('paste', paste);
    };
  }, [listening]);

  const hint = !online
    ? texts.dial.offline
    : chosen && !isUsable(chosen)
      ? texts.dial.unregistered
      : number === '' && last !== ''
        ? texts.dial.redial(last)
        : '';

  return (
    <form className={classes.dialer} aria-label={texts.dial.title} onSubmit={submit}>
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
      </div>
      <div className={classes.number}>
        <input
          ref={field}
          className={`numbers ${classes.field}`}
          type="text"
          inputMode="tel"
          enterKeyHint="go"
          aria-label={texts.dial.number}
          placeholder={texts.dial.placeholder}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={128}
          data-long={number.length > 14 || undefined}
          value={number}
          onChange={(event) => setNumber(oneLine(event.currentTarget.value))}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setNumber('');
          }}
        />
        <ActionIcon
          className={classes.erase}
          variant="subtle"
          color="gray"
          size={44}
          aria-label={texts.dial.erase}
          data-hidden={number === '' || undefined}
          disabled={number === ''}
          onClick={() => setNumber((text) => text.slice(0, -1))}
        >
          <IconBackspace size={24} aria-hidden />
        </ActionIcon>
      </div>
      <Keypad label={texts.dial.keypad} plus onKey={(key) => setNumber((text) => text + key)} />
      <Button
        type="submit"
        className={classes.call}
        leftSection={<IconPhone size={22} aria-hidden />}
        disabled={!chosen || !online || wanted === ''}
      >
        {texts.dial.call}
      </Button>
      <p className={classes.hint} aria-live="polite">
        {hint}
      </p>
    </form>
  );
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\t]+/g, ' ').replace(/^tel:/i, '');
}
