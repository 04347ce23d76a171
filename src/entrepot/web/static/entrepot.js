// Keys and copy buttons. Everything that is read works without this.
"use strict";

(() => {
  const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;
  let afterG = 0;

  const show = (root) => {
    for (const button of root.querySelectorAll("button.copy[hidden], button[data-keys][hidden], [data-print][hidden]")) {
      button.hidden = false;
    }
  };

  const copy = async (button) => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      // Without HTTPS browsers keep the clipboard to themselves; what stands beside the button is selected instead.
      const text = button.parentElement.querySelector("code");
      if (text) getSelection().selectAllChildren(text);
      return;
    }
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1200);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.classList.contains("copy")) copy(button);
    if ("keys" in button.dataset) document.getElementById("keys").showModal();
    if ("print" in button.dataset) print();
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "/") {
      event.preventDefault();
      document.getElementById("q").focus();
    } else if (event.key === "?") {
      document.getElementById("keys").showModal();
    } else if (event.key === "g") {
      afterG = Date.now();
    } else if (Date.now() - afterG < 1500) {
      const link = [...document.querySelectorAll(".rail a[data-key]")].find((a) => a.dataset.key === event.key);
      if (link) link.click();
      afterG = 0;
    }
  });

  document.addEventListener("change", (event) => {
    if ("submits" in event.target.dataset) event.target.form.requestSubmit();
  });
  document.addEventListener("htmx:afterSwap", (event) => show(event.target));
  show(document);
  // On a narrow screen the navigation is a strip: what is current should be in sight.
  document.querySelector(".rail nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
})();
