/** Certificates: what stands in them, who shows them, and how they come and go. */
import { Button } from '@mantine/core';
import {
  IconAlertTriangle,
  IconCertificate,
  IconDownload,
  IconPlus,
  IconRefresh,
  IconTrash,
  IconUpload,
} from '@tabler/icons-react';
import { useCallback, useContext, useEffect, useState } from 'react';
import { BusyButton } from '../../components/BusyButton';
import type { CertificateObject, CertificateState, Stored } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { Announce, useReason } from '../announce';
import { Moment } from '../clock';
import frame from '../Console.module.css';
import { PageHead } from '../PageHead';
import { toneOfCertificate } from '../troubles';
import { AcmeProgress } from './Acme';
import { useAsk } from './ask';
import { CertificateForm } from './CertificateForm';
import classes from './certificates.module.css';
import { certificateStates, chainUrl, replaceCertificate } from './network';
import { allOf, deleteObject, readStored, urlOfObject, useLoaded } from './objects';
import { useMayChange } from './role';
import site from './site.module.css';

type Kept = Stored<CertificateObject>;

/** How often it is asked how far an authority is, in ms. */
const EVERY = 1500;

export function Certificates() {
  const { texts } = useTranslation();
  const reason = useReason();
  const may = useMayChange('certificates');
  const [adding, setAdding] = useState(false);
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((before) => before + 1), []);
  const load = async () => ({ kept: await allOf('certificates'), states: (await certificateStates()).certificates });
  const loaded = useLoaded('certificates', load, turn);
  const underWay = loaded.value?.states.some(({ acme }) => acme && ['pending', 'working'].includes(acme.standing));
  useEffect(() => {
    if (!underWay) return;
    const timer = setInterval(again, EVERY);
    return () => clearInterval(timer);
  }, [underWay, again]);
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
              again();
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
            onChanged={again}
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
  const { name, source, names, acme } = kept.object;
  const awaited = source === 'acme' && kept.object.chain === '';
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
    attempt(
      async () => {
        const { tag } = await readStored(urlOfObject('certificates', kept.id));
        await replaceCertificate(kept.id, tag, { name, source, names, renew: true, ...(acme && { acme }) });
      },
      source === 'acme' ? t.acme.asked(name) : t.renewed(name),
    );
  return (
    <li className={`card ${classes.card}`}>
      <Head name={name} about={t.source[source]} />
      {state && (awaited ? <Awaited state={state} /> : <Facts state={state} />)}
      {state?.acme && <AcmeProgress acme={state.acme} names={names} />}
      <div className={classes.actions}>
        {!awaited && (
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
        )}
        {may && source !== 'uploaded' && (
          <BusyButton
            variant="default"
            size="xs"
            busy={busy || state?.acme?.standing === 'working'}
            leftSection={<IconRefresh size={16} aria-hidden />}
            onClick={() => void renew()}
          >
            {source === 'self_signed' ? t.renew : awaited || state?.acme?.failure ? t.acme.retry : t.acme.renew}
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
            {source === 'acme' ? t.acme.change : t.replace}
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

/** What is known of a certificate that has not come yet. */
function Awaited({ state: { names, used_by } }: { state: CertificateState }) {
  const { texts } = useTranslation();
  const t = texts.admin.network.certificate;
  return (
    <>
      <dl className={classes.facts}>
        <dt>{t.names}</dt>
        <dd>{names.join(', ')}</dd>
        <dt>{t.usedBy}</dt>
        <dd>{used_by.join(', ') || t.unused}</dd>
      </dl>
      {used_by.length > 0 && <p className={site.plain}>{t.acme.meanwhile}</p>}
    </>
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
