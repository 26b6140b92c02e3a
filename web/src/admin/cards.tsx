/** Cards about parts of the server, for the pages that show how it stands. */
import { IconAlertTriangle, IconCircleCheck, IconCircleDashed } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Captures, LineGroup, LineGroups, Status as Program } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { Moment } from './clock';
import { healthOf, toneOf, type Tone } from './model';
import { addressOf, Link } from './route';
import { inLanguage } from './site/rights';
import { formatSize } from './size';
import classes from './Status.module.css';
import { isBusy, toneOfCertificate, toneOfDisk } from './troubles';

const toneOfHealth = { failing: 'bad', degraded: 'wait', settling: 'wait', working: 'good', empty: 'off' } as const;
const URGENCY = ['failing', 'degraded', 'settling', 'working', 'empty'] as const;

/** The connections, those that need a look first. */
export function PbxCard({ report, most = Infinity }: { report: LineGroups; most?: number }) {
  const { texts, number, sentence } = useTranslation();
  const t = texts.admin.status;
  const groups = report.line_groups
    .map((group) => ({ group, health: healthOf(group) }))
    .sort((a, b) => URGENCY.indexOf(a.health) - URGENCY.indexOf(b.health));
  return (
    <Card title={t.pbx} href={addressOf('lines')}>
      {groups.length === 0 && <p>{texts.admin.none.title}</p>}
      <ul>
        {groups.slice(0, most).map(({ group, health }) => {
          const [usable, all] = countUsable(group);
          const why = health === 'failing' ? causeOf(group) : null;
          return (
            <Item key={group.id} tone={toneOfHealth[health]} name={group.name}>
              {texts.admin.health[health]}
              {all > 0 && ` · ${number(usable)} ${t.linesUsable(number(all))}`}
              {why && <span className={classes.why}>{sentence(why)}</span>}
            </Item>
          );
        })}
      </ul>
      {groups.length > most && <p className={classes.rest}>{t.more(number(groups.length - most))}</p>}
    </Card>
  );
}

function countUsable({ lines }: LineGroup): [usable: number, all: number] {
  return [lines.filter(({ state }) => toneOf(state) === 'good').length, lines.length];
}

/** Why a group does not work: its own cause, or that of its first line that has one. */
function causeOf({ cause, lines }: LineGroup) {
  return (cause ?? lines.find((line) => toneOf(line.state) === 'bad' && line.cause !== null)?.cause)?.code ?? null;
}

/** The threads that move audio, each with a bar of its load. */
export function WorkersCard({ workers }: { workers: Program['workers'] }) {
  const { texts, number } = useTranslation();
  const t = texts.admin.status;
  if (workers.length === 0) return null;
  return (
    <Card title={t.workers}>
      <ul>
        {workers.map(({ load, late, overloaded }, at) => (
          <Item key={at} tone={isBusy({ load, late, overloaded }) ? 'bad' : 'good'} name={t.worker(number(at + 1))}>
            <span className="numbers">
              {t.load} {number(Math.round(load))} %{late >= 1 && `, ${t.late(`${number(Math.round(late))} %`)}`}
              {overloaded && `, ${t.overloaded}`}
            </span>
            <Meter percent={load} tone={isBusy({ load, late, overloaded }) ? 'bad' : 'good'} />
          </Item>
        ))}
      </ul>
    </Card>
  );
}

/** The server's certificates; with `most`, those that end first. */
export function CertificatesCard({ program, most = Infinity }: { program: Program; most?: number }) {
  const { texts, number } = useTranslation();
  const t = texts.admin.status;
  const { now } = program;
  const ends = ({ expires_at, problem }: Program['certificates'][number]) =>
    problem !== null ? -Infinity : (expires_at ?? Infinity);
  const all = program.certificates.map((each) => ({ ...each, tone: toneOfCertificate(each, now) }));
  const certificates = most < all.length ? all.sort((a, b) => ends(a) - ends(b)).slice(0, most) : all;
  return (
    <Card title={t.certificates}>
      {certificates.length === 0 ? (
        <p>{t.noCertificates}</p>
      ) : (
        <ul>
          {certificates.map(({ used_by, file, names, expires_at, problem, tone }) => (
            <Item key={`${used_by} ${file}`} tone={tone} name={names.join(', ') || file}>
              {problem ?? (expires_at !== null && <Expiry at={expires_at} now={now} />)}
              <span className={classes.by}>
                {t.use}: {used_by} · {file}
              </span>
            </Item>
          ))}
        </ul>
      )}
      {all.length > certificates.length && (
        <p className={classes.rest}>{t.more(number(all.length - certificates.length))}</p>
      )}
    </Card>
  );
}

/** The database, and the disk that it is on. */
export function DatabaseCard({ program }: { program: Program }) {
  const { texts, language } = useTranslation();
  const t = texts.admin.status;
  const { disk } = program;
  return (
    <Card title={t.database}>
      <ul>
        <Item tone={program.database.problem ? 'bad' : 'good'} name={program.database.problem ? t.attention : t.works}>
          {program.database.problem ??
            (program.database.size !== null && t.databaseSize(formatSize(program.database.size, language)))}
        </Item>
        {disk && (
          <Item tone={toneOfDisk(disk)} name={t.disk}>
            {t.diskFree(formatSize(disk.free, language), formatSize(disk.size, language))}
            <Meter percent={100 * (1 - disk.free / disk.size)} tone={toneOfDisk(disk)} />
          </Item>
        )}
      </ul>
    </Card>
  );
}

export function CapturesCard({ captured }: { captured: Captures }) {
  const { texts, language } = useTranslation();
  const t = texts.admin.status;
  const names = captured.groups.filter(({ capturing }) => capturing).map(({ name }) => name);
  const capturing =
    names.length === 0 ? texts.admin.captures.notCapturing : texts.admin.captures.capturing(names.join(', '));
  return (
    <Card title={t.captures} href={addressOf('captures')}>
      <ul>
        <Item
          tone={captured.stopped ? 'bad' : 'good'}
          name={captured.stopped ? texts.admin.captures.stopped : capturing}
        >
          {captured.stopped
            ? inLanguage(captured.stopped, language)
            : texts.admin.captures.used(
                formatSize(captured.total, language),
                formatSize(captured.total_limit, language),
              )}
        </Item>
      </ul>
    </Card>
  );
}

function Expiry({ at, now }: { at: number; now: number }) {
  const { texts } = useTranslation();
  const t = texts.admin.status;
  return (
    <>
      {at > now && `${t.expires} `}
      <Moment at={at} say={at > now ? t.expiresIn : t.expired} />
    </>
  );
}

interface CardProps {
  title: string;
  href?: string;
  /** Further classes. */
  className?: string;
  children: ReactNode;
}

export function Card({ title, href, className = '', children }: CardProps) {
  return (
    <section className={`card ${classes.card} ${className}`} aria-label={title}>
      <h2>{href ? <Link href={href}>{title}</Link> : title}</h2>
      {children}
    </section>
  );
}

export function Figure({ tone, value, text }: { tone: Tone; value: string; text: string }) {
  return (
    <p className={classes.figure} data-tone={tone}>
      <b className="numbers">{value}</b>
      <span>{text}</span>
    </p>
  );
}

export function Item({ tone, name, children }: { tone: Tone; name: string; children?: ReactNode }) {
  return (
    <li className={classes.item} data-tone={tone}>
      <Sign tone={tone} size={17} />
      <span>
        <b>{name}</b>
        <span className={classes.about}>{children}</span>
      </span>
    </li>
  );
}

export function Sign({ tone, size }: { tone: Tone; size: number }) {
  const Icon = tone === 'good' ? IconCircleCheck : tone === 'off' ? IconCircleDashed : IconAlertTriangle;
  return <Icon size={size} aria-hidden />;
}

/** A bar of what is taken of something. The words beside it say the same. */
export function Meter({ percent, tone }: { percent: number; tone: Tone }) {
  return (
    <span className={classes.meter} data-tone={tone} aria-hidden>
      <span style={{ width: `${Math.min(100, Math.max(0, percent))}%` }} />
    </span>
  );
}
