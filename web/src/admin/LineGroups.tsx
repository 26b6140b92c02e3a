/** Line groups and lines, as they stand. */
import { Button, CloseButton, TextInput } from '@mantine/core';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import type { LineGroups as Report, LineReport } from '../generated/protocol';
import { useTranslation } from '../i18n';
import classes from './Console.module.css';
import { GroupCard } from './GroupCard';
import { stateIcons } from './LineTable';
import { addressOf, go } from './route';
import { useMayChange } from './site/role';
import { countStates, filterGroups, healthOf, isActive, NO_FILTER, toneOf, type Filter } from './model';

/** More groups than this begin closed, except those that need a look. */
const OPEN_AT_FIRST = 6;

interface LineGroupsProps {
  report: Report;
  resetting: ReadonlySet<string>;
  onReset: (line: LineReport) => void;
}

export function LineGroups({ report, resetting, onReset }: LineGroupsProps) {
  const { texts } = useTranslation();
  const [filter, setFilter] = useState<Filter>(NO_FILTER);
  const may = useMayChange('line_groups');
  const t = texts.admin;
  const { line_groups: groups } = report;
  const all = groups.flatMap(({ lines }) => lines);
  const found = filterGroups(groups, filter);
  return (
    <>
      <div className={classes.top}>
        <h1 className={classes.title}>{t.title}</h1>
        {groups.length > 0 && (
          <p className={classes.summary}>{t.summary(t.groups(groups.length), t.lines(all.length))}</p>
        )}
        <div className={classes.topActions}>
          {all.length > 0 && (
            <Button variant="default" onClick={() => go(addressOf('line_list'))}>
              {t.nav.line_list}
            </Button>
          )}
          {may && (
            <Button
              leftSection={<IconPlus size={18} aria-hidden />}
              onClick={() => go(addressOf('line_groups', 'new'))}
            >
              {t.site.kinds.line_groups.add}
            </Button>
          )}
        </div>
      </div>
      {groups.length === 0 ? (
        <NoGroups />
      ) : (
        <>
          <div className={classes.filters}>
            <TextInput
              className={classes.search}
              aria-label={t.search}
              placeholder={t.searchHint}
              value={filter.text}
              onChange={({ currentTarget: { value } }) => setFilter((before) => ({ ...before, text: value, kept: [] }))}
              leftSection={<IconSearch size={17} aria-hidden />}
              rightSectionPointerEvents="all"
              rightSection={
                filter.text !== '' && (
                  <CloseButton
                    size="sm"
                    aria-label={t.clear}
                    onClick={() => setFilter((before) => ({ ...before, text: '', kept: [] }))}
                  />
                )
              }
            />
            <States
              report={report}
              filter={filter}
              onChange={(state) => setFilter((before) => ({ ...before, state, kept: [] }))}
            />
          </div>
          {found.length === 0 && <p className={`card ${classes.noMatch}`}>{t.noMatch}</p>}
          <div className={classes.groups}>
            {found.map(({ group, lines }) => (
              <GroupCard
                key={group.id}
                group={group}
                lines={lines}
                filtered={isActive(filter)}
                openAtFirst={groups.length <= OPEN_AT_FIRST || healthOf(group) === 'failing'}
                resetting={resetting}
                onReset={(line) => {
                  setFilter((before) => ({ ...before, kept: [...before.kept, line.id] }));
                  onReset(line);
                }}
              />
            ))}
          </div>
        </>
      )}
    </>
  );
}

interface StatesProps {
  report: Report;
  filter: Filter;
  onChange: (state: Filter['state']) => void;
}

/** Which states are shown; a chosen one stays there to be left when no line is in it. */
function States({ report, filter, onChange }: StatesProps) {
  const { texts, number } = useTranslation();
  const t = texts.admin;
  const all = report.line_groups.flatMap(({ lines }) => lines);
  const counts = countStates(all);
  if (filter.state !== null && !counts.some(({ state }) => state === filter.state)) {
    counts.push({ state: filter.state, count: 0 });
  }
  return (
    <div className={classes.states} role="group" aria-label={t.states}>
      <button type="button" aria-pressed={filter.state === null} onClick={() => onChange(null)}>
        {t.all} <b className="numbers">{number(all.length)}</b>
      </button>
      {counts.map(({ state, count }) => {
        const Sign = stateIcons[state];
        return (
          <button
            key={state}
            type="button"
            data-tone={toneOf(state)}
            aria-pressed={filter.state === state}
            onClick={() => onChange(filter.state === state ? null : state)}
          >
            <Sign size={15} aria-hidden />
            {t.state[state]} <b className="numbers">{number(count)}</b>
          </button>
        );
      })}
    </div>
  );
}

function NoGroups() {
  const { texts } = useTranslation();
  return (
    <section className={`card ${classes.noGroups}`}>
      <h2>{texts.admin.none.title}</h2>
      <p>{texts.admin.none.text}</p>
    </section>
  );
}
