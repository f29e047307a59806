// Builds the page from DOM nodes only: outside text never reaches an HTML parser.

export type Child = Node | string | null | undefined | false;
type Handler = (event: any) => void;
export type Attributes = Record<string, string | number | boolean | null | undefined | Handler>;

/** Creates an element. Function values of `on…` attributes become listeners; false, null and undefined are skipped. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  // What people write has the direction of its text.
  if (tag === "textarea" || tag === "input") element.dir = "auto";
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  append(element, children);
  return element;
}

export function append(parent: Node, children: Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
  }
}

export function replace(parent: Node, ...children: Child[]): void {
  while (parent.firstChild) parent.removeChild(parent.firstChild);
  append(parent, children);
}

const paths = {
  chat: "M2.5 3h11v8H7l-3 2.5V11H2.5z",
  tasks: "M2 4.2l1.2 1.2L5.3 3M2 10.7l1.2 1.2 2.1-2.4M8 4.3h6M8 10.8h6",
  document: "M4 1.8h5.5L12.5 5v9.2H4zM9.3 2v3.2h3M6 8h4.5M6 10.8h4.5",
  chart: "M2.5 2.5v11h11M5.5 11V8M8.5 11V4.5M11.5 11V6.5",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  plus: "M8 3v10M3 8h10",
  send: "M8 13V3.5M3.8 7.6 8 3.4l4.2 4.2",
  stop: "M4.5 4.5h7v7h-7z",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
  check: "m3 8.5 3.2 3.2L13 4.8",
  sun: "M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6zM8 1v1.4M8 13.6V15M1 8h1.4M13.6 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  moon: "M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z",
  down: "M8 3v9.5M3.8 8.6 8 12.8l4.2-4.2",
  commit: "M8 5.4a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2zM1 8h4.4M10.6 8H15",
  trash: "M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.6 9h6.8l.6-9M6.7 7v4M9.3 7v4",
  leave: "M6.5 2.5h-4v11h4M9.5 5 12.5 8l-3 3M12.2 8H6",
  help: "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4zM6.3 6.2a1.8 1.8 0 1 1 2.5 1.7c-.5.2-.8.6-.8 1.1v.3M8 11.4v.1",
  device: "M4.5 1.8h7v12.4h-7zM7 11.8h2",
  close: "m4 4 8 8M12 4l-8 8",
  file: "M4 1.8h5l3 3v9.4H4zM9 1.8v3h3",
  people: "M6 7.2a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8zM1.8 13.5c0-2.4 1.9-3.9 4.2-3.9s4.2 1.5 4.2 3.9M10.6 2.8a2.2 2.2 0 0 1 0 4.1M11.8 9.9c1.5.5 2.4 1.8 2.4 3.6",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3l3.2 3.2",
  archive: "M2.5 3h11v3h-11zM3.5 6v7h9V6M6.5 8.5h3",
  back: "M13 8H3M7 4 3 8l4 4",
  fold: "m4 6 4 4 4-4",
  edit: "M3 13l.7-3 6.9-6.9 2.3 2.3L6 12.3zM9.2 4.5l2.3 2.3",
  shell: "M2 3h12v10H2zM4.6 6l2.2 2-2.2 2M8.4 10.2h3",
  bell: "M8 2a4 4 0 0 0-4 4c0 3.6-1.5 4.6-1.5 5.5h11c0-.9-1.5-1.9-1.5-5.5a4 4 0 0 0-4-4zM6.6 13.6a1.5 1.5 0 0 0 2.8 0",
  shield: "M8 1.8l5 1.8v3.9c0 3.2-2 5.6-5 6.7-3-1.1-5-3.5-5-6.7V3.6z",
  pin: "M6 2h4l-.4 4 2 2.4H4.4l2-2.4zM8 8.4V14",
  sliders: "M2 4.7h6M12 4.7h2M10 3.1a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2zM2 11.3h2M8 11.3h6M6 9.7a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2z",
  play: "M5 3.2v9.6l7.5-4.8z",
  clip: "M13 7.4 7.6 12.8a3.2 3.2 0 0 1-4.5-4.5l5.7-5.7a2.1 2.1 0 0 1 3 3L6.2 11.2a1.1 1.1 0 0 1-1.5-1.5l5-5",
  thumbUp: "M2.5 7.2h2.3v6H2.5zM4.8 7.4 7.6 2.2c1 0 1.6.7 1.4 1.7l-.5 2.6h3.6c.9 0 1.5.8 1.3 1.7l-.9 3.8c-.2.7-.7 1.2-1.4 1.2H4.8",
  thumbDown: "M2.5 8.8h2.3v-6H2.5zM4.8 8.6l2.8 5.2c1 0 1.6-.7 1.4-1.7l-.5-2.6h3.6c.9 0 1.5-.8 1.3-1.7l-.9-3.8c-.2-.7-.7-1.2-1.4-1.2H4.8",
  retry: "M13 8a5 5 0 1 1-1.5-3.6M13 2.5v2.4h-2.4",
};
export type IconName = keyof typeof paths;

/** A 16-pixel line icon in the text colour, hidden from assistive technology because its button carries the label. */
export function icon(name: IconName): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", paths[name]);
  svg.appendChild(path);
  return svg;
}

export function iconButton(name: IconName, label: string, onclick: Handler, className = "icon-button"): HTMLButtonElement {
  return h("button", { type: "button", class: className, "aria-label": label, title: label, onclick }, icon(name));
}
