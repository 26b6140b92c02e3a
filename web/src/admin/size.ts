import { formatNumber } from '../i18n/numbers';

/** Octets as people say them: at most three digits before the unit. */
export function formatSize(octets: number, language: string): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [Math.max(0, octets), 0];
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit > 0 && value < 10 ? 1 : 0;
  return `${formatNumber(value, language, digits)} ${units[unit]}`;
}
