// The parts of highlight.js 9 that the page uses; Debian's package has no types.

declare module "highlight.js/lib/highlight" {
  const highlighter: {
    configure(options: { hideUpgradeWarningAcceptNoSupportOrSecurityUpdates: boolean }): void;
    registerLanguage(name: string, language: unknown): void;
    getLanguage(name: string): object | undefined;
    /** With `ignoreErrors`, code that breaks the language's grammar is coloured as far as possible. */
    highlight(language: string, code: string, ignoreErrors: boolean): { value: string };
  };
  export default highlighter;
}
declare module "highlight.js/lib/languages/*" {
  const language: (engine: unknown) => { keywords: { keyword: string } };
  export default language;
}
