/** Parts of a long page, and the list of them that leads there. */
import { useEffect, useRef, useState, type ReactNode, type RefObject } from 'react';
import { useTranslation } from '../../i18n';
import { Locked } from '../parts/RecordForm';
import classes from './site.module.css';

export interface SectionName {
  key: string;
  title: string;
}

const idOf = (key: string) => `section-${key}`;

/** The page beside the list of its sections. */
export function Sections({ names, children }: { names: readonly SectionName[]; children: ReactNode }) {
  const { texts } = useTranslation();
  const page = useRef<HTMLDivElement>(null);
  const drawn = useDrawn(page, names);
  const show = (key: string) => {
    const heading = page.current?.querySelector<HTMLElement>(`#${idOf(key)}`);
    heading?.scrollIntoView({ block: 'start' });
    heading?.focus({ preventScroll: true });
  };
  return (
    <div className={classes.sections} data-many={drawn.length > 1 || undefined}>
      {drawn.length > 1 && (
        <nav className={classes.contents} aria-label={texts.admin.site.sections}>
          {drawn.map(({ key, title }) => (
            <button key={key} type="button" onClick={() => show(key)}>
              {title}
            </button>
          ))}
        </nav>
      )}
      <div ref={page} className={classes.page}>
        {children}
      </div>
    </div>
  );
}

/** Those that are on the page: some depend on what is chosen in others. */
function useDrawn(page: RefObject<HTMLDivElement | null>, names: readonly SectionName[]): readonly SectionName[] {
  const [missing, setMissing] = useState('');
  useEffect(() => {
    const element = page.current;
    if (element === null) return;
    const look = () => {
      const gone = names.filter(({ key }) => element.querySelector(`#${idOf(key)}`) === null);
      setMissing(gone.map(({ key }) => key).join(' '));
    };
    look();
    const observer = new MutationObserver(look);
    observer.observe(element, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, [page, names]);
  const gone = missing.split(' ');
  return names.filter(({ key }) => !gone.includes(key));
}

export interface SectionProps {
  name: string;
  title: string;
  /** What it is for. */
  text?: ReactNode;
  /** Whether something can be looked for in it also where nothing can be changed. */
  searched?: boolean;
  children: ReactNode;
}

export function Section({ name, title, text, searched = false, children }: SectionProps) {
  return (
    <section className={`card ${classes.section}`} aria-labelledby={idOf(name)}>
      <h2 id={idOf(name)} tabIndex={-1}>
        {title}
      </h2>
      {text && <p className={classes.text}>{text}</p>}
      {searched ? children : <Locked>{children}</Locked>}
    </section>
  );
}

/** Fields beside each other where there is room. */
export function Columns({ children }: { children: ReactNode }) {
  return <div className={classes.columns}>{children}</div>;
}
