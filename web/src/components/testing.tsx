/** Drawing components for tests, without a browser. */
import { MantineProvider } from '@mantine/core';
import type { ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { vi } from 'vitest';
import { LanguageProvider } from '../i18n';

/** What a component draws at first, as HTML, in English. */
export function drawn(node: ReactNode): string {
  vi.stubGlobal('navigator', { languages: ['en'] });
  const html = renderToStaticMarkup(
    <MantineProvider>
      <LanguageProvider>{node}</LanguageProvider>
    </MantineProvider>,
  );
  vi.unstubAllGlobals();
  return html;
}
