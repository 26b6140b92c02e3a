/** Fields of a form, each known by the JSON pointer of what it changes; what is wrong stands beside it. */
import { NativeSelect, Switch, Textarea, TextInput } from '@mantine/core';
import { pathOf } from './merge';
import { useFormFields } from './RecordForm';

export interface FieldProps {
  /** Where in the object it is (RFC 6901): `/phones/business`. */
  at: string;
  hint?: string;
  required?: boolean;
}

/** What every field gets: its name, its value, and what is wrong with it. */
function useField({ at, hint, required = false }: FieldProps, type: 'input' | 'checkbox' = 'input') {
  const { form, labels } = useFormFields();
  return {
    label: labels[at] ?? at,
    description: hint,
    required,
    ...form.getInputProps(pathOf(at), { type }),
  };
}

export interface TextFieldProps extends FieldProps {
  /** Which keyboard a phone shows. */
  type?: 'text' | 'email' | 'tel' | 'url';
  rows?: number;
  /** Whether nothing is sent as null in place of an empty text. */
  nullable?: boolean;
}

export function TextField({ type = 'text', rows = 1, nullable = false, ...field }: TextFieldProps) {
  const { value, onChange, ...props } = useField(field);
  const own = {
    ...props,
    value: (value as string | null) ?? '',
    onChange: ({ currentTarget: { value: text } }: { currentTarget: { value: string } }) =>
      (onChange as (value: string | null) => void)(nullable && text === '' ? null : text),
  };
  return rows > 1 ? <Textarea {...own} rows={rows} /> : <TextInput {...own} type={type} />;
}

export interface SelectFieldProps extends FieldProps {
  options: readonly { value: string; label: string }[];
}

export function SelectField({ options, ...field }: SelectFieldProps) {
  return <NativeSelect {...useField(field)} data={[...options]} />;
}

export function SwitchField(field: FieldProps) {
  return <Switch {...useField(field, 'checkbox')} />;
}
