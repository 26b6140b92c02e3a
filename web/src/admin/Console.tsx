/** The frame of the console: its pages, who is signed in, and whether the server is there. */
import { ActionIcon, Modal } from '@mantine/core';
import {
  IconActivity,
  IconAdjustments,
  IconAlertTriangle,
  IconCertificate,
  IconApi,
  IconArrowsTransferUpDown,
  IconDeviceDesktop,
  IconFileDownload,
  IconFileText,
  IconHistory,
  IconKey,
  IconLayoutDashboard,
  IconLockAccess,
  IconLogout,
  IconMapPin,
  IconMenu2,
  IconNetwork,
  IconNumbers,
  IconPhone,
  IconPlugConnected,
  IconRobot,
  IconSettings,
  IconShieldCog,
  IconShieldLock,
  IconUser,
  IconUsersGroup,
} from '@tabler/icons-react';
import { lazy, Suspense, useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from 'react';
import { Boundary } from '../components/Boundary';
import { Appearance, LanguageChoice } from '../components/Choices';
import frame from '../components/Header.module.css';
import { Logo } from '../components/Logo';
import type { CauseCode, LineGroups as Report, LineReport, User } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { administrators } from '../protocol/http';
import { Own } from '../security/api';
import { SecurityPanel } from '../security/SecurityPanel';
import { Announce, useReason } from './announce';
import { Calls } from './Calls';
import { ClockOffset } from './clock';
import classes from './Console.module.css';
import { Captures } from './Captures';
import { Dashboard } from './Dashboard';
import { Failures } from './Failures';
import { TracePage } from './ladder/TracePage';
import { LineGroups } from './LineGroups';
import { LogPage } from './LogPage';
import { resetLine, type Link as Reach, type Poller } from './poller';
import { Receiving } from './Receiving';
import { addressOf, BELOW, leaving, Link, NAVIGATION, routeOf, useAddress, type Page, type Route } from './route';
import { AdministratorPage, Administrators } from './site/Administrators';
import { AuditPage } from './site/AuditPage';
import { Certificates } from './site/Certificates';
import { ComputerPage, Computers } from './site/Computers';
import { GroupPage } from './site/GroupPage';
import { Groups } from './site/Groups';
import { InterfacePage, Interfaces } from './site/Interfaces';
import { LineGroupPage } from './site/LineGroupPage';
import { LineGroupList } from './site/LineGroupList';
import { LineList, LinePage } from './site/LinePage';
import { LocationPage } from './site/LocationPage';
import { Locations } from './site/Locations';
import { LocksPage } from './site/LocksPage';
import { NumbersPage } from './site/numbers/NumbersPage';
import { LastTried, NOTHING_TRIED } from './site/numbers/tried';
import { ProfilePage, Profiles } from './site/Profiles';
import { Rights } from './site/Rights';
import { RoleContext, roleOf } from './site/role';
import { SettingsPage } from './site/SettingsPage';
import { TokenPage, Tokens } from './site/Tokens';
import { Transfer } from './site/Transfer';
import { UserPage } from './site/UserPage';
import { Users } from './site/Users';
import { Status } from './Status';

/** Large, and only for who looks at it. */
const ApiPage = lazy(() => import('./ApiPage'));

/** How long an announcement stays, in ms. */
const ANNOUNCED = 6000;
const OWN = new Own(administrators.url);

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
  const [security, setSecurity] = useState(false);
  const tried = useRef(NOTHING_TRIED);
  const route = routeOf(new URL(useAddress(), window.location.href));
  const why = useReason();
  const t = texts.admin;

  const { page, traced, opened } = route;
  const role = roleOf(user);
  const came = useRef(false);
  useEffect(() => {
    document.title = `${t.nav[page]} – ${texts.wordmark}`;
  }, [page, t, texts]);
  useEffect(() => {
    // Who went to another page by a key is at its beginning.
    if (came.current) main.current?.focus({ preventScroll: true });
    came.current = true;
  }, [page, traced, opened]);
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
        <RoleContext value={role}>
          <Head
            link={link}
            user={user}
            onSecurity={() => setSecurity(true)}
            onSignOut={() => leaving(() => void leave())}
          />
          <Modal
            opened={security}
            onClose={() => setSecurity(false)}
            title={<b>{texts.security.title}</b>}
            closeButtonProps={{ 'aria-label': texts.settings.close }}
            centered
            size="lg"
            radius="lg"
          >
            <SecurityPanel own={OWN} login={user.name} />
          </Modal>
          <div className={classes.body}>
            <Pages current={route.page} />
            <main className={classes.main} tabIndex={-1} ref={main}>
              {link === 'lost' && (
                <p className={classes.lost} role="alert">
                  {report ? t.lost(new Date(at).toLocaleTimeString(language)) : sentence('server_unreachable')}
                </p>
              )}
              <Boundary key={`${page}/${traced ?? opened ?? ''}`}>
                <LastTried value={tried}>
                  <Shown route={route} report={report}>
                    {report && (
                      <LineGroups report={report} resetting={resetting} onReset={(line) => void reset(line)} />
                    )}
                  </Shown>
                </LastTried>
              </Boundary>
            </main>
          </div>
          <div className={classes.announcements} role="status">
            {announcement && (
              <p className={classes.announcement} data-failed={announcement.failed || undefined}>
                {announcement.text}
              </p>
            )}
          </div>
        </RoleContext>
      </Announce>
    </ClockOffset>
  );
}

function Shown({
  route: { page, traced, opened, chosen },
  report,
  children,
}: {
  route: Route;
  report: Report | null;
  children: ReactNode;
}) {
  const { texts } = useTranslation();
  const loading = <p className={classes.loading}>{texts.signIn.loading}</p>;
  switch (page) {
    case 'dashboard':
      return report === null ? loading : <Dashboard report={report} />;
    case 'users':
      return opened === null ? <Users /> : <UserPage key={opened} id={opened} />;
    case 'groups':
      return opened === null ? <Groups /> : <GroupPage key={opened} id={opened} />;
    case 'rights':
      return <Rights chosen={chosen} />;
    case 'profiles':
      return opened === null ? <Profiles /> : <ProfilePage key={opened} id={opened} />;
    case 'computers':
      return opened === null ? <Computers /> : <ComputerPage key={opened} id={opened} />;
    case 'administrators':
      return opened === null ? <Administrators /> : <AdministratorPage key={opened} id={opened} />;
    case 'interfaces':
      return opened === null ? <Interfaces /> : <InterfacePage key={opened} id={opened} />;
    case 'certificates':
      return <Certificates />;
    case 'tokens':
      return opened === null ? <Tokens /> : <TokenPage key={opened} id={opened} />;
    case 'locks':
      return <LocksPage />;
    case 'transfer':
      return <Transfer />;
    case 'api':
      return (
        <Suspense fallback={loading}>
          <ApiPage />
        </Suspense>
      );
    case 'settings':
      return <SettingsPage />;
    case 'audit':
      return <AuditPage chosen={chosen} />;
    case 'lines':
      if (traced !== null) return <TracePage key={traced} of="lines" id={traced} />;
      return report === null ? (
        loading
      ) : (
        <>
          {children}
          <Receiving listeners={report.listeners} strangers={report.strangers} />
        </>
      );
    case 'line_groups':
      return opened === null ? <LineGroupList /> : <LineGroupPage key={opened} id={opened} report={report} />;
    case 'line_list':
      return opened === null ? (
        <LineList chosen={chosen} report={report} />
      ) : (
        <LinePage key={opened} id={opened} chosen={chosen} report={report} />
      );
    case 'locations':
      return opened === null ? <Locations /> : <LocationPage key={opened} id={opened} />;
    case 'numbers':
      return <NumbersPage chosen={chosen} />;
    case 'calls':
      return traced === null ? <Calls /> : <TracePage key={traced} of="calls" id={traced} />;
    case 'failures':
      return <Failures chosen={chosen} />;
    case 'captures':
      return report === null ? loading : <Captures groups={report.line_groups} />;
    case 'log':
      return <LogPage />;
    case 'status':
      return report === null ? loading : <Status report={report} />;
  }
}

const icons: Record<Page, typeof IconPhone> = {
  dashboard: IconLayoutDashboard,
  users: IconUser,
  groups: IconUsersGroup,
  rights: IconKey,
  profiles: IconAdjustments,
  computers: IconDeviceDesktop,
  lines: IconPlugConnected,
  line_groups: IconPlugConnected,
  line_list: IconPlugConnected,
  locations: IconMapPin,
  numbers: IconNumbers,
  calls: IconPhone,
  failures: IconAlertTriangle,
  captures: IconFileDownload,
  log: IconFileText,
  status: IconActivity,
  settings: IconSettings,
  interfaces: IconNetwork,
  certificates: IconCertificate,
  administrators: IconShieldCog,
  tokens: IconRobot,
  locks: IconLockAccess,
  transfer: IconArrowsTransferUpDown,
  audit: IconHistory,
  api: IconApi,
};

function Pages({ current }: { current: Page }) {
  const { texts } = useTranslation();
  const [open, setOpen] = useState(false);
  const t = texts.admin.nav;
  // Who has chosen a page wants to see it.
  useEffect(() => setOpen(false), [current]);
  const Current = icons[current];
  const shown = Object.hasOwn(BELOW, current) ? BELOW[current as keyof typeof BELOW] : current;
  return (
    <nav className={classes.pages} aria-label={t.label} data-open={open || undefined}>
      <button type="button" className={classes.menu} aria-expanded={open} onClick={() => setOpen(!open)}>
        <IconMenu2 size={20} aria-hidden />
        <span>{t.menu}</span>
        <b>
          <Current size={18} aria-hidden />
          {t[current]}
        </b>
      </button>
      <div className={classes.navigation}>
        {NAVIGATION.map(({ group, pages }) => (
          <div key={group} role="group" aria-labelledby={`pages-${group}`}>
            <h2 id={`pages-${group}`}>{t.group[group]}</h2>
            {pages.map((page) => {
              const Icon = icons[page];
              return (
                <Link
                  key={page}
                  href={addressOf(page)}
                  aria-current={page === shown ? 'page' : undefined}
                  onClick={() => setOpen(false)}
                >
                  <Icon size={18} aria-hidden />
                  {t[page]}
                </Link>
              );
            })}
          </div>
        ))}
      </div>
    </nav>
  );
}

interface HeadProps {
  link: Reach;
  user: User;
  onSecurity: () => void;
  onSignOut: () => void;
}

function Head({ link, user, onSecurity, onSignOut }: HeadProps) {
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
            aria-label={texts.security.title}
            title={texts.security.title}
            onClick={onSecurity}
          >
            <IconShieldLock size={18} aria-hidden />
          </ActionIcon>
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
