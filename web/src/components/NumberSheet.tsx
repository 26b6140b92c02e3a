/** A number that is asked for in the place of the call: where to transfer, park or pick up. */
import { ActionIcon } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useEffect, useId, useRef, type ReactNode } from 'react';
import type { DialChoice } from '../dialling';
import type { Line } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { DialledAs } from './DialledAs';
import { isEditable } from './keyboard';
import { Keypad } from './Keypad';
import { hasKeyboard, NumberField } from './NumberField';
import classes from './NumberSheet.module.css';

export interface NumberSheetProps {
  title: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** What Enter does. */
  onSubmit: () => void;
  onClose: () => void;
  /** The line from which the number is dialled, where it is. */
  line?: Line | undefined;
  /** What goes with it. */
  choice?: DialChoice;
  /** Other ways than by number. */
  choices?: ReactNode;
  /** The buttons. */
  children: ReactNode;
}

export function NumberSheet(props: NumberSheetProps) {
  const { title, label, value, onChange, onSubmit, onClose, line, choice, choices, children } = props;
  const { texts } = useTranslation();
  const heading = useId();
  const field = useRef<HTMLInputElement>(null);
  const sheet = useRef<HTMLFormElement>(null);

  useEffect(() => {
    if (hasKeyboard()) field.current?.focus();
    else sheet.current?.focus();
  }, []);
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented && !isEditable(event.target)) onClose();
    };
    window.addEventListener('keydown', key);
    return () => window.removeEventListener('keydown', key);
  }, [onClose]);

  return (
    <form
      ref={sheet}
      className={classes.sheet}
      aria-labelledby={heading}
      tabIndex={-1}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <div className={classes.head}>
        <ActionIcon variant="subtle" color="gray" size={36} aria-label={texts.call.back} onClick={onClose}>
          <IconArrowLeft size={20} aria-hidden />
        </ActionIcon>
        <h2 id={heading} className={classes.title}>
          {title}
        </h2>
      </div>
      <NumberField
        ref={field}
        label={label}
        placeholder={texts.dial.placeholder}
        value={value}
        onChange={onChange}
        onEscape={onClose}
      />
      <DialledAs line={line} number={value} choice={choice} />
      <Keypad label={texts.dial.keypad} compact plus onKey={(key) => onChange(value + key)} />
      {choices}
      <div className={classes.foot}>{children}</div>
    </form>
  );
}
