/** Where a number is typed, by keyboard or by the keys beneath. */
import { ActionIcon } from '@mantine/core';
import { IconBackspace } from '@tabler/icons-react';
import type { Ref } from 'react';
import { useTranslation } from '../i18n';
import { cleanNumber } from './format';
import classes from './NumberField.module.css';

export interface NumberFieldProps {
  ref?: Ref<HTMLInputElement>;
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
  onEscape: () => void;
}

export function NumberField({ ref, label, placeholder, value, onChange, onEscape }: NumberFieldProps) {
  const { texts } = useTranslation();
  return (
    <div className={classes.number}>
      <input
        ref={ref}
        className={`numbers ${classes.field}`}
        type="text"
        inputMode="tel"
        enterKeyHint="go"
        aria-label={label}
        placeholder={placeholder}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={128}
        data-long={value.length > 14 || undefined}
        value={value}
        onChange={(event) => onChange(cleanNumber(event.currentTarget.value))}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onEscape();
        }}
      />
      <ActionIcon
        className={classes.erase}
        variant="subtle"
        color="gray"
        size={44}
        aria-label={texts.dial.erase}
        data-hidden={value === '' || undefined}
        disabled={value === ''}
        onClick={() => onChange(value.slice(0, -1))}
      >
        <IconBackspace size={24} aria-hidden />
      </ActionIcon>
    </div>
  );
}

/** Touch screens: the focus would bring up the keyboard over the dial pad. */
export function hasKeyboard(): boolean {
  return window.matchMedia('(pointer: fine)').matches;
}
