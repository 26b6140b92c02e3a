/** Line groups and lines, as they stand. */
import { ActionIcon, CloseButton, TextInput } from '@mantine/core';
import { IconLogout, IconSearch } from '@tabler/icons-react';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { Appearance, LanguageChoice } from '../components/Choices';
import frame from '../components/Header.module.css';
import { Logo } from '../components/Logo';
import type { CauseCode, LineGroups, LineReport, User } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { administrators, Refusal } from '../protocol/http';
import { Calls } from './Calls';
import { ClockOffset } from './clock';
import classes from './Console.module.css';
import { GroupCard } from './GroupCard';
import { stateIcons } from './LineTable';
import { countStates, filterGroups, healthOf, isActive, NO_FILTER, toneOf, type Filter } from './model';
import { resetLine, type Link, type Poller } from './poller';
import { Receiving } from './Receiving';

/** More groups than this begin closed, except those that need a look. */
const OPEN_AT_FIRST = 6;
/** How long an announcement stays, in ms. */
const ANNOUNCED = 6000;

export interface ConsoleProps {
  poller: Poller<LineGroups>;
  user: User;
  onSignedOut: (reason: CauseCode | null) => void;
}

export function Console({ poller, user, onSignedOut }: ConsoleProps) {
  const { texts, sentence, language } = useTranslation();
  const { link, report, clockOffset, at } = useSyncExternalStore(poller.subscribe, poller.snapshot);
  const [resetting, setResetting] = useState<ReadonlySet<string>>(new Set());
  const [announcement, setAnnouncement] = useState<{ text: string; failed: boolean } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const t = texts.admin;

  useEffect(() => {
    if (link === 'signed_out') onSignedOut('not_signed_in');
  }, [link, onSignedOut]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const announce = (text: string, failed: boolean) => {
    clearTimeout(timer.current);
    setAnnouncement({ text, failed });
    timer.current = setTimeout(() => setAnnouncement(null), ANNOUNCED);
  };
  const why = (error: unknown) => sentence(error instanceof Refusal ? error.code : 'internal');
  const reset = async (line: LineReport) => {
    setResetting((before) => new Set(before).add(line.id));
    try {
      await resetLine(line.id);
      await poller.poll();
      announce(t.resetDone(line.number), false);
    } catch (error) {
      announce(t.resetFailed(line.number, why(error)), true);
    }
    setResetting((before) => new Set([...before].filter((id) => id !== line.id)));
  };
  const leave = async () => {
    try {
      await administrators.signOut();
      onSignedOut(null);
    } catch (error) {
      announce(why(error), true);
    }
  };

  return (
    <ClockOffset value={clockOffset}>
      <Head link={link} user={user} onSignOut={() => void leave()} />
      <main className={classes.main}>
        {link === 'lost' && (
          <p className={classes.lost} role="alert">
            {report ? t.lost(new Date(at).toLocaleTimeString(language)) : sentence('server_unreachable')}
          </p>
        )}
        {report ? (
          <>
            <Groups report={report} resetting={resetting} onReset={(line) => void reset(line)} />
            <Calls />
            <Receiving listeners={report.listeners} strangers={report.strangers} />
          </>
        ) : (
          <p className={classes.loading}>{texts.signIn.loading}</p>
        )}
      </main>
      <div className={classes.announcements} role="status">
        {announcement && (
          <p className={classes.announcement} data-failed={announcement.failed || undefined}>
            {announcement.text}
          </p>
        )}
      </div>
    </ClockOffset>
  );
}

function Head({ link, user, onSignOut }: { link: Link; user: User; onSignOut: () => void }) {
  const { texts } = useTranslation();
  const t = texts.admin;
  const shown = { connecting: 'connecting', online: 'online', lost: 'reconnecting', signed_out: 'signed_out' }[link];
  return (
    <header className={frame.header}>
      <div className={`${frame.inner} ${classes.wide}`}>
        <div className={frame.brand}>
          <Logo size={30} />
          <span className={frame.wordmark}>{texts.wordmark}</span>
          <span className={classes.product}>{t.product}</span>
        </div>
        <span className={frame.link} data-link={shown} title={t.link[link]}>
          <span className={frame.linkText}>{t.link[link]}</span>
        </span>
        <span className={frame.user} title={texts.header.signedInAs(user.display_name)}>
          {user.display_name}
        </span>
        <div className={frame.tools}>
          <LanguageChoice />
          <Appearance />
          <ActionIcon
            variant="default"
            size={34}
            aria-label={texts.header.signOut}
            title={texts.header.signOut}
            onClick={onSignOut}
          >
            <IconLogout size={18} aria-hidden />
          </ActionIcon>
        </div>
      </div>
    </header>
  );
}

interface GroupsProps {
  report: LineGroups;
  resetting: ReadonlySet<string>;
  onReset: (line: LineReport) => void;
}

function Groups({ report, resetting, onReset }: GroupsProps) {
  const { texts, language } = useTranslation();
  const [filter, setFilter] = useState<Filter>(NO_FILTER);
  const t = texts.admin;
  const { line_groups: groups } = report;
  const all = groups.flatMap(({ lines }) => lines);
  const shown = (count: number) => count.toLocaleString(language);
  const found = filterGroups(groups, filter);
  return (
    <>
      <div className={classes.top}>
        <h1 className={classes.title}>{t.title}</h1>
        {groups.length > 0 && (
          <p className={classes.summary}>
            {t.summary(t.groups(groups.length, shown(groups.length)), t.lines(all.length, shown(all.length)))}
          </p>
        )}
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
  report: LineGroups;
  filter: Filter;
  onChange: (state: Filter['state']) => void;
}

/** Which states are shown; a chosen one stays there to be left when no line is in it. */
function States({ report, filter, onChange }: StatesProps) {
  const { texts, language } = useTranslation();
  const t = texts.admin;
  const all = report.line_groups.flatMap(({ lines }) => lines);
  const counts = countStates(all);
  if (filter.state !== null && !counts.some(({ state }) => state === filter.state)) {
    counts.push({ state: filter.state, count: 0 });
  }
  return (
    <div className={classes.states} role="group" aria-label={t.states}>
      <button type="button" aria-pressed={filter.state === null} onClick={() => onChange(null)}>
        {t.all} <b className="numbers">{all.length.toLocaleString(language)}</b>
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
            {t.state[state]} <b className="numbers">{count.toLocaleString(language)}</b>
          </button>
        );
      })}
    </div>
  );
}

const EXAMPLE = `[[line_group]]
name = "Main PBX"
registrar = "pbx.example.com"

[[line_group.line]]
user_name = "100-120"
password = "…"`;

function NoGroups() {
  const { texts } = useTranslation();
  return (
    <section className={`card ${classes.noGroups}`}>
      <h2>{texts.admin.none.title}</h2>
      <p>{texts.admin.none.text}</p>
      <pre>{EXAMPLE}</pre>
    </section>
  );
}
