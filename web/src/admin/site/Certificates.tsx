/** Certificates: what stands in them, who shows them, and how they come and go. */
import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import {
  IconAlertTriangle,
  IconCertificate,
  IconDownload,
  IconPlus,
  IconRefresh,
  IconTrash,
  IconUpload,
} from '@tabler/icons-react';
import { useContext, useRef, useState, type FormEvent } from 'react';
import { BusyButton } from '../../components/BusyButton';
import type { CertificateObject, CertificateState, Stored } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { faultSentence } from '../../i18n/causes';
import { Problem } from '../../protocol/http';
import { Announce, useReason } from '../announce';
import { Moment } from '../clock';
import frame from '../Console.module.css';
import { PageHead } from '../PageHead';
import { toneOfCertificate } from '../troubles';
import { useAsk } from './ask';
import classes from './certificates.module.css';
import { certificateStates, chainUrl, makeCertificate, replaceCertificate, type CertificateBody } from './network';
import { allOf, deleteObject, readStored, urlOfObject, useLoaded } from './objects';
import { useMayChange } from './role';
import site from './site.module.css';

type Kept = Stored<CertificateObject>;

export function Certificates() {
  const { texts } = useTranslation();
  const reason = useReason();
  const may = useMayChange('certificates');
  const [adding, setAdding] = useState(false);
  const loaded = useLoaded('certificates', async () => ({
    kept: await allOf('certificates'),
    states: (await certificateStates()).certificates,
  }));
  const t = texts.admin.network.certificate;
  const words = texts.admin.site.kinds.certificates;
  const [own] = loaded.value?.states.filter(({ id }) => id === null) ?? [];
  return (
    <>
      <div className={site.listHead}>
        <PageHead title={words.title} lead={words.lead} />
        {may && !adding && (
          <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setAdding(true)}>
            {words.add}
          </Button>
        )}
      </div>
      {adding && (
        <section className={`card ${site.section}`}>
          <h2>{words.add}</h2>
          <CertificateForm
            onSaved={() => {
              setAdding(false);
              loaded.again();
            }}
            onCancel={() => setAdding(false)}
          />
        </section>
      )}
      {loaded.value === null &&
        (loaded.failure === null ? (
          <p className={frame.loading}>{texts.signIn.loading}</p>
        ) : (
          <p role="alert">{texts.admin.site.notThere(reason(loaded.failure))}</p>
        ))}
      <ul className={classes.list}>
        {loaded.value?.kept.map((kept) => (
          <Card
            key={kept.id}
            kept={kept}
            state={loaded.value?.states.find(({ id }) => id === kept.id) ?? null}
            may={may}
            onChanged={loaded.again}
          />
        ))}
        {own && (
          <li className={`card ${classes.card}`}>
            <Head name={t.own} about={t.ownText} />
            <Facts state={own} />
          </li>
        )}
      </ul>
    </>
  );
}

function Head({ name, about }: { name: string; about: string }) {
  return (
    <div className={classes.head}>
      <IconCertificate size={26} aria-hidden />
      <div>
        <h2>{name}</h2>
        <p className={site.plain}>{about}</p>
      </div>
    </div>
  );
}

interface CardProps {
  kept: Kept;
  state: CertificateState | null;
  may: boolean;
  onChanged: () => void;
}

function Card({ kept, state, may, onChanged }: CardProps) {
  const { texts } = useTranslation();
  const announce = useContext(Announce);
  const reason = useReason();
  const [ask, dialog] = useAsk();
  const [replacing, setReplacing] = useState(false);
  const [busy, setBusy] = useState(false);
  const t = texts.admin.network.certificate;
  const { name, source, names } = kept.object;
  const attempt = async (what: () => Promise<void>, done: string) => {
    setBusy(true);
    try {
      await what();
      announce(done, false);
      onChanged();
    } catch (error) {
      announce(texts.admin.site.failed(reason(error)), true);
    } finally {
      setBusy(false);
    }
  };
  const remove = async () => {
    const t = texts.admin.site;
    if (!(await ask({ title: t.sure(name), text: t.sureText, confirm: t.delete, danger: true }))) return;
    await attempt(async () => {
      const { tag } = await readStored(urlOfObject('certificates', kept.id));
      await deleteObject('certificates', kept.id, tag);
    }, t.deleted(name));
  };
  const renew = () =>
    attempt(async () => {
      const { tag } = await readStored(urlOfObject('certificates', kept.id));
      await replaceCertificate(kept.id, tag, { name, source, names, renew: true });
    }, t.renewed(name));
  return (
    <li className={`card ${classes.card}`}>
      <Head name={name} about={t.source[source]} />
      {state && <Facts state={state} />}
      <div className={classes.actions}>
        <Button
          component="a"
          href={chainUrl(kept.id)}
          download
          variant="default"
          size="xs"
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          {t.download}
        </Button>
        {may && source === 'self_signed' && (
          <BusyButton
            variant="default"
            size="xs"
            busy={busy}
            leftSection={<IconRefresh size={16} aria-hidden />}
            onClick={() => void renew()}
          >
            {t.renew}
          </BusyButton>
        )}
        {may && (
          <Button
            variant="default"
            size="xs"
            leftSection={<IconUpload size={16} aria-hidden />}
            onClick={() => setReplacing(!replacing)}
            aria-expanded={replacing}
          >
            {t.replace}
          </Button>
        )}
        {may && (
          <Button
            variant="default"
            size="xs"
            leftSection={<IconTrash size={16} aria-hidden />}
            onClick={() => void remove()}
          >
            {texts.admin.site.delete}
          </Button>
        )}
      </div>
      {replacing && (
        <CertificateForm
          kept={kept}
          onSaved={() => {
            setReplacing(false);
            onChanged();
          }}
          onCancel={() => setReplacing(false)}
        />
      )}
      {dialog}
    </li>
  );
}

function Facts({ state }: { state: CertificateState }) {
  const { texts, language } = useTranslation();
  const t = texts.admin.network.certificate;
  const { names, issuer, valid_from, valid_to, fingerprint, used_by, problem } = state;
  if (problem !== null) {
    return (
      <p className={site.fault} role="alert">
        {problem}
      </p>
    );
  }
  const now = Date.now();
  const day = (at: number) => new Date(at).toLocaleDateString(language, { dateStyle: 'medium' });
  const tone = toneOfCertificate(
    { expires_at: valid_to, problem: null } as Parameters<typeof toneOfCertificate>[0],
    now,
  );
  return (
    <dl className={classes.facts}>
      <dt>{t.names}</dt>
      <dd>{names.join(', ') || '–'}</dd>
      <dt>{t.issuer}</dt>
      <dd>{issuer || '–'}</dd>
      <dt>{t.validity}</dt>
      <dd>
        {t.span(day(valid_from), day(valid_to))}{' '}
        <span className={classes.expiry} data-tone={tone}>
          {tone !== 'good' && <IconAlertTriangle size={15} aria-hidden />}
          <Moment at={valid_to} say={valid_to > now ? t.expires : t.expired} />
        </span>
      </dd>
      <dt>{t.usedBy}</dt>
      <dd>{used_by.join(', ') || t.unused}</dd>
      <dt>{t.fingerprint}</dt>
      <dd className={classes.fingerprint}>{fingerprint}</dd>
    </dl>
  );
}

export interface CertificateFormProps {
  /** The one that is replaced. */
  kept?: Kept;
  /** What its fields begin with. */
  begin?: { name: string; names: readonly string[] };
  onSaved: (id: string) => void;
  onCancel?: () => void;
}

/** Where the fields of a problem are shown. */
const FIELDS = ['/name', '/names', '/pem', '/key'] as const;
type Field = (typeof FIELDS)[number];

/** Brings a certificate, or has one made. */
export function CertificateForm({ kept, begin, onSaved, onCancel }: CertificateFormProps) {
  const { texts, language } = useTranslation();
  const announce = useContext(Announce);
  const reason = useReason();
  const [source, setSource] = useState<CertificateBody['source']>(kept?.object.source ?? 'uploaded');
  const [name, setName] = useState(kept?.object.name ?? begin?.name ?? '');
  const [hosts, setHosts] = useState((kept?.object.names ?? begin?.names ?? []).join('\n'));
  const [pem, setPem] = useState('');
  const [key, setKey] = useState('');
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
        ? { name, source, pem, key }
        : { name, source, names: hosts.split(/[\s,;]+/).filter(Boolean) };
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
        description={source === 'uploaded' ? t.uploadText : t.selfText}
        value={source}
        onChange={({ currentTarget }) => setSource(currentTarget.value as CertificateBody['source'])}
        data={(['uploaded', 'self_signed'] as const).map((value) => ({ value, label: t.how[value] }))}
      />
      <TextInput
        label={t.name}
        required
        value={name}
        error={wrong['/name']}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
      {source === 'uploaded' ? (
        <>
          <PemField label={t.pem} value={pem} error={wrong['/pem']} onChange={setPem} />
          <PemField label={t.key} hint={t.keyHint} value={key} error={wrong['/key']} onChange={setKey} />
        </>
      ) : (
        <Textarea
          label={t.hosts}
          description={t.hostsHint}
          required
          autosize
          minRows={3}
          value={hosts}
          error={wrong['/names']}
          onChange={({ currentTarget }) => setHosts(currentTarget.value)}
        />
      )}
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
          {t.save}
        </BusyButton>
      </div>
    </form>
  );
}

interface PemFieldProps {
  label: string;
  hint?: string;
  value: string;
  error?: string;
  onChange: (text: string) => void;
}

/** PEM text, pasted or of a file. */
function PemField({ label, hint, value, error, onChange }: PemFieldProps) {
  const { texts } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const [binary, setBinary] = useState(false);
  const t = texts.admin.network.certificate;
  const read = async (file: File | undefined) => {
    if (!file) return;
    const text = await file.text();
    setBinary(!text.includes('-----BEGIN '));
    if (text.includes('-----BEGIN ')) onChange(text);
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
        accept=".pem,.crt,.cer,.key,.p12,.pfx"
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
