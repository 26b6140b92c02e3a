/** Profiles: what clients of users are set to. */
import { Checkbox, NativeSelect, Switch, TextInput } from '@mantine/core';
import type { Preset, ProfileObject, Stored } from '../../generated/site';
import { settings, type Values } from '../../generated/siteTables';
import { useTranslation } from '../../i18n';
import type { Column } from '../parts/DataTable';
import { TextField, useValue } from '../parts/fields';
import { WholeNumber } from '../parts/WholeNumber';
import { ObjectList } from './ObjectList';
import { ObjectPage } from './ObjectPage';
import { inLanguage } from './rights';
import { Columns, Section } from './Section';
import { Fault } from './siteFields';
import classes from './site.module.css';

const BLANK: ProfileObject = { name: '', description: '', settings: {} };
/** It always exists. */
const DEFAULT = 'Default';

export function Profiles() {
  const { texts, number } = useTranslation();
  const t = texts.admin.site.profile.fields;
  const columns: Column<Stored<ProfileObject>>[] = [
    { key: 'name', title: t['/name'], sort: 'name', cell: ({ object }) => object.name },
    { key: 'description', title: t['/description'], sort: 'description', cell: ({ object }) => object.description },
    {
      key: 'settings',
      title: t['/settings'],
      width: '160px',
      cell: ({ object }) => <span className="numbers">{number(Object.keys(object.settings).length)}</span>,
    },
  ];
  return <ObjectList kind="profiles" columns={columns} />;
}

export function ProfilePage({ id }: { id: string }) {
  const { texts } = useTranslation();
  const t = texts.admin.site.profile;
  return (
    <ObjectPage
      kind="profiles"
      id={id}
      blank={BLANK}
      labels={t.fields}
      sections={[
        { key: 'general', title: t.section },
        { key: 'settings', title: t.fields['/settings'] },
      ]}
      goes={t.goes}
      deletable={({ object }) => object.name !== DEFAULT}
    >
      {() => (
        <>
          <Section name="general" title={t.section}>
            <Columns>
              <TextField at="/name" required />
              <TextField at="/description" />
            </Columns>
          </Section>
          <Section name="settings" title={t.fields['/settings']} text={t.text}>
            <Presets />
          </Section>
        </>
      )}
    </ObjectPage>
  );
}

/** What a setting is at first, when it is preset. */
function firstOf(values: Values): Preset['value'] {
  switch (values.kind) {
    case 'switch':
      return false;
    case 'number':
      return values.least;
    case 'choice':
      return values.words[0] ?? '';
    case 'text':
      return '';
  }
}

function Presets() {
  const { texts, language } = useTranslation();
  const { value, onChange, error } = useValue<ProfileObject['settings']>('/settings');
  const t = texts.admin.site.profile;
  const put = (key: string, preset: Preset | null) => {
    const { [key]: _, ...others } = value;
    onChange(preset === null ? others : { ...others, [key]: preset });
  };
  return (
    <>
      <Fault error={error} />
      <ul className={classes.rows}>
        {settings.map((setting) => {
          const { key, values } = setting;
          const preset = value[key];
          const name = inLanguage(setting, language);
          return (
            <li key={key}>
              <div className={classes.preset}>
                <Checkbox
                  label={name}
                  checked={preset !== undefined}
                  onChange={({ currentTarget }) =>
                    put(key, currentTarget.checked ? { value: firstOf(values), locked: false } : null)
                  }
                />
                {preset && (
                  <>
                    <Control
                      name={name}
                      values={values}
                      value={preset.value}
                      onChange={(now) => put(key, { ...preset, value: now })}
                    />
                    <Switch
                      label={t.locked}
                      checked={preset.locked}
                      onChange={({ currentTarget }) => put(key, { ...preset, locked: currentTarget.checked })}
                    />
                  </>
                )}
              </div>
            </li>
          );
        })}
      </ul>
    </>
  );
}

interface ControlProps {
  name: string;
  values: Values;
  value: Preset['value'];
  onChange: (value: Preset['value']) => void;
}

function Control({ name, values, value, onChange }: ControlProps) {
  const { texts } = useTranslation();
  const t = texts.admin.site.profile;
  const { yes, no } = texts.admin.parts.conflict;
  const label = t.valueOf(name);
  switch (values.kind) {
    case 'switch':
      return (
        <NativeSelect
          aria-label={label}
          value={String(value)}
          onChange={({ currentTarget }) => onChange(currentTarget.value === 'true')}
          data={[
            { value: 'true', label: yes },
            { value: 'false', label: no },
          ]}
        />
      );
    case 'number':
      return (
        <WholeNumber
          aria-label={label}
          value={Number(value)}
          min={values.least}
          max={values.most}
          clampBehavior="blur"
          onChange={onChange}
        />
      );
    case 'choice':
      return (
        <NativeSelect
          aria-label={label}
          value={String(value)}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
          data={values.words.map((word) => ({ value: word, label: t.choices[word as keyof typeof t.choices] ?? word }))}
        />
      );
    case 'text':
      return (
        <TextInput
          aria-label={label}
          value={String(value)}
          maxLength={values.most}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        />
      );
  }
}
