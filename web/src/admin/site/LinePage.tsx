/** Lines: all of them, to be changed many at once, and one with how it stands. */
import { Button, Modal, NativeSelect, PasswordInput } from '@mantine/core';
import { IconPassword } from '@tabler/icons-react';
import { useState } from 'react';
import type { LineGroups as Report, LineReport } from '../../generated/protocol';
import type { LineObject, LineRedirection, Stored } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { request } from '../../protocol/http';
import { StateMark, Words } from '../LineTable';
import type { Column } from '../parts/DataTable';
import { SelectField, SwitchField, TextField } from '../parts/fields';
import { sent } from '../parts/rest';
import { addressOf, Link } from '../route';
import { blankLine } from './lineGroup';
import { useTitles } from './names';
import { useAll } from './objects';
import { ObjectList } from './ObjectList';
import { ObjectPage } from './ObjectPage';
import { Password } from './Password';
import { useMayChange } from './role';
import { Columns, Section } from './Section';
import classes from './site.module.css';
import { RowsField } from './siteFields';
import { TestCall } from './TestCall';
import { useWords } from './words';

/** How lines stand, by their objects. */
function statesOf(report: Report | null): ReadonlyMap<string, LineReport> {
  const lines = (report?.line_groups ?? []).flatMap((group) => group.lines);
  return new Map(lines.flatMap((line) => (line.object === null ? [] : [[line.object, line] as const])));
}

export interface LinesProps {
  chosen: URLSearchParams;
  report: Report | null;
}

export function LineList({ chosen, report }: LinesProps) {
  const { texts } = useTranslation();
  const groups = useAll('line_groups').value ?? [];
  const nameOf = useTitles(
    'line_groups',
    groups.map(({ id }) => id),
  );
  const states = statesOf(report);
  const [asked, setAsked] = useState<((password: string) => void) | null>(null);
  const t = texts.admin.site.line;
  const columns: Column<Stored<LineObject>>[] = [
    { key: 'number', title: t.fields['/number'], sort: 'number', cell: ({ object }) => object.number },
    {
      key: 'user_name',
      title: t.fields['/user_name'],
      sort: 'user_name',
      cell: ({ object }) => object.user_name,
      wide: true,
    },
    {
      key: 'group',
      title: t.fields['/group'],
      cell: ({ object }) => (object.group === null ? '' : nameOf(object.group)),
      wide: true,
    },
    {
      key: 'state',
      title: t.state,
      cell: ({ id }) => {
        const line = states.get(id);
        // A row is as high as its sign only where something stands between them.
        return <span>{line ? <StateMark state={line.state} /> : t.unknown}</span>;
      },
    },
  ];
  const group = chosen.get('group');
  return (
    <>
      <ObjectList
        key={group ?? ''}
        kind="lines"
        columns={columns}
        activatable
        begin={group === null ? undefined : { group }}
        filters={(filter, set) => (
          <NativeSelect
            className={classes.filter}
            aria-label={t.fields['/group']}
            value={filter.group ?? ''}
            onChange={({ currentTarget }) => set('group', currentTarget.value)}
            data={[
              { value: '', label: t.allGroups },
              ...groups.map(({ id, object }) => ({ value: id, label: object.name })),
            ]}
          />
        )}
        actions={(run) => [
          {
            key: 'password',
            label: t.password.many,
            icon: IconPassword,
            run: async (items) => {
              const password = await new Promise<string>((answer) => setAsked(() => answer));
              setAsked(null);
              if (password === '') return false;
              return run(items, (ids) => setPasswords(ids, password), t.password.set);
            },
          },
        ]}
      />
      <PasswordDialog onChosen={asked} />
    </>
  );
}

async function setPasswords(ids: readonly string[], password: string): Promise<void> {
  await request('/api/v1/admin/lines/passwords', { method: 'POST', ...sent({ ids, password }) });
}

function PasswordDialog({ onChosen }: { onChosen: ((password: string) => void) | null }) {
  const { texts } = useTranslation();
  const [password, setPassword] = useState('');
  const t = texts.admin.site;
  const answer = (chosen: string) => {
    onChosen?.(chosen);
    setPassword('');
  };
  return (
    <Modal
      opened={onChosen !== null}
      onClose={() => answer('')}
      title={t.line.password.many}
      centered
      closeButtonProps={{ 'aria-label': t.cancel }}
    >
      <p className={classes.question}>{t.line.password.manyText}</p>
      <PasswordInput
        label={t.password.label}
        autoComplete="off"
        data-autofocus
        value={password}
        onChange={({ currentTarget }) => setPassword(currentTarget.value)}
        visibilityToggleButtonProps={{ 'aria-label': t.password.show, tabIndex: 0 }}
      />
      <div className={classes.answers}>
        <Button variant="default" onClick={() => answer('')}>
          {t.cancel}
        </Button>
        <Button onClick={() => answer(password)}>{t.password.set}</Button>
      </div>
    </Modal>
  );
}

export function LinePage({ id, chosen, report }: LinesProps & { id: string }) {
  const { texts } = useTranslation();
  const groups = useAll('line_groups').value ?? [];
  const words = useWords();
  const line = statesOf(report).get(id);
  const calls = useMayChange('lines');
  const t = texts.admin.site.line;
  return (
    <ObjectPage
      kind="lines"
      id={id}
      blank={{ ...blankLine, group: chosen.get('group') }}
      labels={t.fields}
      words={words}
      sections={[{ key: 'line', title: t.section }]}
      goes={t.goes}
      beside={(stored, may) => (
        <>
          {line && <Standing line={line} />}
          {calls && stored.object.active && (
            <Section name="test" title={t.testCall.title} text={t.testCall.text}>
              <TestCall key={stored.id} line={stored.id} />
            </Section>
          )}
          {may && <Password kind="lines" id={stored.id} login={stored.object.user_name} words={t.password} />}
        </>
      )}
    >
      {() => (
        <Section name="line" title={t.section} text={t.text}>
          <Columns>
            <SelectField
              at="/group"
              nullable
              required
              options={[
                { value: '', label: '–' },
                ...groups.map(({ id: each, object }) => ({ value: each, label: object.name })),
              ]}
            />
            <TextField at="/user_name" required hint={t.userNameHint} />
            <TextField at="/number" hint={t.numberHint} />
            <TextField at="/auth_name" hint={t.authNameHint} />
          </Columns>
          <SwitchField at="/active" />
          <SwitchField at="/pilot" hint={t.pilotHint} />
          <h3>{t.fields['/redirections']}</h3>
          <p className={classes.text}>{t.redirectionsText}</p>
          <RowsField<LineRedirection>
            at="/redirections"
            fields={[
              { key: 'to', label: t.redirection.to, type: 'text' },
              { key: 'seconds', label: t.redirection.seconds, type: 'number' },
            ]}
            blank={{ to: '', seconds: 15 }}
            add={t.redirection.add}
            remove={({ to }) => t.redirection.remove(to)}
            empty={t.redirection.none}
          />
        </Section>
      )}
    </ObjectPage>
  );
}

/** How a line stands now. */
function Standing({ line }: { line: LineReport }) {
  const { texts } = useTranslation();
  const t = texts.admin.site.line;
  return (
    <Section name="state" title={t.state} text={t.stateText}>
      <p className={classes.counts}>
        <StateMark state={line.state} />
        {line.cause && <Words cause={line.cause} at={line.last_error?.at ?? null} past={false} />}
      </p>
      <p className={classes.counts}>
        <Link className={classes.link} href={addressOf('lines', line.number)}>
          {t.lately}
        </Link>
      </p>
    </Section>
  );
}
