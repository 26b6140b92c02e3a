/** The frame of the console: its pages, who is signed in, and whether the server is there. */
import { ActionIcon } from '@mantine/core';
import {
  IconActivity,
  IconAlertTriangle,
  IconFileDownload,
  IconFileText,
  IconLogout,
  IconPhone,
  IconPlugConnected,
} from '@tabler/icons-react';
import { useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from 'react';
import { Appearance, LanguageChoice } from '../components/Choices';
import frame from '../components/Header.module.css';
import { Logo } from '../components/Logo';
import type { CauseCode, LineGroups as Report, LineReport, User } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { administrators } from '../protocol/http';
import { Announce, useReason } from './announce';
import { Calls } from './Calls';
import { ClockOffset } from './clock';
import classes from './Console.module.css';
import { Captures } from './Captures';
import { Failures } from './Failures';
import { TracePage } from './ladder/TracePage';
import { LineGroups } from './LineGroups';
import { LogPage } from './LogPage';
import { resetLine, type Link as Reach, type Poller } from './poller';
import { Receiving } from './Receiving';
import { addressOf, leaving, Link, PAGES, routeOf, useAddress, type Page, type Route } from './route';
import { Status } from './Status';
/** How long an announcement stays, in ms. */
const ANNOUNCED = 6000;

export interface ConsoleProps {
  poller: Poller<Report>;
  user: User;
  onSignedOut: (reason: CauseCode | null) => void;
}

export function Console({ poller, user, onSignedOut }: ConsoleProps) {
  const { texts, sentence, language } = useTranslation();
  const { link, report, clockOffset, at } = useSyncExternalStore(poller.subscribe, poller.snapshot);
  const [resetting, setResetting] = useState<ReadonlySet<string>>(new Set());
  const [announcement, setAnnouncement] = useState<{ text: string; failed: boolean } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const main = useRef<HTMLElement>(null);
  const route = routeOf(new URL(useAddress(), window.location.href));
  const why = useReason();
  const t = texts.admin;

  const { page, traced } = route;
  const came = useRef(false);
  useEffect(() => {
    document.title = `${t.nav[page]} – ${texts.wordmark}`;
  }, [page, t, texts]);
  useEffect(() => {
    // Who went to another page by a key is at its beginning.
    if (came.current) main.current?.focus({ preventScroll: true });
    came.current = true;
  }, [page, traced]);
  useEffect(() => {
    if (link === 'signed_out') onSignedOut('not_signed_in');
  }, [link, onSignedOut]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const announce = (text: string, failed: boolean) => {
    clearTimeout(timer.current);
    setAnnouncement({ text, failed });
    timer.current = setTimeout(() => setAnnouncement(null), ANNOUNCED);
  };
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
      <Announce value={announce}>
        <Head link={link} user={user} onSignOut={() => leaving(() => void leave())} />
        <Pages current={route.page} />
        <main className={classes.main} tabIndex={-1} ref={main}>
          {link === 'lost' && (
            <p className={classes.lost} role="alert">
              {report ? t.lost(new Date(at).toLocaleTimeString(language)) : sentence('server_unreachable')}
            </p>
          )}
          {report ? (
            <Shown route={route} report={report}>
              <LineGroups report={report} resetting={resetting} onReset={(line) => void reset(line)} />
            </Shown>
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
      </Announce>
    </ClockOffset>
  );
}

function Shown({
  route: { page, traced, chosen },
  report,
  children,
}: {
  route: Route;
  report: Report;
  children: ReactNode;
}) {
  switch (page) {
    case 'lines':
      return traced !== null ? (
        <TracePage key={traced} of="lines" id={traced} />
      ) : (
        <>
          {children}
          <Receiving listeners={report.listeners} strangers={report.strangers} />
        </>
      );
    case 'calls':
      return traced === null ? <Calls /> : <TracePage key={traced} of="calls" id={traced} />;
    case 'failures':
      return <Failures chosen={chosen} />;
    case 'captures':
      return <Captures groups={report.line_groups} />;
    case 'log':
      return <LogPage />;
    case 'status':
      return <Status report={report} />;
  }
}

const icons: Record<Page, typeof IconPhone> = {
  lines: IconPlugConnected,
  calls: IconPhone,
  failures: IconAlertTriangle,
  captures: IconFileDownload,
  log: IconFileText,
  status: IconActivity,
};

function Pages({ current }: { current: Page }) {
  const { texts } = useTranslation();
  const t = texts.admin.nav;
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // On a phone the row may be wider than the window.
    const link = row.current?.querySelector('[aria-current]');
    link?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [current]);
  return (
    <nav className={classes.pages} aria-label={t.label}>
      <div ref={row}>
        {PAGES.map((page) => {
          const Icon = icons[page];
          return (
            <Link key={page} href={addressOf(page)} aria-current={page === current ? 'page' : undefined}>
              <Icon size={18} aria-hidden />
              {t[page]}
            </Link>
          );
        })}
      </div>
    </nav>
  );
}

function Head({ link, user, onSignOut }: { link: Reach; user: User; onSignOut: () => void }) {
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
