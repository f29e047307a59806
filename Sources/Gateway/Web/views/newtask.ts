// Makes a task of a message.

import * as api from "../api";
import { h } from "../dom";
import { askForTask } from "../tasks/adding";
import { firstLine, keyOf, nameOf } from "../tasks/words";
import { toast } from "../toast";

/**
 * Asks for a task that begins with the first line of a message.
 *
 * @param thread the conversation
 * @param repository its repository; null for the default one
 */
export async function makeTask(text: string, thread: string | null, repository: string | null): Promise<void> {
  try {
    const { items } = await api.repositories();
    if (items.length === 0) return toast("This host has no repository for tasks.");
    const chosen = repository ?? items.find((item) => item.default)?.name ?? items[0]!.name;
    askForTask(items.map((item) => item.name), chosen, (task) => {
      toast(`Added ${nameOf(task)}.`, h("a", { href: `/tasks?task=${encodeURIComponent(keyOf(task))}` }, "Open"));
    }, { text: firstLine(text), thread });
  } catch (error) {
    toast(api.explain(error));
  }
}
