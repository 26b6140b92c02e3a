/** Keeps calls away from all lines that allow it; impossible to overlook while it is on. */
import { Button } from '@mantine/core';
import { IconBell, IconBellOff } from '@tabler/icons-react';
import { useState } from 'react';
import type { Cause, Line } from '../generated/protocol';
import { useTranslation } from '../i18n';
import type { Phone } from '../phone';
import classes from './Header.module.css';

export interface DoNotDisturbProps {
  phone: Phone;
  lines: readonly Line[];
  disabled: boolean;
  onFailure: (cause: Cause) => void;
}

export function DoNotDisturb({ phone, lines, disabled, onFailure }: DoNotDisturbProps) {
  const { texts } = useTranslation();
  const [busy, setBusy] = useState(false);
  // Where it was set before its function was switched off, it can still be taken back.
  const settable = lines.filter(
    ({ services, do_not_disturb: quiet }) => quiet || services.includes('set_do_not_disturb'),
  );
  if (settable.length === 0) return null;
  const on = settable.every(({ do_not_disturb: quiet }) => quiet);
  const toggle = async () => {
    setBusy(true);
    const wanted = settable.filter(({ do_not_disturb: quiet }) => quiet === on);
    const causes = await Promise.all(
      wanted.map(({ id }) => phone.set({ type: 'set_do_not_disturb', line: id, on: !on })),
    );
    setBusy(false);
    const failed = causes.find((cause) => cause !== null);
    if (failed) onFailure(failed);
  };
  const Icon = on ? IconBellOff : IconBell;
  return (
    <Button
      className={classes.quiet}
      variant="default"
      size="xs"
      h={34}
      aria-pressed={on}
      aria-label={texts.line.doNotDisturb}
      title={on ? texts.line.doNotDisturbOn : texts.line.doNotDisturbOff}
      disabled={disabled}
      aria-disabled={busy}
      onClick={() => !busy && void toggle()}
    >
      <Icon size={18} aria-hidden />
      {on && <span className={classes.quietText}>{texts.line.doNotDisturb}</span>}
    </Button>
  );
}
