/** Fields of a form, each known by the JSON pointer of what it changes; what is wrong stands beside it. */
import { NativeSelect, NumberInput, Switch, Textarea, TextInput } from '@mantine/core';
import { pathOf } from './merge';
import { useFormFields } from './RecordForm';
import { WholeNumber } from './WholeNumber';

/** A field of its own kind: its value, how it is changed, and what is wrong with it. */
export function useValue<T>(at: string) {
  const { form, labels, readOnly } = useFormFields();
  const { value, onChange, error } = form.getInputProps(pathOf(at)) as Bound<T>;
  return { value, onChange, error, label: labels[at] ?? at, readOnly };
}

interface Bound<T> {
  value: T;
  onChange: (value: T) => void;
  error?: string;
}

export interface FieldProps {
  /** Where in the object it is (RFC 6901): `/phones/business`. */
  at: string;
  hint?: string;
  required?: boolean;
}

/** What every field gets: its name, its value, and what is wrong with it. */
function useField({ at, hint, required = false }: FieldProps, type: 'input' | 'checkbox' = 'input') {
  const { form, labels, readOnly } = useFormFields();
  return {
    label: labels[at] ?? at,
    description: hint,
    required,
    disabled: readOnly,
    ...form.getInputProps(pathOf(at), { type }),
  };
}

export interface TextFieldProps extends FieldProps {
  /** Which keyboard a phone shows. */
  type?: 'text' | 'email' | 'tel' | 'url';
  rows?: number;
  /** Whether nothing is sent as null in place of an empty text. */
  nullable?: boolean;
  /** What stands there while it is empty. */
  placeholder?: string;
  /** Told what was typed. */
  onTyped?: (text: string) => void;
}

export function TextField({
  type = 'text',
  rows = 1,
  nullable = false,
  placeholder,
  onTyped,
  ...field
}: TextFieldProps) {
  const { value, onChange, ...props } = useField(field);
  const own = {
    ...props,
    placeholder,
    value: (value as string | null) ?? '',
    onChange: ({ currentTarget: { value: text } }: { currentTarget: { value: string } }) => {
      (onChange as (value: string | null) => void)(nullable && text === '' ? null : text);
      onTyped?.(text);
    },
  };
  return rows > 1 ? <Textarea {...own} rows={rows} /> : <TextInput {...own} type={type} />;
}

export interface SelectFieldProps extends FieldProps {
  options: readonly { value: string; label: string }[];
  /** Whether the choice without a value is null. */
  nullable?: boolean;
}

export function SelectField({ options, nullable = false, ...field }: SelectFieldProps) {
  const { value, onChange, ...props } = useField(field);
  return (
    <NativeSelect
      {...props}
      value={(value as string | null) ?? ''}
      onChange={({ currentTarget: { value: chosen } }) =>
        (onChange as (value: string | null) => void)(nullable && chosen === '' ? null : chosen)
      }
      data={[...options]}
    />
  );
}

export function SwitchField(field: FieldProps) {
  const props = useField(field, 'checkbox');
  // Where the focus goes when it is wrong.
  return <Switch {...props} aria-invalid={Boolean(props.error) || undefined} />;
}

export interface NumberFieldProps extends FieldProps {
  least: number;
  most: number;
  /** Whether null stands for no number. */
  nullable?: boolean;
}

export function NumberField({ least, most, nullable = false, ...field }: NumberFieldProps) {
  const { value, onChange, ...props } = useField(field);
  const put = onChange as (value: number | null) => void;
  const bounds = { min: least, max: most };
  if (!nullable) return <WholeNumber {...props} {...bounds} value={Number(value)} onChange={put} />;
  return (
    <NumberInput
      {...props}
      {...bounds}
      value={(value as number | null) ?? ''}
      clampBehavior="none"
      allowDecimal={false}
      onChange={(now) => put(now === '' ? null : Number(now))}
    />
  );
}

export interface TriStateFieldProps extends FieldProps {
  /** What null, true and false mean. */
  words: readonly [unset: string, yes: string, no: string];
}

/** Yes, no, or as it is set elsewhere. */
export function TriStateField({ words, ...field }: TriStateFieldProps) {
  const { value, onChange, ...props } = useField(field);
  const [unset, yes, no] = words;
  return (
    <NativeSelect
      {...props}
      value={value === null ? '' : String(value)}
      onChange={({ currentTarget }) =>
        (onChange as (value: boolean | null) => void)(
          currentTarget.value === '' ? null : currentTarget.value === 'true',
        )
      }
      data={[
        { value: '', label: unset },
        { value: 'true', label: yes },
        { value: 'false', label: no },
      ]}
    />
  );
}
