/** Light or dark, and the projector scale that enlarges everything. Kept for the session only. */
export type Theme = 'light' | 'dark';

class Appearance {
  theme = $state<Theme>('light');
  projector = $state(false);

  apply(root: HTMLElement): void {
    root.dataset['theme'] = this.theme;
    if (this.projector) root.dataset['scale'] = 'projector';
    else delete root.dataset['scale'];
  }

  toggleTheme(): void {
    this.theme = this.theme === 'light' ? 'dark' : 'light';
  }

  toggleProjector(): void {
    this.projector = !this.projector;
  }
}

export const appearance = new Appearance();
