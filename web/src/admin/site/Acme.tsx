/** Certificates of an authority: what is set for them, and how they come. */
import { Anchor, Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleDashed, IconLoader2, IconRefresh } from '@tabler/icons-react';
import type { AcmeSettings, AcmeState, AcmeStep } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { Moment } from '../clock';
import type { Field } from './CertificateForm';
import classes from './certificates.module.css';
import { PemField } from './PemField';
import { inLanguage } from './rights';
import site from './site.module.css';

const DIRECTORY = 'https://acme-v02.api.letsencrypt.org/directory';
const TERMS = 'https://letsencrypt.org/repository/';
const HTTP = ':80';

/** What a form begins with. */
export const LETS_ENCRYPT: AcmeSettings = { directory: DIRECTORY, ca: '', contact: '', terms_accepted: false };

export interface AcmeFieldsProps {
  acme: AcmeSettings;
  wrong: Partial<Record<Field | '', string>>;
  onChange: (acme: AcmeSettings) => void;
}

/** Which authority, and what it wants to know. */
export function AcmeFields({ acme, wrong, onChange }: AcmeFieldsProps) {
  const { texts } = useTranslation();
  const t = texts.admin.network.certificate.acme;
  const isOwn = acme.directory !== DIRECTORY;
  const set = (change: Partial<AcmeSettings>) => onChange({ ...acme, ...change });
  return (
    <>
      <NativeSelect
        label={t.authority}
        value={isOwn ? 'own' : 'lets_encrypt'}
        onChange={({ currentTarget: { value } }) => set({ directory: value === 'own' ? '' : DIRECTORY, ca: '' })}
        data={[
          { value: 'lets_encrypt', label: 'Let’s Encrypt' },
          { value: 'own', label: t.another },
        ]}
      />
      {isOwn && (
        <>
          <TextInput
            label={t.directory}
            required
            type="url"
            placeholder="https://ca.example.com/acme/directory"
            value={acme.directory}
            error={wrong['/acme/directory']}
            onChange={({ currentTarget }) => set({ directory: currentTarget.value })}
          />
          <PemField
            label={t.ca}
            hint={t.caHint}
            value={acme.ca}
            error={wrong['/acme/ca']}
            onChange={(ca) => set({ ca })}
          />
        </>
      )}
      <TextInput
        label={t.contact}
        description={t.contactHint}
        type="email"
        value={acme.contact}
        error={wrong['/acme/contact']}
        onChange={({ currentTarget }) => set({ contact: currentTarget.value })}
      />
      <Checkbox
        label={
          isOwn ? (
            t.terms
          ) : (
            <>
              {t.terms}{' '}
              <Anchor href={TERMS} target="_blank" rel="noreferrer" underline="always">
                {t.readTerms}
              </Anchor>
            </>
          )
        }
        checked={acme.terms_accepted}
        aria-invalid={wrong['/acme/terms_accepted'] !== undefined}
        error={wrong['/acme/terms_accepted']}
        onChange={({ currentTarget }) => set({ terms_accepted: currentTarget.checked })}
      />
    </>
  );
}

const SIGNS = { doing: IconLoader2, done: IconCircleCheck, failed: IconAlertTriangle, skipped: IconCircleDashed };

export interface AcmeProgressProps {
  acme: AcmeState;
  names: readonly string[];
}

/** How far an authority is, why it has given nothing, and when it is asked again. */
export function AcmeProgress({ acme, names }: AcmeProgressProps) {
  const { texts, language } = useTranslation();
  const t = texts.admin.network.certificate.acme;
  const { standing, steps, next_at, failure, answers_at } = acme;
  const shown = standing === 'failed' ? failure : null;
  return (
    <div className={classes.acme}>
      <div role="status">
        {standing === 'working' && <p className={site.plain}>{t.working}</p>}
        {standing === 'pending' && <p className={site.plain}>{t.pending}</p>}
        {standing === 'valid' && next_at !== null && (
          <p className={classes.sign}>
            <IconRefresh size={18} aria-hidden />
            <Moment at={next_at} say={next_at > Date.now() ? t.renewed : () => t.renewedSoon} />
          </p>
        )}
        {shown && (
          <div className={classes.failure}>
            <IconAlertTriangle size={19} aria-hidden />
            <div>
              <p>{inLanguage(shown, language)}</p>
              <p>{language === 'de' ? shown.fix_german : shown.fix_english}</p>
              <p className={site.plain}>
                <Moment at={shown.at} say={t.failedAt} />{' '}
                {next_at !== null && <Moment at={next_at} say={next_at > Date.now() ? t.next : () => t.nextSoon} />}
              </p>
            </div>
          </div>
        )}
      </div>
      {standing !== 'valid' && steps.length > 0 && (
        <ol className={site.steps} aria-label={t.stepsLabel}>
          {steps.map((step) => (
            <Step key={step.step + step.name} step={step} />
          ))}
        </ol>
      )}
      {standing !== 'valid' && <Reach answersAt={answers_at} names={names} />}
    </div>
  );
}

function Step({ step: { step, name, outcome, asked } }: { step: AcmeStep }) {
  const { texts } = useTranslation();
  const t = texts.admin.network.certificate.acme;
  const Sign = SIGNS[outcome];
  // A name may have been proven for another certificate a while ago.
  const said = asked ? t.wasAsked : outcome === 'doing' ? t.notYet : outcome === 'failed' ? t.wasNotAsked : '';
  return (
    <li data-outcome={outcome}>
      <Sign size={18} aria-hidden />
      <span>
        <b>{step === 'prove' ? t.prove(name) : t.steps[step]}</b>
        <br />
        {t.outcomes[outcome]}
        {step === 'prove' && said !== '' && ` ${said}`}
      </span>
    </li>
  );
}

/** What has to be reachable. */
function Reach({ answersAt, names }: { answersAt: readonly string[]; names: readonly string[] }) {
  const { texts } = useTranslation();
  const t = texts.admin.network.certificate.acme;
  const places = answersAt.join(', ');
  return (
    <p className={site.plain}>
      {t.reach(names.map((name) => `http://${name}/`).join(', '))}{' '}
      {answersAt.length === 0
        ? t.nowhere
        : answersAt.some((place) => place.endsWith(HTTP))
          ? t.answersAt(places)
          : t.passOn(places)}
    </p>
  );
}
