/** What holds for the whole server. */
import { Button } from '@mantine/core';
import type { SecondFactorRule, SettingsObject, Stored } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { useReason } from '../announce';
import frame from '../Console.module.css';
import { PageHead } from '../PageHead';
import { NumberField, SelectField, SwitchField, TextField } from '../parts/fields';
import { RecordForm } from '../parts/RecordForm';
import { useRead } from '../parts/useRead';
import { bodyOf, readStored, replaceBody, SETTINGS } from './objects';
import { useMayChange } from './role';
import { Columns, Section, Sections } from './Section';
import { GrantField, ServicesField } from './siteFields';
import classes from './site.module.css';
import { MAX_CLIENTS } from './UserPage';
import { useWords } from './words';

const SECTIONS = ['general', 'rights', 'services', 'monitor', 'signIn'] as const;
const SECOND_FACTOR: readonly SecondFactorRule[] = ['optional', 'administrators', 'everybody'];
const MAX_LENGTH = 128;
const MAX_DAYS = 3650;

export function SettingsPage() {
  const { texts } = useTranslation();
  const reason = useReason();
  const { known, failure, again } = useRead<Stored<SettingsObject>>(SETTINGS);
  const may = useMayChange('settings');
  const words = useWords();
  const t = texts.admin.site.settings;
  return (
    <>
      <div className={classes.listHead}>
        <PageHead title={t.title} lead={t.lead} />
      </div>
      {known === null ? (
        failure === null ? (
          <p className={frame.loading}>{texts.signIn.loading}</p>
        ) : (
          <section className={`card ${classes.section}`} role="alert">
            <p className={classes.plain}>{texts.admin.site.notThere(reason(failure))}</p>
            <Button variant="default" onClick={again}>
              {texts.admin.site.again}
            </Button>
          </section>
        )
      ) : (
        <Sections names={SECTIONS.map((key) => ({ key, title: t.sections[key] }))}>
          <RecordForm<SettingsObject>
            known={bodyOf(known)}
            labels={t.fields}
            words={words}
            readOnly={!may || known.value.from_file}
            save={(changed) => replaceBody(SETTINGS, changed)}
            reload={async () => bodyOf(await readStored<SettingsObject>(SETTINGS))}
          >
            <Section name="general" title={t.sections.general}>
              <Columns>
                <TextField at="/server_name" />
                <TextField at="/presence_domain" hint={t.domainHint} placeholder="example.com" />
              </Columns>
              <SwitchField at="/bind_lines" hint={t.bindHint} />
            </Section>
            <Section name="rights" title={t.sections.rights} text={t.rightsText}>
              <GrantField at="/grant" />
            </Section>
            <Section name="services" title={t.sections.services} text={t.servicesText}>
              <ServicesField at="/services" />
            </Section>
            <Section name="monitor" title={t.sections.monitor} text={t.monitorText}>
              <SwitchField at="/all_in_monitor" />
              <GrantField at="/monitor_grant" />
            </Section>
            <Section name="signIn" title={t.sections.signIn}>
              <Columns>
                <NumberField at="/max_clients" least={1} most={MAX_CLIENTS} />
                <NumberField at="/session_days" least={1} most={MAX_DAYS} />
                <NumberField at="/password/min_length" least={1} most={MAX_LENGTH} />
                <SelectField
                  at="/second_factor"
                  hint={t.secondFactorHint}
                  options={SECOND_FACTOR.map((value) => ({ value, label: t.secondFactor[value] }))}
                />
              </Columns>
            </Section>
          </RecordForm>
        </Sections>
      )}
    </>
  );
}
