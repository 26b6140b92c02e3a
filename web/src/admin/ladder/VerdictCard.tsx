/** Why a call failed: what happened, what to do, and what shows it. */
import { IconSettings, IconTool } from '@tabler/icons-react';
import type { Trace, Verdict } from '../../generated/protocol';
import { useTranslation } from '../../i18n';
import { verdictName } from '../../i18n/verdicts';
import { severityIcons } from '../severity';
import classes from './Trace.module.css';

export interface VerdictCardProps {
  verdict: Verdict;
  trace: Trace;
  /** What to call an event, in short. */
  name: (event: number) => string;
  onShow: (event: number) => void;
}

export function VerdictCard({ verdict, trace, name, onShow }: VerdictCardProps) {
  const { texts, language, sentence } = useTranslation();
  const t = texts.admin.ladder;
  const Icon = severityIcons[verdict.severity];
  const said = (english: string, german: string) => (language === 'de' ? german : english);
  const fix = said(verdict.fix_english, verdict.fix_german);
  const { cause } = trace;
  const told = cause && [
    sentence(cause.code),
    [cause.sip_status !== null ? t.sip(cause.sip_status) : '', cause.detail].filter(Boolean).join(' '),
  ];
  return (
    <section
      className={`card ${classes.verdict}`}
      data-severity={verdict.severity}
      aria-label={t.severity[verdict.severity]}
    >
      <Icon className={classes.sign} size={30} stroke={1.9} aria-hidden />
      <div className={classes.why}>
        <p className={classes.severity}>
          {[t.severity[verdict.severity], verdict.severity !== 'fine' && verdictName(verdict.code, language)]
            .filter(Boolean)
            .join(' · ')}
        </p>
        <h2 className={classes.sentence}>{said(verdict.english, verdict.german)}</h2>
        {fix && (
          <p className={classes.fix}>
            <IconTool size={18} aria-hidden />
            <span>
              <b>{t.fix}:</b> {fix}
            </span>
          </p>
        )}
        {told && verdict.severity !== 'fine' && (
          <p className={classes.told}>
            {t.told}: {told[0]}
            {told[1] && <span className="numbers"> ({told[1]})</span>}
          </p>
        )}
      </div>
      {verdict.evidence.length > 0 && (
        <div className={classes.evidence}>
          <h3>{t.evidence}</h3>
          <ol>
            {verdict.evidence.map(({ event, setting, english, german }, at) => {
              const value = trace.settings.find(({ key }) => key === setting)?.value;
              const text = said(english, german);
              return (
                <li key={at}>
                  {event !== null && trace.events[event] ? (
                    <button type="button" onClick={() => onShow(event)} title={t.show(name(event))}>
                      <span className={classes.number} aria-hidden>
                        {at + 1}
                      </span>
                      <span className={classes.shown}>
                        {text} <span className={classes.where}>{name(event)}</span>
                      </span>
                    </button>
                  ) : (
                    <span className={classes.plain}>
                      <span className={classes.number} aria-hidden>
                        {setting ? <IconSettings size={13} /> : at + 1}
                      </span>
                      <span className={classes.shown}>
                        {text}{' '}
                        {setting && !text.includes(setting) && (
                          <code className={classes.setting} title={t.setting}>
                            {value === undefined ? setting : `${setting} = ${value}`}
                          </code>
                        )}
                      </span>
                    </span>
                  )}
                </li>
              );
            })}
          </ol>
        </div>
      )}
    </section>
  );
}
