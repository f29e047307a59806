// How terminal text looks, and the control sequence "select graphic rendition" (SGR, ECMA-48 §8.3.117) that changes it. Pure.

/** 0 to 15 is a colour of the theme; a string is a CSS colour of six hexadecimal digits. */
export type Colour = number | string;

export interface Style {
  readonly foreground: Colour | null;
  readonly background: Colour | null;
  readonly isBold: boolean;
  readonly isDim: boolean;
  readonly isItalic: boolean;
  readonly isUnderlined: boolean;
  readonly isInverse: boolean;
  readonly isStruck: boolean;
}

export const plain: Style = {
  foreground: null, background: null, isBold: false, isDim: false, isItalic: false, isUnderlined: false, isInverse: false, isStruck: false,
};

/** The style after a sequence with these parameters, for example "1;31" or "38:2::255:0:0". Unknown codes are skipped. */
export function styled(style: Style, parameters: string): Style {
  const groups = parameters.split(";").map((group) => group.split(":").map((digits) => (digits === "" ? 0 : Number(digits))));
  let next = style;
  for (let at = 0; at < groups.length; at += 1) {
    const group = groups[at]!;
    const code = group[0]!;
    if (code === 38 || code === 48 || code === 58) {
      const [colour, used] = group.length > 1 ? [colonColour(group), 0] : semicolonColour(groups.slice(at + 1, at + 5).map((part) => part[0]!));
      at += used;
      if (colour !== null && code === 38) next = { ...next, foreground: colour };
      if (colour !== null && code === 48) next = { ...next, background: colour };
    } else {
      next = changed(next, code, group[1]);
    }
  }
  return next;
}

function changed(style: Style, code: number, detail: number | undefined): Style {
  if (code >= 30 && code <= 37) return { ...style, foreground: code - 30 };
  if (code >= 40 && code <= 47) return { ...style, background: code - 40 };
  if (code >= 90 && code <= 97) return { ...style, foreground: code - 82 };
  if (code >= 100 && code <= 107) return { ...style, background: code - 92 };
  switch (code) {
    case 0: return plain;
    case 1: return { ...style, isBold: true };
    case 2: return { ...style, isDim: true };
    case 3: return { ...style, isItalic: true };
    // 4:0 is "no underline"; 4:1 to 4:5 are kinds of underlines.
    case 4: return { ...style, isUnderlined: detail !== 0 };
    case 7: return { ...style, isInverse: true };
    case 9: return { ...style, isStruck: true };
    case 21: return { ...style, isUnderlined: true };
    case 22: return { ...style, isBold: false, isDim: false };
    case 23: return { ...style, isItalic: false };
    case 24: return { ...style, isUnderlined: false };
    case 27: return { ...style, isInverse: false };
    case 29: return { ...style, isStruck: false };
    case 39: return { ...style, foreground: null };
    case 49: return { ...style, background: null };
    default: return style;
  }
}

/** The colour of `38;5;N` or `38;2;R;G;B` from the codes after the 38, and how many of them it takes. */
function semicolonColour(codes: number[]): [Colour | null, number] {
  if (codes[0] === 5) return [indexed(codes[1]), 2];
  if (codes[0] === 2) return [rgb(codes[1], codes[2], codes[3]), 4];
  return [null, 1];
}

/** The colour of `38:5:N`, `38:2:R:G:B`, or `38:2:SPACE:R:G:B`, whose colour space is ignored. */
function colonColour(codes: number[]): Colour | null {
  if (codes[1] === 5) return indexed(codes[2]);
  if (codes[1] !== 2) return null;
  const [red, green, blue] = codes.length > 5 ? codes.slice(3) : codes.slice(2);
  return rgb(red, green, blue);
}

/** A colour of xterm's palette of 256. */
function indexed(index: number | undefined): Colour | null {
  if (index === undefined || !(index >= 0 && index <= 255)) return null;
  if (index < 16) return index;
  if (index >= 232) return rgb(8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10);
  const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return rgb(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

function rgb(...parts: (number | undefined)[]): Colour | null {
  if (!parts.every((part): part is number => part !== undefined && part >= 0 && part <= 255)) return null;
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
