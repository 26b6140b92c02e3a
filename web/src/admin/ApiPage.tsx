/** The OpenAPI document, to read and to try; loaded only where somebody looks at it. */
import 'rapidoc';
import { useComputedColorScheme } from '@mantine/core';
import { createElement } from 'react';
import { useTranslation } from '../i18n';
import classes from './ApiPage.module.css';
import { PageHead } from './PageHead';

export default function ApiPage() {
  const { texts } = useTranslation();
  const dark = useComputedColorScheme('light') === 'dark';
  const t = texts.admin.site.api;
  const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return (
    <>
      <PageHead title={t.title} lead={t.lead} />
      <p className={classes.link}>
        <a href="/api/v1/openapi.json" download>
          {t.download}
        </a>
      </p>
      {createElement('rapi-doc', {
        // It reads its colours once.
        key: String(dark),
        class: classes.document,
        'spec-url': '/api/v1/openapi.json',
        'server-url': window.location.origin,
        theme: dark ? 'dark' : 'light',
        'bg-color': colour('--surface'),
        'text-color': colour('--mantine-color-text'),
        'primary-color': colour('--brand'),
        'render-style': 'view',
        'schema-style': 'table',
        'load-fonts': 'false',
        'regular-font': 'inherit',
        'mono-font': 'ui-monospace, monospace',
        'show-header': 'false',
        'show-info': 'false',
        'allow-server-selection': 'false',
        // Who reads this is signed in already.
        'allow-authentication': 'false',
        'allow-spec-url-load': 'false',
        'allow-spec-file-load': 'false',
        'fetch-credentials': 'same-origin',
        'schema-description-expanded': 'true',
      })}
    </>
  );
}
