/* Failures of the page, reported on the page: a group that cannot be drawn, or the script itself. */

/** @type {string[]} */
const faults = [];
/** @type {Map<Group, string>} */
const undrawn = new Map();

/**
 * An unforeseen error: from here on the page may be wrong, so the review cannot be finished with it.
 * @param {unknown} problem
 */
function fault(problem) {
  faults.push(messageOf(problem));
  showFaults();
}

/** @param {unknown} problem */
function messageOf(problem) {
  return problem instanceof Error && problem.message ? problem.message : String(problem || "unknown error");
}

function showFaults() {
  if (!faults.length) return;
  const box =
    document.getElementById("faults") ||
    document.body.insertBefore(document.createElement("div"), document.body.firstChild);
  box.id = "faults";
  box.className = "banner danger";
  box.setAttribute("role", "alert");
  box.textContent =
    `This page has failed (${faults[0]}), and may not show everything. Decisions made so far are kept. ` +
    "Reload the page; until then it cannot be finished.";
  const end = document.getElementById("end");
  if (end instanceof HTMLButtonElement) end.disabled = true;
}

addEventListener("error", (event) => fault(event.error || event.message));
addEventListener("unhandledrejection", (event) => fault(event.reason));

/**
 * Draw a group. If that fails, its card says so, the others are not affected, and it can only be skipped.
 * @param {Group} group
 * @param {() => Node} draw
 */
function drawnSafely(group, draw) {
  return safely(group, draw, () => undrawnNote(group));
}

/**
 * @template Made
 * @template Instead
 * @param {Group} group
 * @param {() => Made} work
 * @param {() => Instead} instead
 */
function safely(group, work, instead) {
  try {
    return work();
  } catch (problem) {
    undrawn.set(group, messageOf(problem));
    return instead();
  }
}

/** @param {Group} group */
function undrawnNote(group) {
  const ids = group.actions.join(", ");
  return el(
    "div",
    { class: "banner danger undrawn", role: "alert" },
    el("strong", { text: `Action ${ids} cannot be shown: ${undrawn.get(group)}.` }),
    ` It can be skipped here, and not approved.${manner.show ? ` As text: ${manner.show}` : ""}`,
  );
}
