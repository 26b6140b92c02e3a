import '@mantine/core/styles.css';
import './app.css';
import { MantineProvider } from '@mantine/core';
import { lazy, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { LanguageProvider } from './i18n';
import { schemeManager } from './scheme';
import { cssVariables, theme } from './theme';

/** Loaded only at its own address: who telephones has no use for it. */
const Administration = lazy(() => import('./admin/Administration'));
const administers = /^\/admin(\/|$)/.test(window.location.pathname);

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');

createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      colorSchemeManager={schemeManager}
    >
      <LanguageProvider>
        <Suspense>{administers ? <Administration /> : <App />}</Suspense>
      </LanguageProvider>
    </MantineProvider>
  </StrictMode>,
);
