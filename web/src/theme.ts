import { Checkbox, createTheme, Input, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const petrol: MantineColorsTuple = [
  '#e8f6f4',
  '#d2ebe7',
  '#a4d7cf',
  '#72c2b6',
  '#49b0a2',
  '#2f9f91',
  '#1b8678',
  '#0e6e66',
  '#0a5b54',
  '#074640',
];

/** Greys of the dark appearance, with a trace of the brand's green. */
const dark: MantineColorsTuple = [
  '#c5d1ce',
  '#a9b8b4',
  '#8b9c98',
  '#667a75',
  '#3f4f4b',
  '#34413f',
  '#1f2a29',
  '#172020',
  '#131b1a',
  '#0f1514',
];

export const theme = createTheme({
  colors: { petrol, dark },
  primaryColor: 'petrol',
  primaryShade: 7,
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif',
  headings: { fontWeight: '600' },
  components: {
    // Targets have at least 24 px (WCAG 2.5.8).
    Checkbox: Checkbox.extend({ vars: () => ({ root: { '--checkbox-size': '1.5rem' } }) }),
    // Fields beside each other stand in line, whether they have a hint or not.
    InputWrapper: Input.Wrapper.extend({
      defaultProps: { inputWrapperOrder: ['label', 'input', 'description', 'error'] },
    }),
  },
});

/** Mantine's own greys are blue; ours lean towards the brand's green. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#f3f6f5',
    '--mantine-color-text': '#16211f',
    '--mantine-color-dimmed': '#566562',
    '--mantine-color-default-border': '#d3dcd9',
    '--mantine-color-error': '#b42318',
    '--surface': '#ffffff',
    '--sunken': '#eef2f1',
    '--edge': '#dde5e3',
    '--brand': '#0e6e66',
    '--brand-soft': '#dff1ee',
    '--go': '#157a43',
    '--go-hover': '#0f6637',
    '--go-soft': '#dff3e6',
    '--go-text': '#11663a',
    '--stop': '#c0322b',
    '--stop-hover': '#a32720',
    '--stop-soft': '#fbe9e7',
    '--stop-text': '#9c241d',
    '--wait-soft': '#fdf1d8',
    '--wait-text': '#7a4d05',
    '--go-band': '#27a35d',
    '--wait-band': '#d69a21',
    '--client-text': '#4a3fb5',
    '--lifeline': '#b9c7c3',
    '--shadow': '0 1px 2px rgb(16 33 30 / 6%), 0 8px 28px rgb(16 33 30 / 6%)',
  },
  dark: {
    '--mantine-color-body': '#0f1514',
    '--mantine-color-text': '#e6edeb',
    '--mantine-color-dimmed': '#9bada9',
    '--mantine-color-default': '#1e2827',
    '--mantine-color-default-hover': '#263230',
    '--mantine-color-default-border': '#34413f',
    '--mantine-color-error': '#ff8f86',
    '--surface': '#172020',
    '--sunken': '#1f2a29',
    '--edge': '#283432',
    '--brand': '#5cc7b8',
    '--brand-soft': '#14332f',
    '--go': '#1a7f48',
    '--go-hover': '#166b3c',
    '--go-soft': '#12331f',
    '--go-text': '#7fd9a4',
    '--stop': '#c93a32',
    '--stop-hover': '#b3322b',
    '--stop-soft': '#3b1a18',
    '--stop-text': '#ffa9a2',
    '--wait-soft': '#38290e',
    '--wait-text': '#f2c879',
    '--go-band': '#27a35d',
    '--wait-band': '#d69a21',
    '--client-text': '#b3acff',
    '--lifeline': '#465653',
    '--shadow': '0 1px 2px rgb(0 0 0 / 30%), 0 8px 28px rgb(0 0 0 / 25%)',
  },
});
