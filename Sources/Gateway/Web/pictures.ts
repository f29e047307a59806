// Which pictures of an answer are shown: those that the host itself has, in the conversation's workspace or messages.

import { fileAddress } from "./api";

/** The address of a picture, from what a Markdown text says of it; null for one of another place. */
export function pictureAddress(source: string, thread: string, origin = location.origin): string | null {
  try {
    // A path, which is one in the workspace.
    if (/^(?!\/|#|\?|[a-z][a-z\d+.-]*:)/i.test(source)) return fileAddress(thread, decodeURIComponent(source.replace(/^(?:\.\/)+/, "")));
    const url = new URL(source, origin);
    const own = `/api/v1/threads/${encodeURIComponent(thread)}/`;
    const rest = url.origin === origin && url.pathname.startsWith(own) ? url.pathname.slice(own.length) : "";
    return /^(?:files|messages\/\d+\/files\/\d+)$/.test(rest) ? url.pathname + url.search : null;
  } catch {
    return null;
  }
}
