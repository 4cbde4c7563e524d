/* Decisions as a document: the one that is exported, and those that the browser remembered. */

function decisionsFile() {
  const entries = [...decisions].sort(([one], [other]) => (one < other ? -1 : 1));
  const content = {
    decided_at: `${new Date().toISOString().slice(0, 19)}Z`,
    decisions: Object.fromEntries(entries.map(([id, verdict]) => [id, { verdict }])),
    format: "pinplan.decisions",
    format_version: "1.0",
    plan: model.digest,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function known(found) {
  const verdicts = ["approve", "skip", "swap", "different"];
  return Object.entries(found || {}).filter(([id, verdict]) => model.actions[id] && verdicts.includes(verdict));
}

if (!manner.serves) for (const [id, verdict] of known(remembered().decisions)) decisions.set(id, verdict);

takeUpUnsaved();
decideOutcomes();
if (unsaved.size) send();
