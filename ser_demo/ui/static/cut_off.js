// Once the server can be reached again after a bad line, Gradio loads the page anew, unasked and without a word: the
// recording, its result and the names of its channels would be gone. It first asks for the server's `app_id`, and for
// that at no other time; while the answer does not come, everything stays, and the visitor chooses the moment.
(() => {
  const ask = window.fetch;
  window.fetch = async (address, ...options) => {
    const answer = await ask(address, ...options);
    const notice = document.getElementById("ser-cut-off");
    if (!notice || !answer.ok || !/\/app_id\/?$/.test(String(address?.url ?? address).split("?")[0])) return answer;
    notice.dataset.shown = "";
    document.querySelector(".toast-wrap")?.style.setProperty("display", "none"); // where Gradio says that it still tries
    throw new TypeError("the page is not to be loaded anew yet");
  };
  addEventListener("click", (event) => {
    if (event.target.closest?.("#ser-cut-off button")) location.reload();
  });
})();
