/** Names of the colours that `style.css` defines from the editor's theme, or for itself outside of the editor. */
export type Colour = 'before' | 'after' | 'text' | 'grid' | 'good' | 'bad';

/** The present value of a colour as `rgb(…)`: a canvas knows no CSS variables. */
export function colour(name: Colour): string {
  const probe = document.createElement('span');
  probe.className = `colour-${name}`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

export const isHighContrast = (): boolean =>
  document.body.classList.contains('vscode-high-contrast') ||
  document.body.classList.contains('vscode-high-contrast-light') ||
  matchMedia('(forced-colors: active)').matches;

export const prefersStill = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Calls back after the colours have changed: the editor sets classes and variables, the browser its own preference. */
export function onThemeChange(callback: () => void): void {
  const observer = new MutationObserver(() => requestAnimationFrame(callback));
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', callback);
}
