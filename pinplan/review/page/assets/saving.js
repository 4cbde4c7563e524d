/* How decisions are kept: sent to the server that the page came from, or remembered by the browser. */

const memory = `pinplan:${model.digest}`;
let unsaved = {};
let saving = false;
let trouble = "";

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(memory)) || {};
  } catch {
    return {};
  }
}

function remember(more) {
  try {
    localStorage.setItem(memory, JSON.stringify({ ...remembered(), ...more }));
  } catch {
    /* A browser that keeps nothing for files: decisions last as long as the page. */
  }
}

async function save() {
  if (!manner.serves) {
    remember({ decisions: Object.fromEntries(decisions) });
    return;
  }
  if (saving) return;
  saving = true;
  while (Object.keys(unsaved).length) {
    const batch = unsaved;
    unsaved = {};
    const problem = await post("decide", { set: batch });
    if (problem) {
      unsaved = { ...batch, ...unsaved };
      trouble = problem;
      break;
    }
    trouble = "";
  }
  saving = false;
  for (const listener of listeners) listener(new Set());
}

async function ask(where, body) {
  try {
    const answer = await fetch(where, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return answer.ok ? { answer: await answer.json() } : { problem: await answer.text() };
  } catch {
    return { problem: "Not saved: pinplan review is not responding. Restart it; saved decisions are kept." };
  }
}

async function post(where, body) {
  return (await ask(where, body)).problem || "";
}
