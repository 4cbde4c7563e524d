/* The end of a review: decisions in a file, the command that applies them, and what that would do. */

function finishDialog() {
  return dialogOf("finish");
}

function openFinish() {
  if (faults.length) {
    showFaults();
    announce("The page has failed: reload it before it is finished");
    return;
  }
  drawFinish();
  if (!finishDialog().open) finishDialog().showModal();
}

/** Undecided actions that delete or publish are skipped, unless one press approves them here. */
function drawFinish() {
  const open = groups.filter((group) => !decided(group) && mayDecide(group));
  const ids = open.flatMap((group) => group.actions).filter((id) => !decisions.has(id) && !done.has(id));
  const unseen = ids.filter((id) => action(id).undecided === "waiting");
  const harmless = ids.filter((id) => action(id).undecided !== "waiting");
  const leave = el("input", { type: "checkbox", id: "leave" });
  const sentence = el("p", { class: "sentence", role: "status" });
  const left = () => [...unseen, ...(leave.checked ? harmless : [])];
  const updateSentence = () => {
    const { sentence: words, tone } = outcomeHere(left());
    sentence.textContent = `${words}.`;
    sentence.className = `sentence ${tone}`;
  };
  leave.addEventListener("change", updateSentence);
  const write = manner.serves ? "Save decisions and finish" : "Save decisions.json";
  finishDialog().replaceChildren(
    el("h2", { id: "finish-title", text: manner.serves ? "Finish" : "Export decisions" }),
    el("p", { text: tallies() }),
    unseen.length ? unseenPart(unseen) : "",
    harmless.length
      ? el(
          "p",
          {},
          el(
            "label",
            { for: "leave" },
            leave,
            ` Skip the ${count(harmless.length, "other undecided action")} ` +
              `(otherwise ${harmless.length === 1 ? "it runs" : "they run"} as planned)`,
          ),
        )
      : "",
    el("p", { class: "label", text: "With these decisions, applying the plan" }),
    sentence,
    el(
      "div",
      { class: "controls" },
      button(unseen.length ? `${write}, ${unseen.length.toLocaleString("en")} skipped` : write, {
        class: "primary",
        on: { click: () => finish(left()) },
      }),
      button("Continue reviewing", { class: "choice no", on: { click: () => finishDialog().close() } }),
    ),
  );
  updateSentence();
}

const LISTED = 200;

/** @param {ActionId[]} unseen */
function unseenPart(unseen) {
  const one = unseen.length === 1;
  const rows = unseen
    .slice(0, LISTED)
    .map((id) => el("li", {}, foreign(`${calledBy(id)} (${model.boards[groupOfAction(id).board].name})`)));
  if (unseen.length > LISTED)
    rows.push(el("li", { text: `… and ${(unseen.length - LISTED).toLocaleString("en")} more` }));
  const { sentence: words } = outcomeHere(unseen, "approve");
  return el(
    "div",
    { class: "unseen-part" },
    el(
      "p",
      {},
      el("strong", {
        text:
          `${count(unseen.length, "undecided action")} ` +
          `that ${one ? "deletes or publishes" : "delete or publish"} will be skipped.`,
      }),
    ),
    el("details", {}, el("summary", { text: `Show ${one ? "it" : "them"}` }), el("ul", { class: "unseen-list" }, rows)),
    el(
      "p",
      {},
      button(`Approve ${one ? "it" : `all ${unseen.length.toLocaleString("en")}`} unseen`, {
        class: "choice yes danger",
        on: { click: () => approveUnseen(unseen) },
      }),
      el("span", { class: "muted", text: ` Applying the plan then ${words}.` }),
    ),
  );
}

/** @param {ActionId[]} ids */
function approveUnseen(ids) {
  decide(verdictsFor(ids, "approve"), `${count(ids.length, "action")} approved`);
  drawFinish();
  focusOn("#finish .primary");
}

/**
 * @param {ActionId[]} ids
 * @param {Choice} [verdict]
 */
function outcomeHere(ids, verdict = "skip") {
  const counts = countsUnder(decisionsWith(verdictsFor(ids, verdict)));
  return { sentence: sentence(counts), tone: toneOf(counts) };
}

function tallies() {
  const words = { approve: "approved", skip: "skipped", swap: "with another keeper", different: "marked as different" };
  const parts = Object.entries(words).flatMap(([verdict, text]) => {
    const number = [...decisions.values()].filter((one) => choiceOf(one) === verdict).length;
    return number ? [`${number.toLocaleString("en")} ${text}`] : [];
  });
  return parts.length ? `${parts.join(", ")}.` : "No decisions yet.";
}

/** @param {ActionId[]} leave */
async function finish(leave) {
  if (leave.length) decide(verdictsFor(leave, "skip"), "Skipped");
  if (!manner.serves) {
    exportFile();
    return;
  }
  /* The server writes its file at "finish": decisions that are being sent must arrive before. */
  while (saving) await new Promise((resolve) => setTimeout(resolve, 20));
  const dialog = finishDialog();
  /** @type {Reply<FinishAnswer>} */
  const { answer, problem } = unsaved.size
    ? { problem: trouble || "Not everything is saved yet.", refused: false }
    : await ask("finish", {});
  if (!answer) {
    within(dialog, ".sentence").textContent = problem;
    return;
  }
  ended = true;
  manner.read_only = "The review has ended.";
  dialog.replaceChildren(
    el("h2", { id: "finish-title", text: "Decisions saved" }),
    el("p", {}, "Your decisions are in ", el("code", { text: answer.file }), ". This page cannot apply them; run:"),
    command(answer.command),
    el("p", { class: `sentence ${answer.tone}`, text: `It ${answer.sentence}.` }),
    el("p", { class: "muted", text: "You can close this page." }),
  );
  byId("actions").replaceChildren();
}

/** @param {string} text */
function command(text) {
  const copy = button("Copy", {
    class: "choice no",
    on: {
      click: () =>
        navigator.clipboard?.writeText(text).then(
          () => {
            copy.textContent = "Copied";
          },
          () => {},
        ),
    },
  });
  return el("p", { class: "command" }, el("code", { text }), copy);
}

function exportFile() {
  const address = URL.createObjectURL(new Blob([decisionsFile()], { type: "application/json" }));
  const link = el("a", { href: address, download: "decisions.json" });
  document.body.append(link);
  link.click();
  link.remove();
  /* Not at once: some browsers read the blob only after the click has returned. */
  setTimeout(() => URL.revokeObjectURL(address), 10000);
  finishDialog().replaceChildren(
    el("h2", { id: "finish-title", text: "Saved" }),
    el("p", { text: "decisions.json is in your downloads folder. Move it next to the plan, then run:" }),
    command(manner.apply),
    el("p", { class: "sentence", text: `It ${outcomeHere([]).sentence}.` }),
    button("Continue reviewing", { class: "choice no", on: { click: () => finishDialog().close() } }),
  );
}
