/** Tries a line group out as it stands in the form, without keeping anything. */
import { Button, NativeSelect, PasswordInput, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleDashed, IconPlugConnected } from '@tabler/icons-react';
import { useState } from 'react';
import type { LineGroupObject, TrialReport } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { faultSentence } from '../../i18n/causes';
import { Problem, parsed, request } from '../../protocol/http';
import { useReason } from '../announce';
import { useFormFields } from '../parts/RecordForm';
import { sent } from '../parts/rest';
import { listOf, ANY, useLoaded } from './objects';
import { inLanguage } from './rights';
import { useMayChange } from './role';
import { Columns, Section } from './Section';
import classes from './site.module.css';

/** Lines that can be chosen. */
const LINES = 100;
const OTHER = 'other';
const NOBODY = 'nobody';

const signs = { done: IconCircleCheck, failed: IconAlertTriangle, skipped: IconCircleDashed };

export function TestConnection({ id }: { id: string | null }) {
  const { texts, language } = useTranslation();
  const { form } = useFormFields();
  const may = useMayChange('line_groups');
  const reason = useReason();
  const known = useLoaded(id && `lines of ${id}`, () =>
    listOf('lines', { ...ANY, filter: { group: id ?? '' } }, null, LINES),
  );
  const [wanted, setWanted] = useState<string | null>(null);
  const [account, setAccount] = useState({ user_name: '', auth_name: '', password: '' });
  const [busy, setBusy] = useState(false);
  const [report, setReport] = useState<TrialReport | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const body = form.values as unknown as LineGroupObject;
  const t = texts.admin.site.lineGroup.test;
  if (!may || body.kind === 'trunk-registrar') return null;
  const lines = known.value?.items ?? [];
  const as = wanted ?? lines[0]?.id ?? (body.kind === 'trunk-fixed' ? NOBODY : OTHER);
  const chosen = lines.find((line) => line.id === as);
  const line =
    as === NOBODY
      ? null
      : chosen
        ? { id: chosen.id, user_name: chosen.object.user_name, auth_name: chosen.object.auth_name }
        : account;
  const start = async () => {
    if (busy) return;
    setBusy(true);
    setReport(null);
    setFailure(null);
    try {
      const answer = await request('/api/v1/admin/line_groups/test', {
        method: 'POST',
        ...sent({ id, line_group: body, line }),
      });
      setReport(parsed<TrialReport>(answer));
    } catch (error) {
      const errors = error instanceof Problem ? error.errors : [];
      const said = errors.map((each) => faultSentence(each, language)).join(' ');
      setFailure(t.failed(said || reason(error)));
    } finally {
      setBusy(false);
    }
  };
  const set = (change: Partial<typeof account>) => setAccount((before) => ({ ...before, ...change }));
  return (
    <Section name="test" title={texts.admin.site.lineGroup.sections.test} text={t.text}>
      <NativeSelect
        label={t.as}
        value={as}
        onChange={({ currentTarget }) => setWanted(currentTarget.value)}
        data={[
          ...lines.map((each) => ({ value: each.id, label: each.object.number })),
          { value: OTHER, label: t.other },
          { value: NOBODY, label: t.nobody },
        ]}
      />
      {as === OTHER && (
        <Columns>
          <TextInput
            label={t.userName}
            value={account.user_name}
            onChange={({ currentTarget }) => set({ user_name: currentTarget.value })}
          />
          <PasswordInput
            label={t.password}
            autoComplete="off"
            value={account.password}
            onChange={({ currentTarget }) => set({ password: currentTarget.value })}
            visibilityToggleButtonProps={{ 'aria-label': t.show, tabIndex: 0 }}
          />
          <TextInput
            label={t.authName}
            description={t.authNameHint}
            value={account.auth_name}
            onChange={({ currentTarget }) => set({ auth_name: currentTarget.value })}
          />
        </Columns>
      )}
      <Button
        className={classes.add}
        variant="default"
        loading={busy}
        leftSection={<IconPlugConnected size={17} aria-hidden />}
        onClick={() => void start()}
      >
        {t.start}
      </Button>
      <div role="status">
        {failure !== null && (
          <p className={classes.warning}>
            <IconAlertTriangle size={18} aria-hidden />
            <span>{failure}</span>
          </p>
        )}
        {report && (
          <>
            <p className={classes.verdict} data-ok={report.ok || undefined}>
              {report.ok ? t.ok : t.notOk}
            </p>
            <ol className={classes.steps}>
              {report.steps.map(({ step, outcome, ...said }) => {
                const Sign = signs[outcome];
                return (
                  <li key={step} data-outcome={outcome}>
                    <Sign size={18} aria-hidden />
                    <span>
                      <b>{t.steps[step]}</b>
                      <br />
                      {outcome === 'skipped' ? t.skipped : inLanguage(said, language)}
                    </span>
                  </li>
                );
              })}
            </ol>
            {report.verdict && report.verdict.fix_english !== '' && (
              <p className={classes.text}>
                <b>{t.fix}: </b>
                {language === 'de' ? report.verdict.fix_german : report.verdict.fix_english}
              </p>
            )}
          </>
        )}
      </div>
    </Section>
  );
}
