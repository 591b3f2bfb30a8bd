import { PareError } from './errors.ts';

declare const unit: unique symbol;
type Unit<Name extends string> = number & { readonly [unit]: Name };

/** A size in bytes; KB, MB and GB are powers of 1000, KiB, MiB and GiB of 1024. */
export type Bytes = Unit<'bytes'>;
/** A duration in milliseconds. */
export type Milliseconds = Unit<'milliseconds'>;
/** A fraction in 0..1; written with a percent sign or as a plain number. */
export type Fraction = Unit<'fraction'>;

export const bytes = (value: number): Bytes => value as Bytes;
export const milliseconds = (value: number): Milliseconds => value as Milliseconds;
export const fraction = (value: number): Fraction => value as Fraction;

const byteUnits = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;
const timeUnits = { us: 1e-3, ms: 1, s: 1e3, min: 6e4, h: 3.6e6 } as const;

function parse(text: string, units: Readonly<Record<string, number>>, what: string): number {
  const match = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([A-Za-z%]*)\s*$/.exec(text);
  const factor =
    match && Object.entries(units).find(([name]) => name.toLowerCase() === match[2]!.toLowerCase());
  if (!match || !factor) {
    const names = Object.keys(units).join(', ');
    throw new PareError('bad-unit', `'${text}' is not ${what}.`, {
      hint: `Write a number and one of ${names}.`,
    });
  }
  return Number(match[1]) * factor[1];
}

/** Parses `40 KB`, `1.5 MiB`. Throws `bad-unit`. */
export const parseBytes = (text: string): Bytes => bytes(parse(text, byteUnits, 'a size'));
/** Parses `2 ms`, `1.5 s`. Throws `bad-unit`. */
export const parseDuration = (text: string): Milliseconds =>
  milliseconds(parse(text, timeUnits, 'a duration'));
/** Parses `90 %` or `0.9`. Throws `bad-unit`. */
export const parseFraction = (text: string): Fraction =>
  fraction(
    /^\s*[+-]?[\d.]+(e[+-]?\d+)?\s*$/.test(text) ? Number(text) : parse(text, { '%': 0.01 }, 'a percentage'),
  );

/** `1.73 MB`: three significant digits, decimal units. */
export function formatBytes(value: number): string {
  const steps = ['B', 'KB', 'MB', 'GB', 'TB'];
  let index = 0;
  let rest = value;
  while (Math.abs(rest) >= 999.5 && index < steps.length - 1) {
    rest /= 1000;
    index++;
  }
  return `${index === 0 ? Math.round(rest) : significant(rest)} ${steps[index]}`;
}

/** `2.29 M`: three significant digits, for counts of parameters and operations. */
export function formatCount(value: number): string {
  const steps = ['', ' K', ' M', ' G', ' T'];
  let index = 0;
  let rest = value;
  while (Math.abs(rest) >= 999.5 && index < steps.length - 1) {
    rest /= 1000;
    index++;
  }
  return `${index === 0 ? rest : significant(rest)}${steps[index]}`;
}

/** `0.123 ms`, `4.56 s`, `3 min 20 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${significant(ms)} ms`;
  if (ms < 60_000) return `${significant(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 3600
    ? `${Math.floor(seconds / 60)} min ${seconds % 60} s`
    : `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** `91.72 %` of a fraction. */
export const formatPercent = (value: number, digits = 2): string => `${(value * 100).toFixed(digits)} %`;

function significant(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3);
}
