// The stages of a feature: how far each is, and a button for what can be done.

import { Feature, FeatureStage } from "../api";
import { h } from "../dom";

export interface StageDelegate {
  run(stage: string): void;
  open(path: string): void;
}

const marks = { missing: "not yet", ready: "ready", done: "done", open: "open", findings: "findings" };

export function stageList(feature: Feature, delegate: StageDelegate): HTMLElement {
  return h("ol", { class: "spec-stages" }, ...feature.stages.map((stage) => row(stage, feature, delegate)));
}

function row(stage: FeatureStage, feature: Feature, delegate: StageDelegate): HTMLElement {
  const action = actionOf(stage);
  const path = stage.path;
  return h(
    "li", { class: "spec-stage", "data-state": stage.state },
    h("span", { class: "spec-state" }, marks[stage.state]),
    h("span", { class: "spec-name" }, stage.stage, ...detail(stage, feature).map((text) => h("span", { class: "spec-detail" }, text))),
    path !== null && path.endsWith(".md") && h("button", { type: "button", class: "link", "data-key": `open ${stage.stage}`, "aria-label": `Read the document of ${stage.stage}`, onclick: () => delegate.open(path) }, "Read"),
    stage.commit !== null && stage.url !== null && h("a", { class: "spec-hash", href: stage.url, target: "_blank", rel: "noopener", "aria-label": `Commit ${stage.commit.slice(0, 7)}` }, stage.commit.slice(0, 7)),
    action !== null && h("button", {
      type: "button", class: `${stage.stage === feature.next[0] ? "primary" : "quiet small"} sends`, "data-key": `run ${stage.stage}`, "aria-label": `${action} ${stage.stage}`,
      onclick: () => delegate.run(stage.stage),
    }, action));
}

/** What the button says; null where nothing can be done. */
export function actionOf(stage: FeatureStage): string | null {
  switch (stage.state) {
    case "missing": return null;
    case "ready": return stage.stage === "specify" ? "New…" : "Start";
    case "open": return stage.stage === "clarify" ? "Answer" : stage.stage === "implement" ? "Continue" : "Again";
    case "findings": return stage.stage === "analyze" ? "Analyze" : stage.stage === "specify" ? "New…" : "Again";
    case "done": return stage.stage === "implement" ? null : stage.stage === "specify" ? "New…" : "Again";
  }
}

function detail(stage: FeatureStage, feature: Feature): string[] {
  const done = feature.tasks.filter((task) => task.done).length;
  if (stage.state === "missing") return stage.needs === null ? [] : [`needs ${stage.needs}`];
  if (stage.stage === "clarify" && feature.questions.length > 0) return [`${feature.questions.length} ${feature.questions.length === 1 ? "question" : "questions"}`];
  if (stage.stage === "implement" && feature.tasks.length > 0) return [`${done} of ${feature.tasks.length}`];
  return [];
}

