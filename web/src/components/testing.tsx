/** Drawing components for tests, as HTML or in a browser's stand-in. */
import { MantineProvider } from '@mantine/core';
import { configure, render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { vi } from 'vitest';
import { LanguageProvider } from '../i18n';

// A deadline, not a measure: machines that build beside it are slow.
configure({ asyncUtilTimeout: 30_000 });

const framed = (node: ReactNode) => (
  <MantineProvider env="test">
    <LanguageProvider>{node}</LanguageProvider>
  </MantineProvider>
);

/** What a component draws at first, as HTML, in English. */
export function drawn(node: ReactNode): string {
  vi.stubGlobal('navigator', { languages: ['en'] });
  const html = renderToStaticMarkup(framed(node));
  vi.unstubAllGlobals();
  return html;
}

/** A component that can be used, in a test file with `@vitest-environment happy-dom`. */
export function rendered(node: ReactNode) {
  window.matchMedia ??= (query) => ({ ...new EventTarget(), matches: false, media: query }) as MediaQueryList;
  return render(framed(node));
}
