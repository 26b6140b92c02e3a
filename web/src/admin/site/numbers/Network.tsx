/** Other locations whose numbers this one knows, and what follows from them. */
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import type { GeneratedRule, LocationObject } from '../../../generated/site';
import { blankLocation } from '../../../generated/siteTables';
import { useTranslation } from '../../../i18n';
import { faultSentence } from '../../../i18n/causes';
import { useReason } from '../../announce';
import { SwitchField } from '../../parts/fields';
import { useFormFields } from '../../parts/RecordForm';
import { PlainTable } from '../../PlainTable';
import { Section } from '../Section';
import site from '../site.module.css';
import { draftProblems, networkOf, useComputed } from './explain';
import { withoutBlank } from './rules';

export function Network({ id }: { id: string | null }) {
  const { texts } = useTranslation();
  const { form } = useFormFields();
  const { network } = form.values as unknown as LocationObject;
  const t = texts.admin.site.rules;
  return (
    <Section name="network" title={t.sections.network} text={t.texts.network}>
      <SwitchField at="/network/enabled" />
      {network.enabled && (
        <>
          <SwitchField at="/network/detect" />
          <SwitchField at="/network/search" />
          <SwitchField at="/network/shorten" />
          <Following id={id} draft={withoutBlank(form.values as unknown as LocationObject)} />
        </>
      )}
    </Section>
  );
}

/** Overlaps, and the rules that nobody edits. */
function Following({ id, draft }: { id: string | null; draft: LocationObject }) {
  const { texts, language } = useTranslation();
  const reason = useReason();
  const { country, area_code, has_pbx, numbering, network } = draft;
  // Nothing else counts; what is wrong elsewhere is no reason not to know what follows.
  const counting = { ...blankLocation, country, area_code, has_pbx, numbering, network };
  const { value, failure } = useComputed(JSON.stringify([id, counting]), (signal) => networkOf(id, counting, signal));
  const t = texts.admin.site.rules.networkOf;
  if (value === null) {
    if (failure === null) return null;
    const wrong = draftProblems(failure).map((each) => faultSentence(each, language));
    return <p className={site.plain}>{t.failed(wrong.length > 0 ? [...new Set(wrong)].join(' ') : reason(failure))}</p>;
  }
  const { overlaps, internal_rules: internal, dialling_rules: dialling } = value;
  return (
    <>
      <div role="status">
        {overlaps.length === 0 ? (
          <p className={site.sign} data-on>
            <IconCircleCheck size={18} aria-hidden />
            {t.noOverlaps}
          </p>
        ) : (
          <div className={site.warning}>
            <IconAlertTriangle size={18} aria-hidden />
            <div>
              {t.overlaps}
              <ul>
                {overlaps.map(({ from, to, location }) => (
                  <li key={`${from} ${to} ${location}`}>{t.overlap(from, to, location)}</li>
                ))}
              </ul>
            </div>
          </div>
        )}
      </div>
      <Generated title={t.internal} rules={internal} />
      <Generated title={t.dialling} rules={dialling} />
    </>
  );
}

function Generated({ title, rules }: { title: string; rules: readonly GeneratedRule[] }) {
  const { texts } = useTranslation();
  const t = texts.admin.site.rules.networkOf;
  return (
    <details className={site.details}>
      <summary>
        {title} ({rules.length})
      </summary>
      {rules.length === 0 ? (
        <p className={site.plain}>{t.none}</p>
      ) : (
        <PlainTable
          label={title}
          columns={[t.location, t.pattern, t.becomes]}
          rows={rules.map(({ location, pattern, replacement }) => ({
            key: pattern,
            cells: [location, <code>{pattern}</code>, <code>{replacement}</code>],
          }))}
        />
      )}
    </details>
  );
}
