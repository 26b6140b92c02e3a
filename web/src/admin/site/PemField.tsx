/** A field for PEM text, pasted or of a file. */
import { Button, Textarea } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useTranslation } from '../../i18n';
import classes from './certificates.module.css';

export interface PemFieldProps {
  label: string;
  hint?: string;
  value: string;
  error?: string;
  onChange: (text: string) => void;
  /** Takes a file that is no text; left out: there is no use for one. */
  onBinary?: (file: File) => void;
}

export function PemField({ label, hint, value, error, onChange, onBinary }: PemFieldProps) {
  const { texts } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const [binary, setBinary] = useState(false);
  const t = texts.admin.network.certificate;
  const read = async (file: File | undefined) => {
    if (!file) return;
    const text = await file.text();
    const isPem = text.includes('-----BEGIN ');
    setBinary(!isPem && !onBinary);
    if (isPem) onChange(text);
    else onBinary?.(file);
  };
  return (
    <div className={classes.pem}>
      <Textarea
        label={label}
        description={hint}
        classNames={{ input: classes.text }}
        rows={5}
        spellCheck={false}
        autoComplete="off"
        placeholder="-----BEGIN …"
        value={value}
        error={binary ? t.binary : error}
        onChange={({ currentTarget }) => {
          setBinary(false);
          onChange(currentTarget.value);
        }}
      />
      <input
        ref={input}
        type="file"
        accept={onBinary ? '.pem,.crt,.cer,.key,.p12,.pfx' : '.pem,.crt,.cer,.key'}
        hidden
        onChange={({ currentTarget }) => {
          void read(currentTarget.files?.[0]);
          currentTarget.value = '';
        }}
      />
      <Button
        variant="default"
        size="xs"
        leftSection={<IconUpload size={16} aria-hidden />}
        onClick={() => input.current?.click()}
      >
        {t.file}
      </Button>
    </div>
  );
}
