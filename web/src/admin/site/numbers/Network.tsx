/** Other locations whose numbers this one knows, and what follows from them. */
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import type { GeneratedRule, LocationObject } from '../../../generated/site';
import { useTranslation } from '../../../i18n';
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
  const { texts } = useTranslation();
  const reason = useReason();
  const { country, area_code, numbering, network } = draft;
  // Nothing else of the location counts.
  const counting = { ...draft, country, area_code, numbering, network };
  const { value, failure } = useComputed(JSON.stringify([id, country, area_code, numbering, network]), (signal) =>
    networkOf(id, counting, signal),
  );
  const t = texts.admin.site.rules.networkOf;
  // What is wrong with the draft is told elsewhere.
  if (value === null) {
    return failure === null || draftProblems(failure).length > 0 ? null : (
      <p className={site.plain}>{t.failed(reason(failure))}</p>
    );
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
