/* Undo and redo of decisions, also after a reload. */

const STEPS_KEPT = 500;
/** @type {DecidedStep[]} */
const undoable = [];
/** @type {DecidedStep[]} */
const redoable = [];

/**
 * @param {readonly ActionId[]} ids
 * @returns {Verdicts}
 */
function verdictsOf(ids) {
  return Object.fromEntries(ids.map((id) => [id, decisions.get(id) || ""]));
}

/**
 * @param {Verdicts} before
 * @param {Verdicts} after
 */
function noteStep(before, after) {
  undoable.push({ before, after });
  redoable.length = 0;
  keepSteps();
}

function undo() {
  return move(undoable, redoable, "before", "Undone", "Nothing to undo");
}

function redo() {
  return move(redoable, undoable, "after", "Done again", "Nothing to redo");
}

/**
 * @param {DecidedStep[]} from
 * @param {DecidedStep[]} to
 * @param {"before" | "after"} side
 * @param {string} words
 * @param {string} nothing
 */
function move(from, to, side, words, nothing) {
  const last = manner.read_only ? null : from.pop();
  if (!last) {
    announce(nothing);
    return null;
  }
  to.push(last);
  keepSteps();
  apply(Object.fromEntries(Object.entries(last[side]).filter(([id]) => !done.has(id))));
  announce(words);
  return groupOfAction(Object.keys(last[side])[0]);
}

function keepSteps() {
  keep(":steps", { undoable: undoable.slice(-STEPS_KEPT), redoable: redoable.slice(-STEPS_KEPT) });
}

/** Restore the steps of an earlier page whose actions the plan still has. */
function restoreSteps() {
  /** @type {RememberedSteps} */
  const { undoable: back = [], redoable: forth = [] } = remembered(":steps");
  /** @param {DecidedStep} step */
  const fits = (step) => Object.keys({ ...step.before, ...step.after }).every((id) => model.actions[id]);
  undoable.push(...back.filter(fits));
  redoable.push(...forth.filter(fits));
}

/** List all decisions, the latest first; each can be opened and taken back. */
function openDecided() {
  const dialog = dialogOf("decided");
  const rows = [...decisions]
    .reverse()
    .slice(0, STEPS_KEPT)
    .map(([id, verdict]) =>
      el(
        "li",
        {},
        button(`${id} ${model.kinds[action(id).kind].title}`, {
          class: "choice no",
          on: {
            click: () => {
              dialog.close();
              goTo(groupOfAction(id));
            },
          },
        }),
        " ",
        foreign(action(id).name),
        " ",
        el("strong", { text: inOneWord(id, verdict) }),
        notes.get(id) ? foreign(` – ${notes.get(id)}`) : "",
        manner.read_only || done.has(id)
          ? ""
          : button("Take back", {
              class: "choice no",
              "aria-label": `Take back the decision about ${id}`,
              on: {
                click: () => {
                  decide({ [id]: "" }, "Taken back");
                  openDecided();
                },
              },
            }),
      ),
    );
  dialog.replaceChildren(
    el("h2", { id: "decided-title", text: count(decisions.size, "decision") }),
    rows.length ? el("ul", { class: "decided-list" }, rows) : el("p", { text: "Nothing is decided yet." }),
    el("div", { class: "controls" }, button("Close", { class: "choice no", on: { click: () => dialog.close() } })),
  );
  if (!dialog.open) dialog.showModal();
}
