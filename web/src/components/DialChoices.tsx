/** What is chosen for a call beside its number: the project, and what that asks for. */
import { NativeSelect, PasswordInput, TextInput } from '@mantine/core';
import type { Ref } from 'react';
import { cleanEntry, entriesOf, projectOf, type DialChoice } from '../dialling';
import type { Dialling } from '../generated/protocol';
import { useTranslation } from '../i18n';
import classes from './DialChoices.module.css';

export interface DialChoicesProps {
  dialling: Dialling;
  choice: DialChoice;
  onChange: (choice: DialChoice) => void;
  /** The fields of what is asked for. */
  pin: Ref<HTMLInputElement>;
  user: Ref<HTMLInputElement>;
}

export function DialChoices({ dialling, choice, onChange, ...fields }: DialChoicesProps) {
  const { texts } = useTranslation();
  const { pin, user } = entriesOf(dialling, choice);
  if (dialling.projects.length === 0 && pin === null && user === null) return null;
  const digits = (count: number | null) => (count ? texts.project.digits(count) : undefined);
  return (
    <div className={classes.choices}>
      {dialling.projects.length > 0 && (
        <NativeSelect
          className={classes.project}
          size="sm"
          aria-label={texts.project.label}
          value={projectOf(dialling, choice)?.name ?? ''}
          // A PIN is for the project that asked for it.
          onChange={(event) => onChange({ ...choice, project: event.currentTarget.value, pin: '' })}
          data={[
            { value: '', label: texts.project.none },
            ...dialling.projects.map(({ name, private: isPrivate }) => ({
              value: name,
              label: isPrivate ? texts.project.private(name) : name,
            })),
          ]}
        />
      )}
      {user !== null && (
        <TextInput
          ref={fields.user}
          size="sm"
          label={texts.project.user}
          inputMode="tel"
          autoComplete="off"
          placeholder={digits(user)}
          value={choice.user}
          onChange={(event) => onChange({ ...choice, user: cleanEntry(event.currentTarget.value, user) })}
        />
      )}
      {pin !== null && (
        <PasswordInput
          ref={fields.pin}
          size="sm"
          label={texts.project.pin}
          inputMode="tel"
          autoComplete="off"
          placeholder={digits(pin)}
          visibilityToggleButtonProps={{ 'aria-label': texts.project.showPin }}
          value={choice.pin}
          onChange={(event) => onChange({ ...choice, pin: cleanEntry(event.currentTarget.value, pin) })}
        />
      )}
    </div>
  );
}
