// A file of the workspace: its text in colours, or its picture.

import * as api from "../api";
import { Child, h, icon, replace } from "../dom";
import { highlightSoon, languageOf } from "../markdown/highlight";
import { visibleLine } from "../visible";
import { size } from "./size";
import { keyOf } from "./tree";

/** In bytes and lines, of a text on the page; and in bytes, of a picture. */
const [longest, mostLines, largest] = [512 * 1024, 5000, 20 * 1024 * 1024];

export async function preview(thread: string, file: { path: string; size: number | null }, back: () => void): Promise<Child[]> {
  const { path } = file;
  const name = path.slice(path.lastIndexOf("/") + 1);
  const address = api.fileAddress(thread, path);
  const head = h(
    "header", { class: "spec-head spec-document-head" },
    h("button", { type: "button", class: "quiet small", "data-key": keyOf(file), onclick: back }, icon("back"), "Files"),
    h("h2", {}, h("code", {}, path)), h("span", { class: "file-size" }, file.size === null ? "" : size(file.size)), h("span", { class: "spacer" }),
    h("a", { class: "quiet small download", href: address, download: name, "data-key": "download" }, icon("down"), "Download"));
  const shown = await content(thread, path, address, file.size ?? 0)
    .catch((error: unknown) => h("p", { class: "panel-problem", role: "alert" }, api.explain(error)));
  return [head, shown];
}

const says = (text: string): HTMLElement => h("p", { class: "panel-empty" }, text);

async function content(thread: string, path: string, address: string, bytes: number): Promise<HTMLElement> {
  if (bytes > largest) return says("This file is too large to show.");
  const response = await api.file(thread, path);
  const isPicture = response.headers.get("Content-Type")?.startsWith("image/") === true;
  if (isPicture || bytes > longest) void response.body?.cancel();
  if (isPicture) return picture(path, address);
  if (bytes > longest) return says("This file is too large to show.");
  const text = textOf(await response.arrayBuffer());
  if (text === null) return says("This is a binary file, which cannot be shown.");
  return text === "" ? says("The file is empty.") : code(path, text);
}

function picture(path: string, address: string): HTMLElement {
  const place = h("p", { class: "file-picture" });
  replace(place, h("img", { src: address, alt: path, decoding: "async", onerror: () => replace(place, "This picture cannot be shown.") }));
  return place;
}

/** Null for what is no text. */
function textOf(bytes: ArrayBuffer): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}

function code(path: string, text: string): HTMLElement {
  const lines = text.replace(/\r?\n$/, "").split("\n");
  const shown = lines.slice(0, mostLines).map(visibleLine).join("\n");
  const block = h(
    "div", {}, h("pre", { class: "file-text" }, h("code", { "data-language": languageOf(path) }, shown)),
    lines.length > mostLines && says(`And ${lines.length - mostLines} more lines.`));
  highlightSoon(block);
  return block;
}
