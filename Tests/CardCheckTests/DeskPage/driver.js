// Uses the page as a clerk does and logs what it shows: the faults of files, the doubts, the answers.
// Waits for the page by looking again, and never longer than the test's own limit.

const until = async (test) => {
  while (!test()) await new Promise((done) => setTimeout(done, 10));
};
const isShown = (id) => !$(id).hidden;

async function choose(base64) {
  await take(new File([base64Bytes(base64)], "people.desk"));
  return isShown("fault") ? $("fault").firstElementChild.textContent : "";
}

async function unlock(passphrase) {
  $("passphrase").value = passphrase;
  for (const box of $("doubts").querySelectorAll("input")) box.checked = true;
  $("found").requestSubmit();
  await until(() => isShown("desk") || (isShown("fault") && !isShown("working")));
  return isShown("fault") ? $("fault").firstElementChild.textContent : "";
}

function askLine(line) {
  $("question").value = line;
  $("ask").requestSubmit();
  return {
    code: $("answer").querySelector(".code").textContent, text: $("answer").innerText,
    elements: $("answer").querySelectorAll("b, i, img, script").length, keyboard: isShown("keyboard"),
  };
}
