// The files of a message below it: images as thumbnails, the others with name and size.

import { MessageFile } from "../api";
import { append, h, icon } from "../dom";
import { size } from "../panel/size";

export type Sent = File | MessageFile;

/** Those that every browser draws. */
const isImage = (type: string | null): boolean => /^image\/(?:png|jpeg|gif|webp)$/.test(type ?? "");

/** In pixels, of the screen; as in the style. */
const height = 120;

/** Null for a message without files. */
export function fileList(files: readonly Sent[]): HTMLElement | null {
  return files.length === 0 ? null : h("ul", { class: "sent-files", "aria-label": "Files of the message" }, ...files.map((file) => h("li", {}, item(file))));
}

function item(file: Sent): HTMLElement {
  const url = file instanceof File ? null : file.url;
  const isShown = isImage(file.type) && (file instanceof File || url !== null);
  const link = url === null ? h("span", { class: "sent-file" }) : h("a", { class: "sent-file", href: url, ...(isShown ? { target: "_blank", rel: "noopener" } : { download: file.name }) });
  append(link, [
    icon("clip"), h("span", { class: "sent-name", title: file.name, dir: "auto" }, file.name),
    file.size !== null && h("span", { class: "sent-size" }, size(file.size)),
  ]);
  if (isShown) draw(file, link);
  return link;
}

/** Shows the image in the place of the icon, if it can be read. */
function draw(file: Sent, link: HTMLElement): void {
  const show = (picture: HTMLElement): void => {
    link.classList.add("is-image");
    link.firstChild?.replaceWith(picture);
  };
  if (!(file instanceof File)) {
    const picture = h("img", { src: file.url, alt: "", height, loading: "lazy", decoding: "async", onerror: () => {
      link.classList.remove("is-image");
      picture.replaceWith(icon("clip"));
    } });
    return show(picture);
  }
  // Drawn, because the page's policy allows no addresses of files in the browser.
  createImageBitmap(file).then((bitmap) => {
    const scale = Math.min(1, (height * devicePixelRatio) / bitmap.height);
    const canvas = h("canvas", { width: Math.max(1, Math.round(bitmap.width * scale)), height: Math.max(1, Math.round(bitmap.height * scale)) });
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    show(canvas);
  }, () => undefined);
}
