/** Files that the server keeps: which there are, and how much of their room is taken. */
import { ActionIcon, Button, Modal } from '@mantine/core';
import { IconDownload, IconFileZip, IconTrash } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import type { CaptureFile } from '../generated/protocol';
import { useTranslation } from '../i18n';
import type { Texts } from '../i18n/en';
import { useAttempt } from './announce';
import classes from './Captures.module.css';
import { Moment } from './clock';
import { PlainTable } from './PlainTable';
import { formatSize } from './size';

/** How the files are spoken of. */
export type FilesTexts = Pick<
  Texts['admin']['captures'],
  | 'files'
  | 'noFiles'
  | 'file'
  | 'size'
  | 'changed'
  | 'open'
  | 'download'
  | 'downloadFile'
  | 'delete'
  | 'deleteFile'
  | 'deleteAll'
  | 'zip'
  | 'sure'
  | 'sureAll'
  | 'sureText'
  | 'keep'
  | 'deleted'
  | 'deletedAll'
  | 'used'
  | 'usedLabel'
>;

export interface FilesProps {
  texts: FilesTexts;
  report: { files: CaptureFile[]; total: number; total_limit: number };
  /** What the files lack, in a sentence. */
  missing: string | null;
  /** Where all of them are in one. */
  zip: string;
  urlOf: (name: string) => string;
  /** Deletes one; without a name all that are finished. */
  remove: (name?: string) => Promise<void>;
  onDone: () => Promise<void>;
}

export function Files({ texts: t, report, missing, zip, urlOf, remove, onDone }: FilesProps) {
  const { texts, language, number } = useTranslation();
  const attempt = useAttempt();
  const section = useRef<HTMLElement>(null);
  // A file's name, or `null` for all of them.
  const [deleting, setDeleting] = useState<{ file: string | null } | null>(null);
  const finished = report.files.filter(({ open }) => !open);
  const removed = async () => {
    const file = deleting?.file ?? null;
    setDeleting(null);
    await attempt(() => remove(file ?? undefined), file === null ? t.deletedAll : t.deleted(file));
    await onDone();
    // The button that had the focus has gone with its file.
    requestAnimationFrame(() => document.activeElement === document.body && section.current?.focus());
  };
  return (
    <>
      <section ref={section} tabIndex={-1} className={`card ${classes.side}`} aria-label={t.files}>
        <div className={classes.head}>
          <h2>
            {t.files} <b className="numbers">{number(report.files.length)}</b>
          </h2>
          {report.files.length > 0 && (
            <Button
              component="a"
              href={zip}
              download
              size="xs"
              variant="default"
              leftSection={<IconFileZip size={16} aria-hidden />}
            >
              {t.zip}
            </Button>
          )}
          {finished.length > 0 && (
            <Button
              size="xs"
              variant="default"
              leftSection={<IconTrash size={16} aria-hidden />}
              onClick={() => setDeleting({ file: null })}
            >
              {t.deleteAll}
            </Button>
          )}
        </div>
        <Room texts={t} report={report} />
        {missing !== null && <p className={classes.dropped}>{missing}</p>}
        {report.files.length === 0 ? (
          <p className={classes.note}>{t.noFiles}</p>
        ) : (
          <PlainTable
            label={t.files}
            folding
            columns={[t.file, t.size, t.changed, texts.admin.column.action]}
            rows={[...report.files].reverse().map(({ name, size, modified_at, open }) => ({
              key: name,
              cells: [
                <span key="name" className={classes.file}>
                  {name}
                  {open && <span className={classes.open}>{t.open}</span>}
                </span>,
                formatSize(size, language),
                <Moment key="at" at={modified_at} say={texts.admin.ago} />,
                <span key="act" className={classes.acts}>
                  <ActionIcon
                    component="a"
                    href={urlOf(name)}
                    download={name}
                    variant="default"
                    size={32}
                    aria-label={t.downloadFile(name)}
                    title={t.download}
                  >
                    <IconDownload size={17} aria-hidden />
                  </ActionIcon>
                  {!open && (
                    <ActionIcon
                      variant="default"
                      size={32}
                      aria-label={t.deleteFile(name)}
                      title={t.delete}
                      onClick={() => setDeleting({ file: name })}
                    >
                      <IconTrash size={17} aria-hidden />
                    </ActionIcon>
                  )}
                </span>,
              ],
            }))}
          />
        )}
      </section>
      <Modal
        opened={deleting !== null}
        onClose={() => setDeleting(null)}
        centered
        title={deleting?.file ? t.sure(deleting.file) : t.sureAll(finished.length)}
        closeButtonProps={{ 'aria-label': t.keep }}
      >
        <p className={classes.sure}>{t.sureText}</p>
        <div className={classes.answers}>
          <Button variant="default" data-autofocus onClick={() => setDeleting(null)}>
            {t.keep}
          </Button>
          <Button className={classes.remove} onClick={() => void removed()}>
            {t.delete}
          </Button>
        </div>
      </Modal>
    </>
  );
}

/** How much of the room for them is taken. */
function Room({ texts: t, report: { total, total_limit } }: Pick<FilesProps, 'texts' | 'report'>) {
  const { language } = useTranslation();
  const share = total_limit > 0 ? Math.min(1, total / total_limit) : 0;
  return (
    <div className={classes.room}>
      <span
        className={classes.track}
        role="meter"
        aria-label={t.usedLabel}
        aria-valuenow={Math.round(share * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <span style={{ width: `${share * 100}%` }} data-full={share > 0.9 || undefined} />
      </span>
      <span className="numbers">{t.used(formatSize(total, language), formatSize(total_limit, language))}</span>
    </div>
  );
}
