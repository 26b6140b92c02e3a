/** What programs sign in with. */
import { Button, Checkbox, CopyButton, TextInput } from '@mantine/core';
import { IconCheck, IconCopy, IconKey } from '@tabler/icons-react';
import { useContext, useEffect } from 'react';
import type { CreatedToken, Scope, Stored, TokenObject, TokenUses } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { Announce } from '../announce';
import type { Column } from '../parts/DataTable';
import { SwitchField, TextField, useValue } from '../parts/fields';
import { Creation, type Tagged } from '../parts/rest';
import { dayOf } from './AuditPage';
import { ActiveSign, ObjectList } from './ObjectList';
import { useAnswer } from './objects';
import { NEW, ObjectPage } from './ObjectPage';
import { Columns, Section } from './Section';
import { Fault } from './siteFields';
import classes from './site.module.css';
import { dateOf, useWords } from './words';

const SCOPES: readonly Scope[] = ['read_only', 'users', 'full', 'metrics'];
const BLANK: TokenObject = { name: '', description: '', scopes: ['read_only'], expires: null, active: true };

/** Tokens that were made on this page, until it is left: nothing else shows them. */
const told = new Map<string, string>();

const hasEnded = ({ expires }: TokenObject) => expires !== null && expires * 1000 <= Date.now();

export function Tokens() {
  const { texts, language } = useTranslation();
  const t = texts.admin.site.token;
  const f = t.fields;
  const uses = useAnswer<TokenUses>('/api/v1/admin/token-uses');
  const columns: Column<Stored<TokenObject>>[] = [
    { key: 'name', title: f['/name'], sort: 'name', width: 'minmax(0, 1.3fr)', cell: ({ object }) => object.name },
    {
      key: 'description',
      title: f['/description'],
      sort: 'description',
      cell: ({ object }) => object.description,
      wide: true,
    },
    {
      key: 'scopes',
      title: f['/scopes'],
      cell: ({ object }) => object.scopes.map((scope) => t.short[scope]).join(', '),
    },
    {
      key: 'expires',
      title: f['/expires'],
      sort: 'expires',
      cell: ({ object: { expires } }) => (expires === null ? t.never : dateOf(expires, language)),
      wide: true,
    },
    {
      key: 'used',
      title: t.used,
      cell: ({ id }) => {
        const use = uses.value?.uses.find(({ token }) => token === id);
        if (use === undefined) return uses.value === null ? '' : t.notUsed;
        const when = new Date(use.used_at).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
        return <span title={use.address === '' ? undefined : t.usedFrom(use.address)}>{when}</span>;
      },
      wide: true,
    },
    {
      key: 'active',
      title: f['/active'],
      sort: 'active',
      width: 'minmax(84px, 0.7fr)',
      cell: ({ object }) => (hasEnded(object) ? t.ended : <ActiveSign active={object.active} />),
    },
  ];
  return <ObjectList kind="tokens" columns={columns} activatable />;
}

/** Makes a token and notes its secret for the page that shows it. */
async function make(body: TokenObject): Promise<Tagged<Stored<TokenObject>>> {
  const creation = new Creation<TokenObject | CreatedToken>('/api/v1/admin/tokens');
  const { value, tag } = (await creation.send(body)) as Tagged<CreatedToken>;
  told.set(value.stored.id, value.token);
  return { value: value.stored, tag };
}

export function TokenPage({ id }: { id: string }) {
  const { texts } = useTranslation();
  const words = useWords();
  const t = texts.admin.site.token;
  const secret = told.get(id);
  // Who comes back finds it no more.
  useEffect(() => () => void told.delete(id), [id]);
  return (
    <>
      {secret !== undefined && <Secret secret={secret} />}
      <ObjectPage
        kind="tokens"
        id={id}
        blank={BLANK}
        labels={t.fields}
        words={words}
        sections={[{ key: 'general', title: t.section }]}
        goes={t.goes}
        make={make}
      >
        {() => (
          <Section name="general" title={t.section} text={id === NEW ? t.text : undefined}>
            <Columns>
              <TextField at="/name" required hint={t.nameHint} />
              <TextField at="/description" />
              <ExpiryField />
            </Columns>
            <ScopesField />
            <SwitchField at="/active" />
          </Section>
        )}
      </ObjectPage>
    </>
  );
}

/** The secret, this once. */
function Secret({ secret }: { secret: string }) {
  const { texts } = useTranslation();
  const announce = useContext(Announce);
  const t = texts.admin.site.token.secret;
  return (
    <section className={`card ${classes.section} ${classes.secret}`} aria-labelledby="token-secret">
      <h2 id="token-secret">
        <IconKey size={20} aria-hidden /> {t.title}
      </h2>
      <p className={classes.text}>{t.text}</p>
      <div className={classes.copied}>
        <code tabIndex={0}>{secret}</code>
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              leftSection={copied ? <IconCheck size={17} aria-hidden /> : <IconCopy size={17} aria-hidden />}
              onClick={() => {
                copy();
                announce(t.copied, false);
              }}
            >
              {t.copy}
            </Button>
          )}
        </CopyButton>
      </div>
    </section>
  );
}

function ScopesField() {
  const { texts } = useTranslation();
  const { value, onChange, error, label } = useValue<Scope[]>('/scopes');
  const t = texts.admin.site.token;
  return (
    <fieldset className={classes.scopes}>
      <legend>{label}</legend>
      <Fault error={error} />
      {SCOPES.map((scope) => (
        <Checkbox
          key={scope}
          label={t.scopes[scope]}
          checked={value.includes(scope)}
          onChange={() => onChange(SCOPES.filter((each) => (each === scope) !== value.includes(each)))}
        />
      ))}
    </fieldset>
  );
}

/** The last day of a token. */
function ExpiryField() {
  const { texts } = useTranslation();
  const { value, onChange, error, label } = useValue<number | null>('/expires');
  return (
    <TextInput
      type="date"
      label={label}
      description={texts.admin.site.token.expiresHint}
      error={error}
      value={value === null ? '' : localDay(value)}
      onChange={({ currentTarget }) => {
        const end = dayOf(currentTarget.value, 1);
        onChange(end === null ? null : end / 1000);
      }}
    />
  );
}

/** The day of this place that ends at a moment, or in which it lies. */
function localDay(seconds: number): string {
  const day = new Date(seconds * 1000 - 1);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${String(day.getFullYear()).padStart(4, '0')}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}
