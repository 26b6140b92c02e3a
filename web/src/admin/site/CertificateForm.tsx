/** The form of a certificate: it is brought, made, or had from an authority. */
import { Button, NativeSelect, PasswordInput, Textarea, TextInput } from '@mantine/core';
import { IconCertificate } from '@tabler/icons-react';
import { useContext, useRef, useState, type FormEvent } from 'react';
import { BusyButton } from '../../components/BusyButton';
import type { AcmeSettings, CertificateObject, Stored } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { faultSentence } from '../../i18n/causes';
import { Problem } from '../../protocol/http';
import { Announce, useReason } from '../announce';
import { AcmeFields, LETS_ENCRYPT } from './Acme';
import classes from './certificates.module.css';
import { makeCertificate, replaceCertificate, type CertificateBody } from './network';
import { readStored, urlOfObject } from './objects';
import { PemField } from './PemField';
import site from './site.module.css';

type Kept = Stored<CertificateObject>;

export interface CertificateFormProps {
  /** The one that is replaced. */
  kept?: Kept;
  /** What its fields begin with. */
  begin?: { name: string; names: readonly string[] };
  onSaved: (id: string) => void;
  onCancel?: () => void;
}

/** What stands in a file, in base64. */
const base64Of = async (file: File) => {
  const octets = new Uint8Array(await file.arrayBuffer());
  return btoa(Array.from(octets, (octet) => String.fromCharCode(octet)).join(''));
};

/** Where the fields of a problem are shown. */
const FIELDS = [
  '/names',
  '/name',
  '/pem',
  '/key',
  '/pkcs12',
  '/password',
  '/acme/directory',
  '/acme/ca',
  '/acme/contact',
  '/acme/terms_accepted',
] as const;
export type Field = (typeof FIELDS)[number];
const SOURCES = ['uploaded', 'acme', 'self_signed'] as const;

/** Brings a certificate, has one made, or asks an authority for one. */
export function CertificateForm({ kept, begin, onSaved, onCancel }: CertificateFormProps) {
  const { texts, language } = useTranslation();
  const announce = useContext(Announce);
  const reason = useReason();
  const [source, setSource] = useState<CertificateBody['source']>(kept?.object.source ?? 'uploaded');
  const [name, setName] = useState(kept?.object.name ?? begin?.name ?? '');
  const [hosts, setHosts] = useState((kept?.object.names ?? begin?.names ?? []).join('\n'));
  const [pem, setPem] = useState('');
  const [key, setKey] = useState('');
  const [file, setFile] = useState<{ name: string; content: string } | null>(null);
  const [password, setPassword] = useState('');
  const [acme, setAcme] = useState<AcmeSettings>(kept?.object.acme ?? LETS_ENCRYPT);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<Partial<Record<Field | '', string>>>({});
  const form = useRef<HTMLFormElement>(null);
  const t = texts.admin.network.certificate;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setWrong({});
    const body: CertificateBody =
      source === 'uploaded'
        ? { name, source, ...(file ? { pkcs12: file.content, password } : { pem, key }) }
        : { name, source, names: hosts.split(/[\s,;]+/).filter(Boolean), ...(source === 'acme' && { acme }) };
    try {
      let id = kept?.id;
      if (kept && id !== undefined) {
        const { tag } = await readStored(urlOfObject('certificates', id));
        await replaceCertificate(id, tag, body);
      } else {
        id = await makeCertificate(body);
      }
      announce(t.saved(name), false);
      onSaved(id);
    } catch (error) {
      const errors = error instanceof Problem ? error.errors : [];
      const placed = errors.map((each) => {
        const field = FIELDS.find((field) => each.pointer === field || each.pointer.startsWith(`${field}/`)) ?? '';
        return [field, faultSentence(each, language)] as const;
      });
      setWrong(placed.length > 0 ? Object.fromEntries(placed) : { '': reason(error) });
      setTimeout(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
    } finally {
      setBusy(false);
    }
  };
  return (
    <form ref={form} className={classes.form} noValidate onSubmit={(event) => void save(event)}>
      <NativeSelect
        label={t.howLabel}
        description={{ uploaded: t.uploadText, self_signed: t.selfText, acme: t.acme.text }[source]}
        value={source}
        onChange={({ currentTarget }) => setSource(currentTarget.value as CertificateBody['source'])}
        data={SOURCES.map((value) => ({ value, label: t.how[value] }))}
      />
      <TextInput
        label={t.name}
        required
        value={name}
        error={wrong['/name']}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
      {source === 'uploaded' && file ? (
        <>
          <div className={classes.file}>
            <IconCertificate size={19} aria-hidden />
            <span>{t.pkcs12(file.name)}</span>
            <Button variant="default" size="xs" onClick={() => setFile(null)}>
              {t.otherFile}
            </Button>
          </div>
          {wrong['/pkcs12'] && (
            <p className={site.fault} role="alert">
              {wrong['/pkcs12']}
            </p>
          )}
          <PasswordInput
            label={t.filePassword}
            autoComplete="off"
            value={password}
            error={wrong['/password']}
            onChange={({ currentTarget }) => setPassword(currentTarget.value)}
            visibilityToggleButtonProps={{ 'aria-label': t.show, tabIndex: 0 }}
          />
        </>
      ) : source === 'uploaded' ? (
        <>
          <PemField
            label={t.pem}
            value={pem}
            error={wrong['/pem']}
            onChange={setPem}
            onBinary={(chosen) => void base64Of(chosen).then((content) => setFile({ name: chosen.name, content }))}
          />
          <PemField label={t.key} hint={t.keyHint} value={key} error={wrong['/key']} onChange={setKey} />
        </>
      ) : (
        <Textarea
          label={t.hosts}
          description={source === 'acme' ? t.acme.hostsHint : t.hostsHint}
          required
          autosize
          minRows={3}
          value={hosts}
          error={wrong['/names']}
          onChange={({ currentTarget }) => setHosts(currentTarget.value)}
        />
      )}
      {source === 'acme' && <AcmeFields acme={acme} wrong={wrong} onChange={setAcme} />}
      {wrong[''] && (
        <p className={site.fault} role="alert">
          {wrong['']}
        </p>
      )}
      <div className={classes.actions}>
        {onCancel && (
          <Button variant="default" onClick={onCancel}>
            {t.cancel}
          </Button>
        )}
        <BusyButton type="submit" busy={busy}>
          {source === 'acme' && !kept ? t.acme.save : t.save}
        </BusyButton>
      </div>
    </form>
  );
}
