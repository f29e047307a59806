// A card for a commit made in a conversation; it opens the viewer.

import { Commit } from "../api";
import { h, icon } from "../dom";

export function commitCard(commit: Commit): HTMLElement {
  const files = commit.files === undefined ? null : `${commit.files} ${commit.files === 1 ? "file" : "files"}`;
  const where = [commit.repository, commit.branch].filter(Boolean).join(" · ");
  return h(
    "a", { class: "commit", href: localPath(commit.url), target: "_blank", rel: "noopener", "aria-label": label(commit) },
    icon("commit"),
    h("span", { class: "commit-main" },
      h("span", { class: "commit-subject" }, commit.subject ?? "Commit"),
      h("span", { class: "commit-facts" }, h("code", {}, commit.sha.slice(0, 7)), where && h("span", {}, where))),
    h("span", { class: "commit-stat" },
      files && h("span", { class: "files" }, files),
      commit.additions !== undefined && h("span", { class: "added" }, `+${commit.additions}`),
      commit.deletions !== undefined && h("span", { class: "removed" }, `−${commit.deletions}`)));
}

function label(commit: Commit): string {
  const parts = [`Commit ${commit.sha.slice(0, 7)}`, commit.subject ?? ""];
  if (commit.additions !== undefined) parts.push(`${commit.additions} lines added, ${commit.deletions ?? 0} removed`);
  return parts.filter(Boolean).join(", ");
}

/** Keeps viewer links on the address that this page was opened at, because the cookie belongs to that address. */
function localPath(url: string): string {
  try {
    const parsed = new URL(url, location.href);
    if (parsed.pathname.startsWith("/r/")) return parsed.pathname + parsed.search + parsed.hash;
    return parsed.protocol === "http:" || parsed.protocol === "https:" ? parsed.href : "#";
  } catch {
    return "#";
  }
}
