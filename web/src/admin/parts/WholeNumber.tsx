/** A whole number that is typed. */
import { NumberInput, type NumberInputProps } from '@mantine/core';
import { useState } from 'react';

export interface WholeNumberProps extends Omit<NumberInputProps, 'value' | 'onChange' | 'allowDecimal'> {
  value: number;
  onChange: (value: number) => void;
}

/** One that must be there: what is left empty is what was there before, and shows it again. */
export function WholeNumber({ value, onChange, onBlur, ...props }: WholeNumberProps) {
  const [isEmpty, setEmpty] = useState(false);
  return (
    <NumberInput
      // The server says what is wrong with others; nothing is changed unseen.
      clampBehavior="none"
      {...props}
      value={isEmpty ? '' : value}
      allowDecimal={false}
      onChange={(now) => {
        setEmpty(now === '');
        // A sign alone is no number yet.
        if (now !== '' && Number.isFinite(Number(now))) onChange(Number(now));
      }}
      onBlur={(event) => {
        setEmpty(false);
        onBlur?.(event);
      }}
    />
  );
}
