/** The sections of a location's page about its rules. */
import { NativeSelect, TextInput } from '@mantine/core';
import type {
  AreaCodeRule,
  EmergencyRule,
  LocationObject,
  Project,
  ProjectUse,
  SimpleRule,
} from '../../../generated/site';
import { blankLocation, callingCodes } from '../../../generated/siteTables';
import { useTranslation } from '../../../i18n';
import { NumberField, SelectField, SwitchField, TextField, useValue } from '../../parts/fields';
import { same } from '../../parts/merge';
import { useFormFields } from '../../parts/RecordForm';
import { WholeNumber } from '../../parts/WholeNumber';
import { Columns, Section } from '../Section';
import site from '../site.module.css';
import classes from './numbers.module.css';
import { NumberRules } from './NumberRules';
import { RuleList } from './RuleList';
import { areSorted, MAX_PRIORITY, nextPriority } from './rules';
import { WordsField, WordsInput } from './WordsField';

const CALLS = ['incoming', 'outgoing', 'forwarding', 'connected_incoming', 'connected_outgoing'] as const;
const USES: readonly ProjectUse[] = ['journal', 'dial_and_journal', 'dial', 'private'];
/** The calling code of all countries of the North American numbering plan. */
const NORTH_AMERICAN = '1';
const OWN_AREAS = ['free', 'free_but', 'charged_but'] as const;

export function Strip() {
  const { texts } = useTranslation();
  const t = texts.admin.site.rules;
  return (
    <Section name="strip" title={t.sections.strip} text={t.texts.strip}>
      <Columns>
        {CALLS.map((call) => (
          <WordsField key={call} at={`/strip/${call}`} />
        ))}
      </Columns>
      <SwitchField at="/ignore_connected_id" hint={t.hints.connected} />
    </Section>
  );
}

export function InternalOrExternal() {
  const { texts } = useTranslation();
  const t = texts.admin.site.rules;
  return (
    <Section name="internal" title={t.sections.internal} text={t.texts.internal}>
      <NumberRules at="/external_rules" />
      <NumberRules at="/internal_rules" />
    </Section>
  );
}

export function LineNumbers() {
  const { texts } = useTranslation();
  const t = texts.admin.site.rules;
  return (
    <Section name="lines" title={t.sections.lines} text={t.texts.lines}>
      <NumberRules at="/line_rules" needed />
    </Section>
  );
}

export function Formatting() {
  const { texts } = useTranslation();
  const t = texts.admin.site.rules;
  return (
    <Section name="formatting" title={t.sections.formatting} text={t.texts.formatting}>
      {(['incoming', 'outgoing', 'dialling', 'dialling_final'] as const).map((list) => (
        <NumberRules key={list} at={`/formatting/${list}`} />
      ))}
    </Section>
  );
}

export function Emergency() {
  const { texts } = useTranslation();
  const t = texts.admin.site.rules;
  return (
    <Section name="emergency" title={t.sections.emergency} text={t.texts.emergency}>
      <SwitchField at="/emergency/enabled" hint={t.hints.emergency} />
      <RuleList<EmergencyRule> at="/emergency/rules" blank={{ name: '', subnet: '', numbers: [], prefix: '' }}>
        {({ rule, put, fault }) => (
          <div className={classes.four}>
            <TextInput
              label={t.rule.name}
              value={rule.name}
              error={fault('name')}
              onChange={({ currentTarget }) => put({ name: currentTarget.value })}
            />
            <TextInput
              label={t.rule.subnet}
              classNames={{ input: classes.code }}
              placeholder="192.0.2.0/24"
              value={rule.subnet}
              error={fault('subnet')}
              onChange={({ currentTarget }) => put({ subnet: currentTarget.value })}
            />
            <WordsInput
              label={t.rule.numbers}
              value={rule.numbers}
              error={fault('numbers')}
              onChange={(numbers) => put({ numbers })}
            />
            <TextInput
              label={t.rule.prefix}
              type="tel"
              value={rule.prefix}
              error={fault('prefix')}
              onChange={({ currentTarget }) => put({ prefix: currentTarget.value })}
            />
          </div>
        )}
      </RuleList>
    </Section>
  );
}

export function Projects() {
  const { texts } = useTranslation();
  const t = texts.admin.site.rules;
  const words = { ...t.project, remove: ({ name }: Project) => t.project.remove(name) };
  return (
    <Section name="projects" title={t.sections.projects} text={t.texts.projects}>
      <p className={site.text}>{t.hints.projectCode}</p>
      <RuleList<Project> at="/projects" blank={{ name: '', code: '', use: 'dial' }} ordered={false} words={words}>
        {({ rule, put, fault }) => (
          <div className={classes.three}>
            <TextInput
              label={t.project.name}
              value={rule.name}
              error={fault('name')}
              onChange={({ currentTarget }) => put({ name: currentTarget.value })}
            />
            <TextInput
              label={t.project.code}
              classNames={{ input: classes.code }}
              spellCheck={false}
              autoCapitalize="off"
              value={rule.code}
              error={fault('code')}
              onChange={({ currentTarget }) => put({ code: currentTarget.value })}
            />
            <NativeSelect
              label={t.project.use}
              value={rule.use}
              onChange={({ currentTarget }) => put({ use: currentTarget.value as ProjectUse })}
              data={USES.map((value) => ({ value, label: t.uses[value] }))}
            />
          </div>
        )}
      </RuleList>
    </Section>
  );
}

export function Special() {
  const { texts } = useTranslation();
  const { form } = useFormFields();
  const { country, north_america: plan } = form.values as unknown as LocationObject;
  const t = texts.admin.site.rules;
  return (
    <Section name="special" title={t.sections.special} text={t.texts.special}>
      <Columns>
        <SelectField
          at="/output"
          hint={t.hints.output}
          options={(['dialled', 'e164'] as const).map((value) => ({ value, label: t.outputs[value] }))}
        />
        <WordsField at="/vanity" hint={t.hints.vanity} />
      </Columns>
      <SwitchField at="/always_area_code" />
      <SwitchField at="/split_long_numbers" hint={t.hints.split} />
      {(callingCodes[country] === NORTH_AMERICAN || !same(plan, blankLocation.north_america)) && <NorthAmerica />}
    </Section>
  );
}

/** Which calls are free there, and dialled without the long-distance digit. */
function NorthAmerica() {
  const { texts } = useTranslation();
  const { labels } = useFormFields();
  const { value: own } = useValue<LocationObject['north_america']['own_area']>('/north_america/own_area');
  const t = texts.admin.site.rules;
  const words = { ...t.area, remove: ({ area_code: code }: AreaCodeRule) => t.area.remove(code) };
  return (
    <>
      <h3>{t.area.title}</h3>
      <Columns>
        <SelectField
          at="/north_america/own_area"
          options={OWN_AREAS.map((value) => ({ value, label: t.ownAreas[value] }))}
        />
        {own !== 'free' && <WordsField at="/north_america/own_prefixes" hint={t.hints.ownPrefixes} many />}
      </Columns>
      <h4>{labels['/north_america/free_areas']}</h4>
      <RuleList<AreaCodeRule>
        at="/north_america/free_areas"
        blank={{ area_code: '', prefixes: [] }}
        ordered={false}
        words={words}
      >
        {({ rule, put, fault }) => (
          <div className={classes.two}>
            <TextInput
              label={t.area.code}
              type="tel"
              value={rule.area_code}
              error={fault('area_code')}
              onChange={({ currentTarget }) => put({ area_code: currentTarget.value })}
            />
            <WordsInput
              label={t.area.prefixes}
              value={rule.prefixes}
              error={fault('prefixes')}
              onChange={(prefixes) => put({ prefixes })}
              many
            />
          </div>
        )}
      </RuleList>
    </>
  );
}

export function DialectChoice() {
  const { texts } = useTranslation();
  const t = texts.admin.site.rules;
  return (
    <SelectField
      at="/dialect"
      options={(['full', 'simple'] as const).map((value) => ({ value, label: t.dialects[value] }))}
    />
  );
}

export function Simple() {
  const { texts } = useTranslation();
  const { labels } = useFormFields();
  const { value: rules } = useValue<SimpleRule[]>('/simple/rules');
  const t = texts.admin.site.rules;
  return (
    <Section name="simple" title={t.sections.simple} text={t.texts.simple}>
      <Columns>
        <TextField at="/simple/international_prefix" type="tel" />
        <TextField at="/simple/country_prefix" type="tel" />
        <TextField at="/simple/external_prefix" type="tel" />
        <NumberField at="/simple/internal_length" least={0} most={15} hint={t.hints.internalLength} />
        <TextField at="/simple/incoming_remove" type="tel" />
        <TextField at="/simple/incoming_add" type="tel" />
        <NumberField at="/simple/reverse_length" least={0} most={15} hint={t.hints.reverseLength} />
      </Columns>
      <h3>{labels['/simple/rules']}</h3>
      <p className={site.text}>{t.hints.simplePattern}</p>
      {/* Not while somebody types: what has the focus would become another rule's field. */}
      <div role="status">{!areSorted(rules) && <p className={site.text}>{t.rule.sorted}</p>}</div>
      <RuleList<SimpleRule>
        at="/simple/rules"
        blank={{ priority: nextPriority(rules), pattern: '', value: '' }}
        movable={false}
      >
        {({ rule, put, fault }) => (
          <div className={classes.three}>
            <WholeNumber
              label={t.rule.priority}
              value={rule.priority}
              min={0}
              max={MAX_PRIORITY}
              error={fault('priority')}
              onChange={(priority) => put({ priority })}
            />
            <TextInput
              label={t.rule.begins}
              classNames={{ input: classes.code }}
              spellCheck={false}
              autoCapitalize="off"
              value={rule.pattern}
              error={fault('pattern')}
              onChange={({ currentTarget }) => put({ pattern: currentTarget.value })}
            />
            <TextInput
              label={t.rule.value}
              classNames={{ input: classes.code }}
              spellCheck={false}
              autoCapitalize="off"
              value={rule.value}
              error={fault('value')}
              onChange={({ currentTarget }) => put({ value: currentTarget.value })}
            />
          </div>
        )}
      </RuleList>
    </Section>
  );
}
