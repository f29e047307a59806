// Colours from outside, made readable on the theme's page. Pure.

const pages = { light: "#f6f7f8", dark: "#15181c" };
const wanted = 4.5;

/** The colour, mixed with black or white until its contrast to the page (WCAG 2.2, 1.4.3) is at least 4.5. */
export function readable(colour: string, page: keyof typeof pages): string {
  const target = page === "light" ? 0 : 255;
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = parts(colour).map((part) => Math.round(part + (target - part) * share));
    if (contrast(mixed, parts(pages[page])) >= wanted) return hexadecimal(mixed);
  }
  return hexadecimal([target, target, target]);
}

/** Black or white, whichever reads better on a background. */
export function textOn(background: string): string {
  return contrast([0, 0, 0], parts(background)) >= contrast([255, 255, 255], parts(background)) ? "#000000" : "#ffffff";
}

const parts = (colour: string): number[] => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

const hexadecimal = (colour: number[]): string => `#${colour.map((part) => part.toString(16).padStart(2, "0")).join("")}`;

function contrast(a: number[], b: number[]): number {
  const [bright, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (bright! + 0.05) / (dark! + 0.05);
}

function luminance(colour: number[]): number {
  const [red, green, blue] = colour.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
