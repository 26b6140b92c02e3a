/** Several short texts in one field, with spaces between them. */
import { Textarea, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { same } from '../../parts/merge';
import { useValue } from '../../parts/fields';
import { words } from './rules';

export interface WordsInputProps {
  label: string;
  hint?: string;
  value: readonly string[];
  onChange: (value: string[]) => void;
  error?: ReactNode;
  disabled?: boolean;
  /** Whether there may be very many. */
  many?: boolean;
}

export function WordsInput({ label, hint, value, onChange, error, disabled, many = false }: WordsInputProps) {
  // What is being typed has spaces at its end that the value has not.
  const [typed, setTyped] = useState(value.join(' '));
  const shown = same(words(typed), [...value]) ? typed : value.join(' ');
  const props = {
    label,
    description: hint,
    error,
    disabled,
    value: shown,
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) => {
      setTyped(currentTarget.value);
      onChange(words(currentTarget.value));
    },
  };
  return many ? <Textarea {...props} rows={2} /> : <TextInput {...props} />;
}

/** The same as a field of the form. */
export function WordsField({ at, hint, many }: { at: string; hint?: string; many?: boolean }) {
  const { value, onChange, error, label, readOnly } = useValue<string[]>(at);
  return (
    <WordsInput
      label={label}
      hint={hint}
      value={value}
      onChange={onChange}
      error={error}
      disabled={readOnly}
      many={many}
    />
  );
}
