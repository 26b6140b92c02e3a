/** How a leg of a call sounds, as a row of a table. */
import { IconAlertTriangle, IconLock, IconLockOpen } from '@tabler/icons-react';
import type { LegReport } from '../generated/protocol';
import { useTranslation } from '../i18n';
import classes from './Calls.module.css';
import { gradeOf, toneOfGrade, worstOf } from './model';

/** The highest score of the E-model. */
const BEST = 4.5;

/** The columns that a row fills. */
export function useLegColumns(): string[] {
  const { texts } = useTranslation();
  const t = texts.admin.calls;
  return [t.leg, t.quality, t.codec, t.loss, t.jitter, t.roundTrip, t.concealed, t.level];
}

export function LegRow({ leg }: { leg: LegReport }) {
  const { texts, number } = useTranslation();
  const t = texts.admin.calls;
  const percent = (value: number) => `${number(value, 1)} %`;
  const ms = (value: number) => `${number(value)} ms`;
  const secured = leg.encrypted ? t.encrypted : t.plain;
  const Lock = leg.encrypted ? IconLock : IconLockOpen;
  const codecs = [...new Set([leg.codec_in, leg.codec_out].filter((codec) => codec !== null))].join(' / ');
  return (
    <>
      <td data-label={t.leg}>
        {t.party[leg.party]} <span className={classes.dim}>{leg.name}</span>
        {leg.silent && (
          <span className={classes.silent}>
            <IconAlertTriangle size={15} aria-hidden />
            {t.silent}
          </span>
        )}
      </td>
      <td data-label={t.quality}>
        <Score leg={leg} />
      </td>
      <td data-label={t.codec}>
        {codecs || '–'} <span className={classes.dim}>{leg.transcoded ? t.transcoded : t.relayed}</span>{' '}
        <span role="img" aria-label={secured} title={secured} className={classes.dim}>
          <Lock size={14} aria-hidden />
        </span>
      </td>
      <td className="numbers" data-label={t.loss}>
        {percent(leg.loss)}
        {leg.loss_remote !== null && <span className={classes.when}>{t.back(percent(leg.loss_remote))}</span>}
      </td>
      <td className="numbers" data-label={t.jitter}>
        {ms(leg.jitter_ms)}
        {leg.jitter_remote_ms !== null && <span className={classes.when}>{t.back(ms(leg.jitter_remote_ms))}</span>}
      </td>
      <td className="numbers" data-label={t.roundTrip}>
        {leg.round_trip_ms === null ? '–' : ms(leg.round_trip_ms)}
      </td>
      <td className="numbers" data-label={t.concealed}>
        {ms(leg.concealed_ms)}
      </td>
      <td className="numbers" data-label={t.level}>
        {leg.level === null ? '–' : `${number(leg.level)} dBFS`}
      </td>
    </>
  );
}

/** The worse of the two directions: as a bar, and in words. */
function Score({ leg }: { leg: LegReport }) {
  const { texts, number } = useTranslation();
  const t = texts.admin.calls;
  const mos = worstOf(leg);
  if (mos === null) return <span className={classes.dim}>{t.unknownQuality}</span>;
  const grade = gradeOf(mos);
  return (
    <span className={classes.score} data-tone={toneOfGrade(grade)}>
      <span className={classes.bar} aria-hidden>
        <span style={{ width: `${((mos - 1) / (BEST - 1)) * 100}%` }} />
      </span>
      <span className="numbers">{t.mos(number(mos, 1, 1), t.grade[grade])}</span>
    </span>
  );
}
