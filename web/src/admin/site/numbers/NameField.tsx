/** A name that other things go by. */
import { TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';

export interface NameFieldProps {
  label: string;
  value: string;
  error?: ReactNode;
  onLeave: (name: string) => void;
}

/** Taken over when the field is left, or by Enter: what is typed on the way to a name may be the name of another thing. */
export function NameField({ label, value, error, onLeave }: NameFieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const take = () => {
    if (typed === null) return;
    setTyped(null);
    onLeave(typed);
  };
  return (
    <TextInput
      label={label}
      value={typed ?? value}
      error={error}
      onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      onBlur={take}
      onKeyDown={({ key }) => key === 'Enter' && take()}
    />
  );
}
