/** What needs attention, a sentence each. Pure. */
import type { Captures, Certificate, Disk, LineGroups, Log, Sentence, Status } from '../generated/protocol';
import type { AdminTexts } from '../i18n/admin.en';
import type { Language } from '../i18n/numbers';
import { healthOf, type Tone } from './model';
import { inLanguage } from './site/rights';
import { formatSize } from './size';

/** A certificate that ends sooner needs a look. */
const SOON = 21 * 24 * 3600_000;
/** A queue or thread that has more of its limit than this has little left, in percent. */
const NEARLY = 80;

/** A disk with less than this left needs a look, in octets. */
const SCARCE = 2 ** 30;

/** What the server tells; null: nothing yet. */
export interface Known {
  report: LineGroups;
  program: Status | null;
  captured: Captures | null;
  log: Log | null;
}

export function toneOfCertificate({ expires_at, problem }: Certificate, now: number): Tone {
  if (problem !== null || (expires_at !== null && expires_at <= now)) return 'bad';
  return expires_at !== null && expires_at - now < SOON ? 'wait' : 'good';
}

export const toneOfDisk = ({ free }: Disk): Tone => (free < SCARCE / 4 ? 'bad' : free < SCARCE ? 'wait' : 'good');

export const isFull = ({ length, limit }: Status['queues'][number]) => limit > 0 && (100 * length) / limit > NEARLY;

export const isBusy = ({ load, overloaded }: Status['workers'][number]) => overloaded || load > NEARLY;

export function troublesOf(
  { report, program, captured, log }: Known,
  texts: AdminTexts['status'],
  number: (value: number) => string,
  language: Language,
): string[] {
  const t = texts.trouble;
  const groups = report.line_groups.flatMap((group) => {
    const health = healthOf(group);
    return health === 'failing' ? [t.failing(group.name)] : health === 'degraded' ? [t.degraded(group.name)] : [];
  });
  const deaf = report.listeners.flatMap(({ transport, address, problem }) =>
    problem === null ? [] : [t.deaf(`${transport} ${address}`, problem)],
  );
  const certificates = (program?.certificates ?? []).flatMap((each) => {
    const tone = toneOfCertificate(each, report.now);
    const name = each.names[0] ?? each.file;
    if (tone === 'good') return [];
    if (each.problem !== null) return [t.unreadable(name, each.problem)];
    return [tone === 'bad' ? t.expired(name) : t.expiring(name)];
  });
  const workers = (program?.workers ?? []).flatMap((worker, at) =>
    !isBusy(worker)
      ? []
      : [worker.overloaded ? t.overloaded(number(at + 1)) : t.busy(number(at + 1), `${number(worker.load)} %`)],
  );
  const disk =
    program?.disk && toneOfDisk(program.disk) !== 'good' ? [t.disk(formatSize(program.disk.free, language))] : [];
  const queues = (program?.queues ?? []).flatMap((queue) =>
    isFull(queue) ? [t.full(texts.queue[queue.name] ?? queue.name, number(queue.length), number(queue.limit))] : [],
  );
  const told = (why: string | null | undefined, say: (why: string) => string) =>
    why === null || why === undefined ? [] : [say(why)];
  const said = (why: Sentence | null | undefined) => (why ? inLanguage(why, language) : null);
  return [
    ...groups,
    ...deaf,
    ...certificates,
    ...told(program?.database.problem, t.database),
    ...disk,
    ...workers,
    ...queues,
    ...told(said(captured?.stopped), t.captures),
    ...told(said(log?.stopped), t.log),
    ...told(said(log?.system_problem), t.system),
  ];
}
