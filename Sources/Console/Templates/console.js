// What the console does beyond plain pages: live stages, the warning before an idle session ends, and keys in the work list.
"use strict";
const $ = (id) => document.getElementById(id);

// The part of Tonight that changes while a run works.
const live = $("live");
if (live && live.dataset.events && window.EventSource) {
  const events = new EventSource(live.dataset.events);
  let state = live.querySelector(".state")?.textContent;
  events.onmessage = (event) => {
    live.innerHTML = event.data;
    const now = live.querySelector(".state")?.textContent;
    // The figures below belong to another state of the run.
    if (state && now !== state) location.reload();
    state = now;
  };
}

// Idle: a warning a minute before the session ends, and a cleared screen when it has ended.
const idle = Number(document.body.dataset.idle || 0) * 1000;
if (idle) {
  const warning = Math.min(60000, idle / 2);
  let ends = Date.now() + idle;
  const dialog = $("idle");
  $("idle-stay").addEventListener("click", async () => {
    const answer = await fetch("/stay", { method: "POST" });
    if (!answer.ok) return location.reload();
    ends = Date.now() + idle;
    dialog.close();
  });
  setInterval(() => {
    const left = ends - Date.now();
    if (left <= 0) return location.replace("/");
    if (left > warning) return;
    $("idle-left").textContent = Math.ceil(left / 1000);
    if (!dialog.open) dialog.showModal();
  }, 1000);
}

// The keys of the work list, which can be switched off.
const keys = $("keys");
if (keys) {
  keys.checked = localStorage.getItem("keys") !== "off";
  const show = () => document.body.classList.toggle("keys", keys.checked);
  show();
  keys.addEventListener("change", () => {
    localStorage.setItem("keys", keys.checked ? "on" : "off");
    show();
  });
  document.addEventListener("keydown", (event) => {
    if (!keys.checked || event.ctrlKey || event.altKey || event.metaKey || event.repeat || $("idle").open) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target !== keys) return;
    const button = document.querySelector(`[data-key="${event.key.toLowerCase()}"]`);
    if (!button) return;
    event.preventDefault();
    button.form.requestSubmit(button);
  });
}
