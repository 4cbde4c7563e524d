/* Actions that need each other: a decision on one asks about the others. The rules of the plan say
   which (outcomes.js). */

/** @type {Map<ActionId, ActionId[]>} */
const requiredBy = new Map();
for (const one of Object.values(model.actions)) {
  for (const id of one.requires || [])
    if (model.actions[id]) requiredBy.set(id, [...(requiredBy.get(id) || []), one.id]);
}

/**
 * Other actions that would have to be done as well, or would not be done either; null if none.
 * @param {Verdicts} changes
 * @returns {{ ids: ActionId[], verdict: "approve" | "skip", text: string } | null}
 */
function tiesOf(changes) {
  const { came } = outcomesUnder(decisionsWith(changes));
  const ids = Object.keys(changes);
  const needed = beyond(
    ids.filter((id) => changes[id] === "approve"),
    (id) => action(id).requires || [],
  );
  const missing = needed.filter((id) => !(id in changes) && !done.has(id) && !isOneOf(model.performed, came.get(id)));
  if (missing.length)
    return {
      ids: missing,
      verdict: "approve",
      text: `It needs ${named(missing)}, which ${missing.length === 1 ? "is" : "are"} not approved.`,
    };
  const dropped = ids.filter((id) => ["skip", "different"].includes(choiceOf(changes[id])));
  const broken = beyond(dropped, (id) => requiredBy.get(id) || []).filter(
    (id) => !(id in changes) && !done.has(id) && outcomes.get(id) !== "declined" && came.get(id) === "declined",
  );
  if (broken.length)
    return {
      ids: broken,
      verdict: "skip",
      text: `${named(broken)} ${broken.length === 1 ? "needs" : "need"} it and would not be done either.`,
    };
  return null;
}

/**
 * @param {ActionId[]} ids
 * @param {(id: ActionId) => readonly ActionId[]} next
 */
function beyond(ids, next) {
  /** @type {Set<ActionId>} */
  const found = new Set();
  const waiting = ids.flatMap(next);
  for (const id of waiting) {
    if (found.has(id) || !model.actions[id]) continue;
    found.add(id);
    waiting.push(...next(id)); // extends the loop
  }
  return [...found].sort();
}

/** @param {ActionId[]} ids */
function named(ids) {
  const first = ids
    .slice(0, 3)
    .map((id) => `${id} (${calledBy(id)})`)
    .join(", ");
  return ids.length > 3 ? `${first} and ${ids.length - 3} more` : first;
}

/**
 * Decide; ask first if other actions are tied to these.
 * @param {Verdicts} changes
 * @param {string} words
 * @param {() => void} [then]
 */
function decideTied(changes, words, then = () => {}) {
  const tied = manner.read_only ? null : tiesOf(changes);
  /** @param {Verdicts} decided */
  const go = (decided) => {
    if (decide(decided, words)) then();
  };
  if (!tied) {
    go(changes);
    return;
  }
  const doing = tied.verdict === "approve" ? "Approve" : "Skip";
  question(tied.text, [
    [
      `${doing} ${tied.ids.length === 1 ? "both" : "all"}`,
      () => go({ ...changes, ...verdictsFor(tied.ids, tied.verdict) }),
    ],
    ["Only this", () => go(changes)],
  ]);
}

/**
 * Ask a question. Enter takes the first answer, Escape none.
 * @param {string} text
 * @param {[string, () => void][]} answers
 * @param {string} [otherwise]
 */
function question(text, answers, otherwise = "Cancel") {
  const dialog = dialogOf("question");
  const buttons = answers.map(([label, does], number) =>
    button(label, {
      class: number ? "choice no" : "primary",
      on: {
        click: () => {
          dialog.close();
          does();
        },
      },
    }),
  );
  dialog.replaceChildren(
    el("p", { id: "question-text" }, foreign(text)),
    el(
      "div",
      { class: "controls" },
      buttons,
      button(otherwise, { class: "choice no", on: { click: () => dialog.close() } }),
    ),
  );
  if (!dialog.open) dialog.showModal();
  buttons[0].focus();
}

/**
 * The actions that a card's group needs, by number.
 * @param {Group} group
 */
function needsNote(group) {
  const needs = [...new Set(actionsOf(group).flatMap((one) => one.requires || []))].filter(
    (id) => model.actions[id] && !group.actions.includes(id),
  );
  if (!needs.length) return null;
  const more = needs.length > 5 ? " …" : "";
  return el("p", { class: "muted needs" }, foreign(`needs ${needs.slice(0, 5).join(", ")}${more}`));
}
