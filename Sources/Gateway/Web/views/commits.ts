// A card for a commit made in a conversation; it opens the viewer.

import { Commit, CommitFile, commitFiles } from "../api";
import { h, icon, replace } from "../dom";
import { sizes } from "./difflines";

/** The files that a card names. */
export const shownFiles = 8;

export function commitCard(commit: Commit): HTMLElement {
  const files = commit.files === undefined ? null : `${commit.files} ${commit.files === 1 ? "file" : "files"}`;
  const where = [commit.repository, commit.branch].filter(Boolean).join(" · ");
  const link = h(
    "a", { class: "commit", href: localPath(commit.url), target: "_blank", rel: "noopener", "aria-label": label(commit) },
    icon("commit"),
    h("span", { class: "commit-main" },
      h("span", { class: "commit-subject" }, commit.subject ?? "Commit"),
      h("span", { class: "commit-facts" }, h("code", {}, commit.sha.slice(0, 7)), where && h("span", {}, where))),
    h("span", { class: "commit-stat" },
      files && h("span", { class: "files" }, files),
      ...(commit.additions === undefined ? [] : sizes(commit.additions, commit.deletions ?? 0))));
  return h("div", { class: "card" }, link, fileList(commit));
}

/** The names of the files, fetched when the card comes into view; until then their rows are empty, so that nothing moves. */
function fileList(commit: Commit): HTMLElement | null {
  const { repository, sha, files: count } = commit;
  if (repository === undefined || !count || !localPath(commit.url).startsWith("/r/")) return null;
  const rows = Math.min(count, shownFiles) + (count > shownFiles ? 1 : 0);
  const list = h("ul", { class: "card-files", "aria-label": "Changed files" }, ...Array.from({ length: rows }, () => h("li", { "aria-hidden": "true" })));
  const watcher = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watcher.disconnect();
    commitFiles(repository, sha).then(
      (found) => {
        const shown = found.items.slice(0, shownFiles);
        const more = found.files - shown.length;
        replace(list, ...shown.map(fileOf), more > 0 && h("li", { class: "more-files" }, `+${more} more`));
      },
      () => list.remove());
  });
  watcher.observe(list);
  return list;
}

function fileOf(file: CommitFile): HTMLElement {
  const note = { added: "new", removed: "deleted", modified: "", renamed: "renamed", copied: "copied" }[file.kind];
  return fileRow(file.old_path === null ? file.path : `${file.old_path} → ${file.path}`, note, file.binary ? null : [file.additions, file.deletions]);
}

/** `counts` is null for a binary file. */
export function fileRow(path: string, note: string, counts: [number, number] | null): HTMLElement {
  return h(
    "li", {}, h("code", { title: path }, path), note !== "" && h("span", { class: "file-note" }, note),
    h("span", { class: "file-counts" }, ...(counts === null ? ["binary"] : sizes(...counts))));
}

function label(commit: Commit): string {
  const parts = [`Commit ${commit.sha.slice(0, 7)}`, commit.subject ?? ""];
  if (commit.additions !== undefined) parts.push(`${commit.additions} lines added, ${commit.deletions ?? 0} removed`);
  return parts.filter(Boolean).join(", ");
}

/** Keeps viewer links on the address that this page was opened at, because the cookie belongs to that address. */
export function localPath(url: string): string {
  try {
    const parsed = new URL(url, location.href);
    if (/^\/[rt]\//.test(parsed.pathname)) return parsed.pathname + parsed.search + parsed.hash;
    return parsed.protocol === "http:" || parsed.protocol === "https:" ? parsed.href : "#";
  } catch {
    return "#";
  }
}
