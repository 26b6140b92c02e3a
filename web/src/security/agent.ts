/** What a browser or program calls itself, for people. Pure. */

export interface Agent {
  /** The browser or program. */
  name: string;
  /** What it runs on; empty where it does not say. */
  system: string;
}

/** Each browser says that it is several others, too: the first that matches counts. */
const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdgA?\/(\d+)/, 'Edge'],
  [/\bOPR\/(\d+)/, 'Opera'],
  [/\bSamsungBrowser\/(\d+)/, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\/(\d+)/, 'Firefox'],
  [/\b(?:HeadlessChrome|Chrome|CriOS)\/(\d+)/, 'Chrome'],
  [/\bVersion\/(\d+)[^ ]* (?:Mobile\/\w+ )?Safari\//, 'Safari'],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/\bAndroid\b/, 'Android'],
  [/\b(?:iPhone|iPad|iPod)\b/, 'iOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];
/** Letters of a name that are shown. */
const MOST = 60;

/** Null: it says nothing. */
export function agentOf(userAgent: string): Agent | null {
  if (userAgent.trim() === '') return null;
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1] ?? '';
  for (const [pattern, name] of BROWSERS) {
    const found = pattern.exec(userAgent);
    if (found) return { name: `${name} ${found[1] ?? ''}`.trim(), system };
  }
  // A program, which begins with its own name: curl/8.5.0.
  return { name: (userAgent.split(/[ (]/, 1)[0] ?? userAgent).replace('/', ' ').slice(0, MOST), system };
}
