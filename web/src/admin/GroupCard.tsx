/** One line group: its PBX, how its lines are, and the lines. */
import {
  IconAlertTriangle,
  IconChevronDown,
  IconCircleCheck,
  IconClock,
  IconLock,
  IconPlugConnectedX,
  IconPower,
  IconSettings,
  type Icon,
} from '@tabler/icons-react';
import { useId, useState, type ReactNode } from 'react';
import type { LineGroup, LineReport } from '../generated/protocol';
import { useTranslation } from '../i18n';
import { Moment } from './clock';
import classes from './GroupCard.module.css';
import { LineTable, Words } from './LineTable';
import { countStates, healthOf, toneOf, type Health } from './model';
import { PlainTable } from './PlainTable';
import { addressOf, Link } from './route';

const healthSigns: Record<Health, { tone: string; Sign: Icon }> = {
  failing: { tone: 'bad', Sign: IconAlertTriangle },
  degraded: { tone: 'wait', Sign: IconAlertTriangle },
  settling: { tone: 'wait', Sign: IconClock },
  working: { tone: 'good', Sign: IconCircleCheck },
  empty: { tone: 'off', Sign: IconPower },
};

export interface GroupCardProps {
  group: LineGroup;
  /** Its lines that the filter lets through. */
  lines: LineReport[];
  filtered: boolean;
  /** Whether its lines are shown at first. */
  openAtFirst: boolean;
  resetting: ReadonlySet<string>;
  onReset: (line: LineReport) => void;
}

export function GroupCard({ group, lines, filtered, openAtFirst, resetting, onReset }: GroupCardProps) {
  const { texts, number } = useTranslation();
  const [wanted, setOpen] = useState(openAtFirst);
  const id = useId();
  const t = texts.admin;
  const health = healthOf(group);
  const { tone, Sign } = healthSigns[health];
  const open = wanted || filtered;
  return (
    <section className={`card ${classes.card}`} data-health={health} aria-labelledby={`${id}-name`}>
      <header className={classes.head}>
        <button
          type="button"
          className={classes.toggle}
          aria-expanded={open}
          aria-controls={`${id}-body`}
          aria-label={open ? t.hide(group.name) : t.show(group.name)}
          onClick={() => setOpen(!open)}
        >
          <IconChevronDown size={20} aria-hidden />
        </button>
        <div className={classes.names}>
          <h2 className={classes.name} id={`${id}-name`}>
            {group.name}
          </h2>
          <span className={classes.kind}>{t.kind[group.kind]}</span>
          {group.from_file && <IconLock className={classes.lock} size={15} role="img" aria-label={t.site.inFile} />}
          {group.object !== null && (
            <Link
              className={classes.settings}
              href={addressOf('line_groups', group.object)}
              aria-label={t.settingsOf(group.name)}
            >
              <IconSettings size={16} aria-hidden />
              {t.settings}
            </Link>
          )}
        </div>
        <span className={classes.health} data-tone={tone}>
          <Sign size={16} aria-hidden />
          {t.health[health]}
        </span>
      </header>
      <dl className={classes.facts}>
        {group.registrar && <Fact label={t.pbx}>{group.registrar}</Fact>}
        {group.domain && <Fact label={t.domain}>{group.domain}</Fact>}
        {group.listener && <Fact label={t.listener}>{group.listener}</Fact>}
        {group.kind !== 'trunk-registrar' && (
          <Fact label={t.targets}>
            {group.targets.length === 0 && t.unknownTarget}
            {group.targets.map((target) => (
              <span
                key={`${target.transport} ${target.address}`}
                className={classes.target}
                data-down={target.down_since !== null || undefined}
              >
                {target.down_since === null ? (
                  <IconCircleCheck size={15} aria-hidden />
                ) : (
                  <IconPlugConnectedX size={15} aria-hidden />
                )}
                <span className="numbers">
                  {target.transport} {target.address}
                </span>
                <em>{target.down_since === null ? t.answers : <Moment at={target.down_since} say={t.silent} />}</em>
              </span>
            ))}
          </Fact>
        )}
        {group.lookup_at !== null && (
          <Fact label={t.lookup}>
            <Moment at={group.lookup_at} say={t.in} />
          </Fact>
        )}
        {group.wrong_passwords > 0 && (
          <Fact label={t.wrongPasswords}>{t.sinceStart(number(group.wrong_passwords))}</Fact>
        )}
      </dl>
      {group.cause && (
        <p className={classes.cause}>
          <Words cause={group.cause} at={null} past={false} />
        </p>
      )}
      <StateBar lines={group.lines} />
      <div id={`${id}-body`} hidden={!open}>
        {open && group.kind === 'trunk-registrar' && group.bindings.length > 0 && (
          <PlainTable
            label={`${t.bindings}: ${group.name}`}
            folding
            columns={[t.contact, t.source, t.until, t.userAgent]}
            rows={group.bindings.map((binding) => ({
              key: `${binding.source} ${binding.contact}`,
              cells: [
                binding.contact,
                binding.source,
                <Moment key="until" at={binding.until} say={t.in} />,
                binding.user_agent ?? '–',
              ],
            }))}
          />
        )}
        {open && lines.length > 0 && (
          <LineTable group={group.name} lines={lines} resetting={resetting} onReset={onReset} />
        )}
        {open && lines.length === 0 && <p className={classes.none}>{filtered ? t.noMatch : t.noLines}</p>}
      </div>
    </section>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** How many lines are in which state: as a bar, and in words. */
function StateBar({ lines }: { lines: LineReport[] }) {
  const { texts, number } = useTranslation();
  const counts = countStates(lines);
  if (counts.length === 0) return null;
  return (
    <div className={classes.counts}>
      <div className={classes.bar} aria-hidden>
        {counts.map(({ state, count }) => (
          <span key={state} data-tone={toneOf(state)} style={{ flexGrow: count }} />
        ))}
      </div>
      <ul className={classes.legend} aria-label={texts.admin.states}>
        {counts.map(({ state, count }) => (
          <li key={state} data-tone={toneOf(state)}>
            <b className="numbers">{number(count)}</b> {texts.admin.state[state]}
          </li>
        ))}
      </ul>
    </div>
  );
}
