/* The end of a review: decisions in a file, the command that applies them, and what that would do. */

function finishDialog() {
  return document.getElementById("finish");
}

async function openFinish() {
  if (faults.length) {
    showFaults();
    announce("The page has failed: reload it before it is finished");
    return;
  }
  const dialog = finishDialog();
  const open = groups.filter((group) => !decided(group) && mayDecide(group));
  const ids = open.flatMap((group) => group.actions).filter((id) => !decisions.has(id) && !done.has(id));
  const leave = el("input", { type: "checkbox", id: "leave" });
  const sentence = el("p", { class: "sentence", role: "status" });
  const tell = () => tellOutcome(sentence, leave.checked ? ids : []);
  leave.addEventListener("change", tell);
  dialog.replaceChildren(
    el("h2", { id: "finish-title", text: manner.serves ? "Finish" : "Export decisions" }),
    el("p", { text: tallies() }),
    ids.length ? el("p", {}, el("label", { for: "leave" }, leave, ` Skip the ${count(ids.length, "undecided action")}${waitingWords(ids)}`)) : null,
    el("p", { class: "label", text: "With these decisions, applying the plan" }), sentence,
    el("div", { class: "controls" },
      button(manner.serves ? "Save decisions and finish" : "Save decisions.json", { class: "primary", on: { click: () => finish(leave.checked ? ids : []) } }),
      button("Continue reviewing", { class: "choice no", on: { click: () => dialog.close() } })),
  );
  if (!dialog.open) dialog.showModal();
  tell();
}

function waitingWords(ids) {
  const waiting = ids.filter((id) => action(id).undecided === "waiting").length;
  return waiting ? ` (otherwise ${waiting.toLocaleString("en")} of them would wait)` : " (otherwise they run as planned)";
}

async function tellOutcome(place, leave) {
  const { sentence: words, tone } = manner.serves ? await askOutcome(leave) : outcomeHere(leave);
  place.textContent = `${words}.`;
  place.className = `sentence ${tone}`;
}

async function askOutcome(leave) {
  const { answer, problem } = await ask("outcome", { leave });
  return answer || { sentence: problem, tone: "" };
}

function outcomeHere(leave) {
  const counts = countsUnder(new Map([...decisions, ...leave.map((id) => [id, "skip"])]));
  return { sentence: sentence(counts), tone: toneOf(counts) };
}

function tallies() {
  const words = { approve: "approved", skip: "skipped", swap: "with another keeper", different: "marked as different" };
  const parts = Object.entries(words)
    .map(([verdict, text]) => [[...decisions.values()].filter((one) => one === verdict).length, text])
    .filter(([number]) => number)
    .map(([number, text]) => `${number.toLocaleString("en")} ${text}`);
  return parts.length ? `${parts.join(", ")}.` : "No decisions yet.";
}

async function finish(leave) {
  if (leave.length) decide(Object.fromEntries(leave.map((id) => [id, "skip"])), "Skipped");
  if (!manner.serves) {
    exportFile();
    return;
  }
  /* The server writes its file at "finish": decisions still under way must arrive before. */
  while (saving) await new Promise((resolve) => setTimeout(resolve, 20));
  const { answer, problem } = unsaved.size ? { problem: trouble || "Not everything is saved yet." } : await ask("finish", {});
  const dialog = finishDialog();
  if (!answer) {
    dialog.querySelector(".sentence").textContent = problem;
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
  document.getElementById("actions").replaceChildren();
}

function command(text) {
  const copy = button("Copy", { class: "choice no", on: { click: () => navigator.clipboard?.writeText(text).then(() => { copy.textContent = "Copied"; }, () => {}) } });
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
