/** What a page is called, and what it is for. */
import classes from './Console.module.css';

export function PageHead({ title, lead }: { title: string; lead: string }) {
  return (
    <div className={classes.top}>
      <h1 className={classes.title}>{title}</h1>
      <p className={classes.summary}>{lead}</p>
    </div>
  );
}
