// Notices at the top of the page.

const notices = document.getElementById('notices');

/** Shows a text, once, with a button that closes it or does what it says. */
export function notice(text, label = 'Close', act = () => {}) {
  if ([...notices.children].some(({ dataset }) => dataset.text === text)) return;
  const shown = document.createElement('div');
  shown.className = 'notice';
  shown.dataset.text = text;
  shown.append(paragraph(text), button(label, () => {
    shown.remove();
    act();
  }));
  notices.append(shown);
}

export function clearNotices() {
  notices.replaceChildren();
}

function paragraph(text) {
  const paragraph = document.createElement('p');
  paragraph.textContent = text;
  return paragraph;
}

function button(label, act) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = label;
  button.addEventListener('click', act);
  return button;
}
