/** A group. */
import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { GroupKey, GroupObject, MonitorGroup } from '../../generated/site';
import { Switch } from '@mantine/core';
import { useTranslation } from '../../i18n';
import { useReason } from '../announce';
import { SwitchField, TextField, useValue } from '../parts/fields';
import { addressOf, Link } from '../route';
import { remember, titleBy, useTitles } from './names';
import { allOf, useLoaded } from './objects';
import { NEW, ObjectPage } from './ObjectPage';
import { ObjectAdder } from './ObjectPicker';
import { Columns, Section } from './Section';
import { Fault, GrantField, ObjectField, Rows, RowsField, ServicesField } from './siteFields';
import classes from './site.module.css';
import { useWords } from './words';

/** Members that are drawn at once; typing finds the others. */
const SHOWN = 100;

const BLANK: GroupObject = {
  name: '',
  description: '',
  active: true,
  leader: null,
  deputy: null,
  members: [],
  member_grant: { level: 'none' },
  leader_grant: { level: 'none' },
  services: [],
  journal: { leader_sees: false, members_see: false, may_change: false },
  monitor_groups: [],
  keys: [],
};
const KEY: GroupKey = { label: '', number: '', monitor: true, favorites: false };
const SECTIONS = ['general', 'members', 'mutual', 'leader', 'services', 'journal', 'monitor', 'keys'] as const;

export function GroupPage({ id }: { id: string }) {
  const { texts } = useTranslation();
  const words = useWords();
  const t = texts.admin.site.group;
  return (
    <ObjectPage
      kind="groups"
      id={id}
      blank={BLANK}
      labels={t.fields}
      words={words}
      sections={SECTIONS.map((key) => ({ key, title: t.sections[key] }))}
      goes={t.goes}
    >
      {(stored) => (
        <>
          <Section name="general" title={t.sections.general}>
            <Columns>
              <TextField at="/name" required />
              <TextField at="/description" />
              <ObjectField at="/leader" kind="users" description={t.leaderHint} />
              <ObjectField at="/deputy" kind="users" />
            </Columns>
            <SwitchField at="/active" hint={t.activeHint} />
          </Section>
          <Section name="members" title={t.sections.members} searched>
            <Members group={id} />
          </Section>
          <Section name="mutual" title={t.sections.mutual} text={t.mutualText}>
            <GrantField at="/member_grant" />
          </Section>
          <Section name="leader" title={t.sections.leader} text={t.leaderText}>
            <GrantField at="/leader_grant" />
          </Section>
          <Section name="services" title={t.sections.services} text={t.servicesText}>
            <ServicesField at="/services" />
          </Section>
          <Section name="journal" title={t.sections.journal} text={t.journalText}>
            <SwitchField at="/journal/leader_sees" />
            <SwitchField at="/journal/members_see" />
            <SwitchField at="/journal/may_change" hint={t.mayChangeHint} />
          </Section>
          <Section name="monitor" title={t.sections.monitor} text={t.monitorText}>
            <MonitorGroups group={stored.id} />
          </Section>
          <Section name="keys" title={t.sections.keys} text={t.keysText}>
            <RowsField<GroupKey>
              at="/keys"
              blank={KEY}
              fields={[
                { key: 'label', label: t.key.label, type: 'text' },
                { key: 'number', label: t.key.number, type: 'text' },
                { key: 'monitor', label: t.key.monitor, type: 'switch' },
                { key: 'favorites', label: t.key.favorites, type: 'switch' },
              ]}
              add={t.key.add}
              remove={({ label }) => t.key.remove(label)}
              empty={t.key.none}
            />
          </Section>
        </>
      )}
    </ObjectPage>
  );
}

/** Who is in the group. */
function Members({ group }: { group: string }) {
  const { texts, number } = useTranslation();
  const reason = useReason();
  const { value, onChange, error, label, readOnly } = useValue<string[]>('/members');
  const [search, setSearch] = useState('');
  const t = texts.admin.site.group.member;
  // Their names at once, rather than each by itself.
  const names = useLoaded(group === NEW ? null : group, async () => {
    remember('users', await allOf('users', { group }));
    return true;
  });
  const named = group === NEW || names.value === true;
  const loading = !named && names.failure === null;

  const wanted = search.trim().toLocaleLowerCase();
  const found = value
    .map((id) => ({ id, name: loading ? '…' : titleBy('users', id) }))
    .filter(({ name }) => name.toLocaleLowerCase().includes(wanted))
    .sort((a, b) => a.name.localeCompare(b.name));
  const shown = found.slice(0, SHOWN);
  // Those that the list did not have, and only those in sight: a group can have thousands.
  useTitles('users', named ? shown.map(({ id }) => id) : []);
  return (
    <div className={classes.list}>
      <Fault error={error} />
      {names.failure !== null && (
        <div className={classes.warning} role="alert">
          <span>{t.unnamed(reason(names.failure))}</span>
          <Button size="xs" variant="default" onClick={names.again}>
            {texts.admin.site.again}
          </Button>
        </div>
      )}
      {!readOnly && <ObjectAdder kind="users" label={t.add} without={value} onAdd={(id) => onChange([...value, id])} />}
      {value.length > 10 && (
        <TextInput
          type="search"
          label={t.find}
          value={search}
          onChange={({ currentTarget }) => setSearch(currentTarget.value)}
        />
      )}
      <p className={classes.dimmed} role="status">
        {found.length > shown.length ? t.shown(number(shown.length), number(found.length)) : t.count(found.length)}
      </p>
      {found.length > 0 && (
        <div className={classes.long}>
          <Rows
            label={label}
            rows={shown}
            keyOf={({ id }) => id}
            removeLabel={({ name }) => t.remove(name)}
            onRemove={(at) => onChange(value.filter((id) => id !== shown[at]?.id))}
            empty=""
          >
            {({ id, name }) => (
              <Link className={classes.link} href={addressOf('users', id)}>
                {name}
              </Link>
            )}
          </Rows>
        </div>
      )}
    </div>
  );
}

/** Which groups the members are shown. */
function MonitorGroups({ group }: { group: string }) {
  const { texts } = useTranslation();
  const { value, onChange, error, label, readOnly } = useValue<MonitorGroup[]>('/monitor_groups');
  const title = useTitles(
    'groups',
    value.map((each) => each.group),
  );
  const t = texts.admin.site.group.monitor;
  const put = (at: number, change: Partial<MonitorGroup>) =>
    onChange(value.map((each, place) => (place === at ? { ...each, ...change } : each)));
  return (
    <div className={classes.list}>
      <Fault error={error} />
      <Rows
        label={label}
        rows={value}
        keyOf={(each) => each.group}
        removeLabel={(each) => t.remove(title(each.group))}
        onRemove={(at) => onChange(value.filter((_, place) => place !== at))}
        empty={t.none}
      >
        {(each, at) => (
          <>
            <Link className={classes.link} href={addressOf('groups', each.group)}>
              {title(each.group)}
            </Link>
            {(['monitor', 'favorites'] as const).map((where) => (
              <Switch
                key={where}
                label={t[where]}
                checked={each[where]}
                onChange={({ currentTarget }) => put(at, { [where]: currentTarget.checked })}
              />
            ))}
          </>
        )}
      </Rows>
      {!readOnly && (
        <ObjectAdder
          kind="groups"
          label={t.add}
          without={[group, ...value.map((each) => each.group)]}
          onAdd={(id) => onChange([...value, { group: id, monitor: true, favorites: false }])}
        />
      )}
    </div>
  );
}
